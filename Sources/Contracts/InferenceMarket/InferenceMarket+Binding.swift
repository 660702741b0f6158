package import Bytes
import Ethereum
package import Ledger

/// Paid predictions by several servers, by commit and reveal (contracts/InferenceMarket.vy).
package struct InferenceMarket: BoundContract {
    package static let interface = ContractInterface(.inferenceMarket)
    package let address: Address
    package let chain: any Chain
    package let firstBlock: UInt64

    package init(at address: Address, on chain: any Chain, since firstBlock: UInt64 = 0) {
        (self.address, self.chain, self.firstBlock) = (address, chain, firstBlock)
    }

    // MARK: Transactions

    package static func deployment(models: Address) -> ContractCall { interface.deployment([.address(models)]) }

    package func registerServer(stake: U256) -> ContractCall { call("registerServer", [], value: stake) }

    package func withdrawServer() -> ContractCall { call("withdrawServer", []) }

    /// - Parameter ownerShareBps: the owner's part of the fee, in ten-thousandths.
    package func setTerms(model: Hash32, fee: U256, ownerShareBps: Int, restricted: Bool) -> ContractCall {
        call("setTerms", [.hash(model), .number(fee), .number(U256(ownerShareBps)), .bool(restricted)])
    }

    package func setAllowed(model: Hash32, consumer: Address, allowed: Bool) -> ContractCall {
        call("setAllowed", [.hash(model), .address(consumer), .bool(allowed)])
    }

    /// What a consumer asks for.
    package struct Asking: Hashable, Sendable {
        package var model: Hash32
        package var version: Int
        package var input: [UInt8]
        /// How many answers are wanted.
        package var servers: Int
        /// Who may answer; empty for every registered server.
        package var allowed: [Address]
        package var commitSeconds: UInt64
        package var revealSeconds: UInt64

        package init(
            model: Hash32, version: Int, input: [UInt8], servers: Int, allowed: [Address], commitSeconds: UInt64,
            revealSeconds: UInt64
        ) {
            (self.model, self.version, self.input) = (model, version, input)
            (self.servers, self.allowed) = (servers, allowed)
            (self.commitSeconds, self.revealSeconds) = (commitSeconds, revealSeconds)
        }
    }

    package func request(_ asking: Asking, fee: U256) -> ContractCall {
        call(
            "request",
            [
                .hash(asking.model), .number(U256(asking.version)), .bytes(asking.input),
                .number(U256(asking.servers)), .list(asking.allowed.map { .address($0) }),
                .uint(asking.commitSeconds), .uint(asking.revealSeconds),
            ], value: fee)
    }

    package func commit(_ request: UInt64, commitment: Hash32) -> ContractCall {
        call("commit", [.uint(request), .hash(commitment)])
    }

    package func reveal(_ request: UInt64, result: [UInt8], salt: Hash32) -> ContractCall {
        call("reveal", [.uint(request), .bytes(result), .hash(salt)])
    }

    package func deliver(_ request: UInt64) -> ContractCall { call("deliver", [.uint(request)]) }

    package func withdraw() -> ContractCall { call("withdraw", []) }

    // MARK: What calldata says

    /// What `request` carries; nil for other calldata.
    package static func asked(by calldata: [UInt8]) -> Asking? {
        guard var fields = interface.arguments("request", of: calldata) else { return nil }
        return try? Asking(
            model: fields.hash(), version: fields.int(), input: fields.bytes(), servers: fields.int(),
            allowed: fields.addresses(), commitSeconds: fields.uint64(), revealSeconds: fields.uint64())
    }

    /// What `reveal` carries; nil for other calldata.
    package static func revealed(by calldata: [UInt8]) -> (request: UInt64, result: [UInt8], salt: Hash32)? {
        guard var fields = interface.arguments("reveal", of: calldata) else { return nil }
        return try? (fields.uint64(), fields.bytes(), fields.hash())
    }
}
