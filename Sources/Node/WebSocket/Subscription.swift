import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

/// What a client wants to be told of (`eth_subscribe`).
enum Subscription: Sendable {
    case heads
    case logs(LogFilter)
    case pending(full: Bool)
    /// The chain is never behind itself: nothing to tell.
    case syncing

    init(_ parameters: Parameters) throws(RPCError) {
        switch try parameters.read(0, as: String.self) {
        case "newHeads": self = .heads
        case "logs": self = .logs(try parameters.optional(1, as: LogFilterArguments.self)?.filter ?? LogFilter())
        case "newPendingTransactions": self = .pending(full: try parameters.optional(1) ?? false)
        case "syncing": self = .syncing
        case let other: throw RPCError(-32601, "no \"\(other)\" subscription in eth namespace")
        }
    }

    /// What is to be told of an event.
    func news(of event: ChainEvent) -> [JSON] {
        switch (self, event) {
        case (.heads, .head(let head)):
            [.object(JSON.headerMembers(head.header, hash: head.hash))]
        case (.logs(let filter), .logs(let logs, let removed)):
            logs.filter { filter.matches($0) }.map { .log($0, removed: removed) }
        case (.pending(let full), .pending(let pooled)):
            [full ? .waiting(pooled.signed, hash: pooled.hash, sender: pooled.sender) : .hash(pooled.hash)]
        default: []
        }
    }
}
