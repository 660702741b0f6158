/// A party's behaviour against the contracts, as a pure value.
///
/// ## Rules for conformers
/// - `next` decides from the view and from what was done before, and performs nothing itself.
/// - Everything that must outlive the process is in the view, that is on the chain: a fresh value given the same view
///   goes on where another one stopped.
/// - What was done in block `b` is not proposed again by a view older than `b`; a node that lags behind cannot make a
///   party send anything twice.
package protocol Role: Sendable {
    associatedtype View: Sendable
    associatedtype Action: Hashable, Sendable

    /// What to do now, in order; the shell performs them and asks again.
    mutating func next(_ view: View) -> Step<Action>
    /// An action's transaction was mined in this block.
    mutating func done(_ action: Action, in block: UInt64)
}

/// What a role wants.
package enum Step<Action: Hashable & Sendable>: Hashable, Sendable {
    /// Perform these in order, then look again.
    case act([Action])
    /// Look again when the chain has moved, or at the latest at this time (seconds since 1970), where one is named.
    case wait(until: UInt64?)
    /// Nothing more to do; why.
    case stop(Outcome)
}

/// How a role's work ended.
package enum Outcome: Hashable, Sendable, CustomStringConvertible {
    /// All that was promised happened.
    case finished
    /// It ended otherwise, for this reason.
    case ended(String)

    package var description: String {
        switch self {
        case .finished: "finished"
        case .ended(let reason): reason
        }
    }
}

/// The newest block in which this process did something, so that an older view is not mistaken for the present.
package struct Horizon: Hashable, Sendable {
    private var block: UInt64 = 0

    package init() {}

    /// Remembers a block.
    package mutating func reach(_ block: UInt64) { self.block = max(self.block, block) }

    /// Whether a view of this block shows everything that was done.
    package func isShown(by block: UInt64) -> Bool { block >= self.block }
}
