/// How many blocks a log query may span at an endpoint, learnt from what it accepts and refuses.
///
/// A refusal of the range itself is a fact about the endpoint: the width closes in on the limit from below and then stays.
/// A refusal of too large a result is about these very blocks: the width is halved there, and grows again behind them.
struct LogWidth: Sendable {
    /// Blocks for the next query.
    private(set) var current: UInt64
    private let most: UInt64
    /// The least width that was refused for itself.
    private var refused: UInt64?

    /// - Parameter most: blocks in one query at most, and to begin with.
    init(_ most: UInt64) {
        self.most = max(1, most)
        current = self.most
    }

    /// A query of this width was answered.
    mutating func accept(_ width: UInt64) {
        guard width == current else { return }
        guard let refused else {
            current = min(most, width &* 2)
            return
        }
        // Close enough: a further look for the limit would cost more than it gives.
        guard refused - width > max(1, width / 16) else { return }
        current = min(most, width &* 2, width + (refused - width) / 2)
    }

    /// A query of this width was refused.
    ///
    /// - Parameters:
    ///   - asItself: for its width, whatever the blocks hold.
    ///   - hint: the width that the endpoint says it allows.
    /// - Returns: whether a smaller one may do.
    mutating func refuse(_ width: UInt64, asItself: Bool, hint: UInt64? = nil) -> Bool {
        guard width > 1 else { return false }
        let hint = hint.flatMap { (1..<width).contains($0) ? $0 : nil }
        if asItself { refused = min(refused ?? width, hint.map { $0 + 1 } ?? width) }
        current = hint ?? width / 2
        return true
    }
}
