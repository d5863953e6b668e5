/// Which parts of a file are there, and which are worked on: a row of segments without gaps.
struct SegmentTable: Sendable {
    struct Segment: Sendable, Hashable {
        /// Its name too: it never changes.
        let start: Int64
        /// How far it is filled.
        var position: Int64
        /// Exclusive; another worker may take the latter half away.
        var end: Int64
        var isTaken = false

        var rest: Int64 { end - position }
    }

    /// Below this no rest is divided: a new request would cost more than it saves.
    static let smallestShare: Int64 = 8 << 20
    /// Sixteen connections are then at most half a gigabyte ahead of the hash: a third of a second.
    private static let largestChunk: Int64 = 32 << 20

    private(set) var segments: [Segment]

    /// A file whose first `held` bytes are there.
    init(held: Int64, size: Int64?) {
        segments = [Segment(start: 0, position: held, end: size ?? .max)]
    }

    /// A file of which the given ranges are there; nil where they are no ascending row inside it.
    init?(filled: [Range<Int64>], size: Int64) {
        segments = []
        var edge: Int64 = 0
        for range in filled {
            guard range.lowerBound >= edge, range.upperBound <= size else { return nil }
            if range.lowerBound > edge {
                if segments.isEmpty { segments.append(Segment(start: 0, position: 0, end: range.lowerBound)) }
                segments[segments.count - 1].end = range.lowerBound
            }
            if !segments.isEmpty || range.lowerBound == 0 {
                segments.append(Segment(start: range.lowerBound, position: range.upperBound, end: range.upperBound))
            }
            edge = range.upperBound
        }
        if segments.isEmpty { segments = [Segment(start: 0, position: 0, end: size)] }
        segments[segments.count - 1].end = size
    }

    /// How far the file is whole from its start.
    var front: Int64 {
        var front: Int64 = 0
        for segment in segments {
            guard segment.start <= front else { break }
            front = max(front, segment.position)
            if segment.rest > 0 { break }
        }
        return front
    }

    /// Bytes that are there, wherever they lie.
    var filledBytes: Int64 { segments.reduce(0) { $0 + $1.position - $1.start } }

    var filled: [Range<Int64>] { segments.map { $0.start..<$0.position }.filter { !$0.isEmpty } }

    subscript(start: Int64) -> Segment? { segments.first { $0.start == start } }

    /// The first segment that nobody works on and that lacks something; of a long one no more than `limit` bytes.
    mutating func takeFree(atMost limit: Int64 = .max) -> Segment? {
        guard let index = segments.firstIndex(where: { !$0.isTaken && $0.rest > 0 }) else { return nil }
        shorten(index, to: limit)
        segments[index].isTaken = true
        return segments[index]
    }

    /// What one more worker begins with: the next chunk that is free, else one behind the chunk that is left to whoever
    /// has the largest rest, else, towards the end, half of that.
    ///
    /// Chunks are taken in their order, so that the front follows closely: whatever lies behind it waits to be hashed.
    mutating func take() -> Segment? {
        let chunk = chunk
        if let free = takeFree(atMost: chunk) { return free }
        guard let index = segments.indices.max(by: { segments[$0].rest < segments[$1].rest }),
            segments[index].end != .max, segments[index].rest >= 2 * Self.smallestShare
        else { return nil }
        shorten(index, to: segments[index].rest > 3 * chunk ? chunk : segments[index].rest / 2)
        return takeFree(atMost: chunk)
    }

    /// The more is missing and the fewer work on it, the longer.
    var chunk: Int64 {
        let missing = segments.reduce(0) { $0 + ($1.end == .max ? 0 : $1.rest) }
        let workers = Int64(segments.count { $0.isTaken }) + 1
        return min(Self.largestChunk, max(Self.smallestShare, missing / (4 * workers)))
    }

    /// Leaves a segment so much of its rest, and frees what follows.
    private mutating func shorten(_ index: Int, to count: Int64) {
        let segment = segments[index]
        guard segment.end != .max, segment.rest > count else { return }
        let middle = segment.position + count
        segments[index].end = middle
        segments.insert(Segment(start: middle, position: middle, end: segment.end), at: index + 1)
    }

    mutating func giveBack(_ start: Int64) {
        guard let index = segments.firstIndex(where: { $0.start == start }) else { return }
        segments[index].isTaken = false
        joinFinished()
    }

    /// Finished neighbours become one, so that the row is no longer than there are connections and holes.
    private mutating func joinFinished() {
        var joined: [Segment] = []
        for segment in segments {
            if let last = joined.last, last.rest == 0, segment.rest == 0, !last.isTaken, !segment.isTaken {
                joined[joined.count - 1].position = segment.position
                joined[joined.count - 1].end = segment.end
            } else {
                joined.append(segment)
            }
        }
        segments = joined
    }

    mutating func advance(_ start: Int64, to position: Int64) {
        guard let index = segments.firstIndex(where: { $0.start == start }) else { return }
        segments[index].position = min(max(segments[index].position, position), segments[index].end)
    }

    /// The size became known, or what was taken for it ends here.
    mutating func close(at size: Int64) {
        guard let last = segments.indices.last else { return }
        segments[last].end = max(size, segments[last].position)
    }
}
