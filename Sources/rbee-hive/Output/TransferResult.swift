import Hive

/// What was exported or imported: ids on stdout, or one JSON line.
extension GlobalOptions {
    private struct TransferEvent: Encodable {
        var event = "done"
        let ids: [String]
        let present: [String]
        let bytes: Int64
    }

    func done(_ report: Hive.TransferReport) throws {
        if json {
            let event = TransferEvent(ids: report.ids, present: report.present, bytes: report.bytes)
            return Console.result(try JSONOutput.line(event))
        }
        for id in report.ids + report.present { Console.result(id) }
        if quiet { return }
        for id in report.present { Console.note("\(id) is here already") }
    }
}
