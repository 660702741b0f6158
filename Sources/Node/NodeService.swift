import Bytes
import Crypto
import Devchain
import JSON
import Ledger
import Synchronization

/// What the methods work on.
final class NodeService: Sendable {
    let chain: Devchain
    let configuration: NodeConfiguration
    let accounts: AccountBook
    let filters: FilterBook
    /// By which tools know this run of the chain from another.
    let instanceID = keccak256(SystemRandom.bytes(32))
    private let follower = Mutex<Task<Void, Never>?>(nil)

    init(chain: Devchain, configuration: NodeConfiguration) {
        (self.chain, self.configuration) = (chain, configuration)
        accounts = AccountBook(configuration.accounts)
        filters = FilterBook(lifetime: .seconds(configuration.filterSeconds))
    }

    /// Begins to follow the chain on behalf of filters.
    func start() throws(ChainError) {
        let filters = filters
        filters.begin(at: try chain.head)
        let events = chain.listen([.head, .pending])
        let task = Task {
            for await event in events { filters.note(event) }
        }
        follower.withLock { $0 = task }
    }

    /// Waits until filters know of everything that had happened when this was called.
    func catchUp() async throws {
        let head = try chain.head.hash
        for _ in 0..<100 where try filters.head?.hash != head && chain.head.hash == head {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    func stop() { follower.withLock { $0 }?.cancel() }

    /// A batch of nothing but raw transactions goes to the chain in one piece, and so into one block; nil for others.
    func sendTogether(_ batch: [JSON]) async -> [Result<JSON, RPCError>]? {
        guard batch.count > 1 else { return nil }
        var raws: [[UInt8]] = []
        for request in batch {
            guard request["method"] == .string("eth_sendRawTransaction"), request["jsonrpc"] == .string("2.0"),
                let id = request["id"], id.arrayValue == nil, id.objectValue == nil,
                case .array(let arguments)? = request["params"], arguments.count == 1,
                let raw = try? WireBytes(wire: arguments[0])
            else { return nil }
            raws.append(raw.bytes)
        }
        return await chain.send(raws: raws).map { outcome in
            switch outcome {
            case .success(let hash): .success(.hash(hash))
            case .failure(let error): .failure(RPCError(error))
            }
        }
    }
}
