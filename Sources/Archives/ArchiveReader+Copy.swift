import CSystemCalls
import SystemPackage

extension ArchiveReader {
    /// So much of a file is written before its way to the disk begins: the sync at the end has little left then.
    private static let writeBackPiece: Int64 = 16 << 20

    /// Writes the current entry's data to `file` at the offsets they have; holes stay holes.
    /// `wrote` is told where what was written of the file ends, and the bytes written so far of all files.
    /// - Returns: the file's size.
    func copyData(
        of entry: String?, declared: Int64?, to file: FileDescriptor, budget: inout ExtractionBudget,
        _ cancellation: Cancellation, wrote: (Int64, Int64) -> Void
    ) throws(ArchiveError) -> Int64 {
        var end: Int64 = 0
        var writtenBack: Int64 = 0
        while let block = try nextBlock(of: entry) {
            try cancellation.check()
            if block.bytes.isEmpty { continue }
            let count = Int64(block.bytes.count)
            let (blockEnd, overflow) = block.offset.addingReportingOverflow(count)
            guard !overflow, block.offset >= end, blockEnd <= declared ?? .max else {
                throw ArchiveError(.corrupt, entry: entry, "its data do not fit its size")
            }
            try budget.spend(data: count, holes: block.offset - end, entry: entry)
            do {
                try file.writeAll(toAbsoluteOffset: block.offset, block.bytes)
            } catch {
                throw ArchiveError(error as? Errno ?? .ioError, entry: entry, "cannot write")
            }
            end = blockEnd
            if end - writtenBack >= Self.writeBackPiece {
                _ = csystem_start_writeback(file.rawValue, writtenBack, end - writtenBack)
                writtenBack = end
            }
            wrote(end, budget.written)
        }
        guard let declared, declared > end else { return end }
        try budget.spend(data: 0, holes: declared - end, entry: entry)
        do {
            try file.resize(to: declared)
        } catch {
            throw ArchiveError(error as? Errno ?? .ioError, entry: entry, "cannot write")
        }
        return declared
    }

    /// Reads past the current entry's data, in steps that a cancellation can end.
    func skipData(
        of entry: String?, budget: ExtractionBudget, _ cancellation: Cancellation
    ) throws(ArchiveError) {
        while try nextBlock(of: entry) != nil {
            try cancellation.check()
            if isCompressed { try budget.checkRatio(expandedBytes, entry: entry) }
        }
    }
}
