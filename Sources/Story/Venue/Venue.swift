import Bytes
import Ledger

/// Where a story is told: the chain, who pays there, and what can be tampered with.
protocol Venue: Sendable {
    var chain: any Chain { get }
    /// The same chain as a stranger's program reaches it, and in words how.
    var outside: (chain: any Chain, way: String) { get }
    /// For pages and lines, such as "one embedded Ethereum chain".
    var title: String { get }
    /// Where the chain is: a file or an address.
    var place: String { get }
    /// Whether blocks come at their own pace and hold others' transactions too: parties that may, send at once, and the
    /// watcher reads only the blocks that mention the contracts.
    var isShared: Bool { get }

    /// Opens the chain to the cast, with money for everybody.
    func open(_ cast: Cast, _ budget: Budget, say: (String) -> Void) async throws
    /// Sees that everybody can pay for `rounds` more rounds and what follows them.
    func refill(_ cast: Cast, _ budget: Budget, rounds: Int) async throws
    /// Takes back what is left, where it was lent.
    func settle(_ cast: Cast, say: (String) -> Void) async throws
    func close() async

    /// Executes the stored chain again, where this process has the store; what it did, and what is wrong.
    func check() throws -> (done: String, fault: String?)?
    /// Flips one bit of one transaction's data, and shows the chain that comes of it.
    func forge(transaction: Hash32, byte: Int, in block: UInt64) async throws -> Forgery
}

/// A chain with one bit flipped, and what was noticed below the contracts.
struct Forgery: Sendable {
    var chain: any Chain
    /// What was done, for people.
    var deed: String
    /// Where the altered copy lies, if it is a file.
    var path: String?
    /// What the store's own check says, where there is one.
    var storeFault: String?
    /// Whether that check names the very block; true where there is no store to check.
    var isNamedByStore: Bool
    var close: @Sendable () async -> Void = {}
}
