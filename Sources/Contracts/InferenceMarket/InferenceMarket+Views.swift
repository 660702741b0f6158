package import Bytes
import Ethereum
package import Ledger

extension InferenceMarket {
    /// A request's record.
    package struct Request: Hashable, Sendable {
        /// 1 open, 2 delivered, 3 failed.
        package var status: UInt8
        package var modelID: Hash32
        package var version: Int
        package var consumer: Address
        package var owner: Address
        package var ownerShareBps: Int
        package var inputHash: Hash32
        package var fee: U256
        package var servers: Int
        package var commitDeadline: UInt64
        package var revealDeadline: UInt64
        package var reveals: Int
        package var resultHash: Hash32
    }

    /// A server's record.
    package struct Server: Hashable, Sendable {
        package var isRegistered: Bool
        package var stake: U256
        /// Wei of it that stand bond for open requests.
        package var bound: U256
    }

    /// A model's terms.
    package struct Terms: Hashable, Sendable {
        package var fee: U256
        package var ownerShareBps: Int
        package var isRestricted: Bool
    }

    package func request(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> Request {
        var values = try await read("requestOf", [.uint(id)], at: block)
        var fields = try values.fields()
        return Request(
            status: UInt8(truncatingIfNeeded: try fields.int()), modelID: try fields.hash(),
            version: try fields.int(), consumer: try fields.address(), owner: try fields.address(),
            ownerShareBps: try fields.int(), inputHash: try fields.hash(), fee: try fields.number(),
            servers: try fields.int(), commitDeadline: try fields.uint64(), revealDeadline: try fields.uint64(),
            reveals: try fields.int(), resultHash: try fields.hash())
    }

    /// The request's status (0 unknown, 1 open, 2 delivered, 3 failed) and its result, empty unless delivered.
    package func result(
        _ id: UInt64, at block: BlockTag = .latest
    ) async throws(ChainError) -> (status: UInt8, bytes: [UInt8]) {
        var values = try await read("result", [.uint(id)], at: block)
        return (UInt8(truncatingIfNeeded: try values.int()), try values.bytes())
    }

    package func server(_ party: Address, at block: BlockTag = .latest) async throws(ChainError) -> Server {
        var values = try await read("server", [.address(party)], at: block)
        var fields = try values.fields()
        return Server(isRegistered: try fields.bool(), stake: try fields.number(), bound: try fields.number())
    }

    package func terms(of model: Hash32, at block: BlockTag = .latest) async throws(ChainError) -> Terms {
        var values = try await read("terms", [.hash(model)], at: block)
        var fields = try values.fields()
        return Terms(
            fee: try fields.number(), ownerShareBps: try fields.int(), isRestricted: try fields.bool())
    }

    package func isAllowed(
        model: Hash32, consumer: Address, at block: BlockTag = .latest
    ) async throws(ChainError) -> Bool {
        var values = try await read("isAllowed", [.hash(model), .address(consumer)], at: block)
        return try values.bool()
    }

    /// The servers that may answer; empty for all.
    package func welcome(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> [Address] {
        var values = try await read("welcome", [.uint(id)], at: block)
        return try values.addresses()
    }

    /// The servers that committed, in order.
    package func committed(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> [Address] {
        var values = try await read("committed", [.uint(id)], at: block)
        return try values.addresses()
    }

    /// A server's commitment; nil where there is none.
    package func commitment(
        _ id: UInt64, _ party: Address, at block: BlockTag = .latest
    ) async throws(ChainError) -> Hash32? {
        var values = try await read("commitment", [.uint(id), .address(party)], at: block)
        let hash = try values.hash()
        return hash.isZero ? nil : hash
    }

    /// The content hash of what a server showed; nil where it did not.
    package func revealed(
        _ id: UInt64, _ party: Address, at block: BlockTag = .latest
    ) async throws(ChainError) -> Hash32? {
        var values = try await read("revealed", [.uint(id), .address(party)], at: block)
        let hash = try values.hash()
        return hash.isZero ? nil : hash
    }

    package func requestCount(at block: BlockTag = .latest) async throws(ChainError) -> UInt64 {
        var values = try await read("requestCount", at: block)
        return try values.uint64()
    }
}
