import Synchronization

/// Bytes that many connections may hold together.
package final class ByteBudget: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    package init(_ limit: Int) { self.limit = limit }

    /// Takes bytes out of the budget; false, and nothing taken, where it has not so many left.
    package func reserve(_ count: Int) -> Bool {
        let total = held.wrappingAdd(count, ordering: .relaxed).newValue
        guard total > limit else { return true }
        release(count)
        return false
    }

    package func release(_ count: Int) { held.wrappingSubtract(count, ordering: .relaxed) }
}
