import Bytes
import Synchronization

/// Recently used trie nodes by row, bounded.
///
/// Two generations: what is found in the old one moves to the new; when the new one is full the old one is forgotten.
final class NodeCache: Sendable {
    private struct Generations {
        var young: [UInt64: TrieNode] = [:]
        var old: [UInt64: TrieNode] = [:]
    }

    private let generations = Mutex(Generations())
    /// Nodes in each generation.
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func node(_ row: UInt64) -> TrieNode? {
        generations.withLock { state in
            if let node = state.young[row] { return node }
            guard let node = state.old[row] else { return nil }
            insert(row, node, &state)
            return node
        }
    }

    func insert(_ row: UInt64, _ node: TrieNode) {
        generations.withLock { insert(row, node, &$0) }
    }

    func insert(_ nodes: [(row: UInt64, node: TrieNode)]) {
        generations.withLock { state in
            for (row, node) in nodes { insert(row, node, &state) }
        }
    }

    /// Forgets everything; rows may mean something else from now on.
    func removeAll() {
        generations.withLock { $0 = Generations() }
    }

    private func insert(_ row: UInt64, _ node: TrieNode, _ state: inout Generations) {
        if state.young.count >= limit {
            state.old = state.young
            state.young = [:]
        }
        state.young[row] = node
    }
}
