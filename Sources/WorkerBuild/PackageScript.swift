/// The bash that reads a PKGBUILD and runs its functions. It is the same text for every one of them: what differs comes
/// as variables, of which those that begin with `rbee_` are taken away before the PKGBUILD sees any.
///
/// A PKGBUILD is read as makepkg reads it: without `extglob`, without `errexit`, its last status counting. A function
/// runs with `errexit` in `$srcdir`. `pkgver()`'s version takes the place of the one that the file assigns, at once, so
/// that what the file derives from it follows.
enum PackageScript {
    /// The arguments of bash for `word`: `read`, or a function's name.
    static func command(_ word: String) -> [String] {
        ["/bin/bash", "--noprofile", "--norc", "-c", text, "PKGBUILD", word]
    }

    /// Scalars and arrays that are read, in the order in which they are printed.
    static let variables = [
        "pkgname", "pkgbase", "pkgver", "pkgrel", "epoch", "pkgdesc", "arch", "license", "provides", "noextract",
    ]
    /// Arrays that may be extended for a processor, as `source_x86_64`.
    static let extended = [
        "source", "depends", "makedepends", "checkdepends", "md5sums", "sha1sums", "sha224sums", "sha256sums",
        "sha384sums", "sha512sums", "b2sums",
    ]

    private static let text = #"""
        rbee_word=$1
        shift
        umask 022
        srcdir=$rbee_srcdir pkgdir=$rbee_pkgdir startdir=$rbee_startdir
        rbee_file=$rbee_pkgbuild rbee_version=$rbee_pkgver
        export -n rbee_srcdir rbee_pkgdir rbee_startdir rbee_pkgbuild rbee_pkgver
        plain() { printf '    %s\n' "$*" >&2; }
        msg() { printf '==> %s\n' "$*" >&2; }
        msg2() { printf '  -> %s\n' "$*" >&2; }
        warning() { printf '==> warning: %s\n' "$*" >&2; }
        error() { printf '==> error: %s\n' "$*" >&2; }
        # What is read or printed for us goes out by a descriptor of its own: a PKGBUILD may print as it likes.
        exec {rbee_out}>&1 1>&2
        cd -- "$startdir" || exit 1
        shopt -u extglob
        if [[ $rbee_version ]]; then
            set -o functrace
            trap 'pkgver=$rbee_version' DEBUG
        fi
        source -- "$rbee_file" || { error "the PKGBUILD ended with status $?"; exit 1; }
        if [[ $rbee_version ]]; then
            trap - DEBUG
            set +o functrace
            pkgver=$rbee_version
        fi
        if [[ $rbee_word == read ]]; then
            rbee_emit() { builtin printf '%s\0' "$#" "$@" >&"$rbee_out"; }
            rbee_array() {
                local -n rbee_values=$1
                rbee_emit "$1" "${rbee_values[@]}"
            }
            for rbee_name in $rbee_variables; do rbee_array "$rbee_name"; done
            mapfile -t rbee_functions < <(compgen -A function)
            rbee_emit functions "${rbee_functions[@]}"
            rbee_emit end
            exit 0
        fi
        cd -- "$srcdir" || exit 1
        # pkgver() answers on stdout; what the others print is output.
        if [[ $rbee_word == pkgver ]]; then exec 1>&"$rbee_out"; fi
        exec {rbee_out}>&-
        set -o errexit -o errtrace
        "$rbee_word"
        """#
}
