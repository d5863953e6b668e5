import ArgumentParser
import Provisioning

/// Which files of a model's repository are wanted.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the files that a pattern matches; may be repeated.",
            discussion: """
                * and ? match within a folder, ** over folders; a pattern without / matches names in any folder. The \
                patterns are part of the model's id.
                """, valueName: "glob"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Leave the files that a pattern matches; may be repeated.", valueName: "glob"))
    var exclude: [String] = []

    @Flag(help: "Fail where the model has no projector (mmproj), instead of going on without.")
    var withProjector = false

    @Flag(help: "Take files that can run code when they are loaded.")
    var allowPickle = false

    var choice: ModelChoice {
        ModelChoice(
            include: include, exclude: exclude, requiresProjector: withProjector, allowPickle: allowPickle)
    }
}
