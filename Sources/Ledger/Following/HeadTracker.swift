import Ethereum

/// Follows a chain's newest blocks and notices when some of them were replaced.
///
/// A pure value: it is shown headers in order and answers what each means. It remembers the last `depth` blocks; a
/// reorganisation that goes deeper starts again from what is shown.
struct HeadTracker: Sendable {
    enum Step: Equatable, Sendable {
        /// The header continues what is known and was appended.
        case appended
        /// The newest known block is no longer on the chain and was dropped; show the header at `next` then.
        case removed(BlockHeader)
    }

    private var recent: [BlockHeader] = []
    private let depth: Int
    /// The number of the header to show next.
    private(set) var next: UInt64

    /// Begins with the block numbered `start`.
    init(start: UInt64, depth: Int = 256) { (next, self.depth) = (start, depth) }

    var newest: BlockHeader? { recent.last }

    /// Shows the header that the chain now has at `next`.
    mutating func show(_ header: BlockHeader) -> Step {
        precondition(header.header.number == next, "headers are shown in order")
        if let last = recent.last, header.header.parentHash != last.hash { return drop(last) }
        recent.append(header)
        if recent.count > depth { recent.removeFirst() }
        next += 1
        return .appended
    }

    /// Says that the chain has become shorter than what is known: its newest block is `number`.
    mutating func shorten(to number: UInt64) -> Step? {
        guard let last = recent.last, last.header.number > number else { return nil }
        return drop(last)
    }

    private mutating func drop(_ last: BlockHeader) -> Step {
        recent.removeLast()
        next = last.header.number
        return .removed(last)
    }
}
