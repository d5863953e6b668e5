import ArtifactTypes

/// What an answer's head means for a download: decided before the first byte of its body.
enum DownloadJudgement: Sendable, Hashable {
    /// The rest, from where it was asked.
    case append(total: Int64)
    /// The whole content: what is held makes room.
    case whole(total: Int64?)
    /// Nothing is missing.
    case complete
    /// What is held does not belong to what the server has: ask again, for all of it.
    case startOver
    /// No content: the status says why.
    case refused
    case invalid(TransferError)
}

/// What was asked, and what an answer must therefore be.
struct DownloadQuestion: Sendable {
    /// Where the range begins; nil where the whole was asked for.
    var offset: Int64?
    /// Bytes in the partial file.
    var held: Int64
    /// What was published.
    var size: Int64?
    var maximumBytes: Int64?
    var hasDigest: Bool
    /// The validator and total of what is held, from the same source.
    var entityTag: String?
    var total: Int64?

    func judge(_ head: ResponseHead, url: String) -> DownloadJudgement {
        switch head.status {
        case 200: whole(head, url)
        case 206: part(head, url)
        case 416: unsatisfied(head)
        default: .refused
        }
    }

    private func whole(_ head: ResponseHead, _ url: String) -> DownloadJudgement {
        if let fault = framing(head, url) { return .invalid(fault) }
        guard let announced = head.contentLength else { return .whole(total: nil) }
        if let size, announced != size {
            return .invalid(
                TransferError(.sizeMismatch, "the server has \(announced) bytes, published were \(size)", url: url))
        }
        if let maximumBytes, announced > maximumBytes {
            return .invalid(
                TransferError(.tooLarge, "\(announced) bytes are more than \(maximumBytes) allowed", url: url))
        }
        return .whole(total: announced)
    }

    private func part(_ head: ResponseHead, _ url: String) -> DownloadJudgement {
        if let fault = framing(head, url) { return .invalid(fault) }
        guard let offset else {
            return .invalid(TransferError(.protocolViolation, "a part came where the whole was asked for", url: url))
        }
        let expected = size ?? total
        guard let answer = head.contentRange, let range = answer.range, range.lowerBound == offset,
            let whole = answer.total ?? expected, whole == expected ?? whole, range.upperBound < whole,
            !hasChanged(head)
        else { return .startOver }
        if let length = head.contentLength, length != range.upperBound - range.lowerBound + 1 { return .startOver }
        return .append(total: whole)
    }

    private func unsatisfied(_ head: ResponseHead) -> DownloadJudgement {
        guard offset != nil else { return .refused }
        guard let whole = head.contentRange?.total, whole == held, whole == size ?? whole, !hasChanged(head),
            hasDigest || entityTag != nil
        else { return .startOver }
        return .complete
    }

    private func hasChanged(_ head: ResponseHead) -> Bool {
        guard let entityTag, let now = head.headers["etag"] else { return false }
        return now != entityTag
    }

    private func framing(_ head: ResponseHead, _ url: String) -> TransferError? {
        if head.isEncoded {
            return TransferError(.protocolViolation, "the server encoded the file, which nobody asked for", url: url)
        }
        if head.isFramedAmbiguously {
            return TransferError(.protocolViolation, "the answer says its length in two ways", url: url)
        }
        return nil
    }
}
