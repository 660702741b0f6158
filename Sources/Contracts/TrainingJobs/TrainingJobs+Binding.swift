package import Bytes
import Ethereum
package import Ledger

/// Federated training against a locked reward (contracts/TrainingJobs.vy).
package struct TrainingJobs: BoundContract {
    package static let interface = ContractInterface(.trainingJobs)
    package let address: Address
    package let chain: any Chain
    package let firstBlock: UInt64

    /// The most bytes of parameters that a contract keeps and averages whole; larger models go by content hash.
    package static let largestWhole = 32_768
    /// How long after the deadline for joining a job may start, and a round that the contract averages be closed after its own.
    package static let grace: UInt64 = 86_400

    package init(at address: Address, on chain: any Chain, since firstBlock: UInt64 = 0) {
        (self.address, self.chain, self.firstBlock) = (address, chain, firstBlock)
    }

    // MARK: Transactions

    package static func deployment(models: Address, data: Address) -> ContractCall {
        interface.deployment([.address(models), .address(data)])
    }

    /// Posts a job and locks its reward.
    ///
    /// - Parameter initialParameters: the int32 values in bytes, or the 32 bytes of their content hash, by the rule.
    package func createJob(_ terms: JobTerms, initialParameters: [UInt8], escrow: U256) -> ContractCall {
        call("createJob", [terms.value, .bytes(initialParameters)], value: escrow)
    }

    package func join(_ job: UInt64, dataID: UInt64, salt: Hash32, stake: U256) -> ContractCall {
        call("join", [.uint(job), .uint(dataID), .hash(salt)], value: stake)
    }

    package func acceptAggregation(_ job: UInt64, stake: U256) -> ContractCall {
        call("acceptAggregation", [.uint(job)], value: stake)
    }

    package func start(_ job: UInt64) -> ContractCall { call("start", [.uint(job)]) }

    package func submitUpdate(_ job: UInt64, round: Int, update: [UInt8]) -> ContractCall {
        call("submitUpdate", [.uint(job), .number(U256(round)), .bytes(update)])
    }

    package func commitUpdate(_ job: UInt64, round: Int, contentHash: Hash32) -> ContractCall {
        call("commitUpdate", [.uint(job), .number(U256(round)), .hash(contentHash)])
    }

    package func closeRound(_ job: UInt64) -> ContractCall { call("closeRound", [.uint(job)]) }

    package func postAggregate(_ job: UInt64, round: Int, contentHash: Hash32) -> ContractCall {
        call("postAggregate", [.uint(job), .number(U256(round)), .hash(contentHash)])
    }

    package func settle(_ job: UInt64) -> ContractCall { call("settle", [.uint(job)]) }

    /// Takes what a payment that the sender refused left for it.
    package func withdraw() -> ContractCall { call("withdraw", []) }

    // MARK: What calldata says

    /// Terms and initial parameters of `createJob`; nil for other calldata.
    package static func created(by calldata: [UInt8]) -> (terms: JobTerms, initialParameters: [UInt8])? {
        guard var fields = interface.arguments("createJob", of: calldata), var spec = try? fields.fields(),
            let terms = try? JobTerms(&spec), let initial = try? fields.bytes()
        else { return nil }
        return (terms, initial)
    }

    /// An update as it was sent.
    package enum SentUpdate: Hashable, Sendable {
        case whole(job: UInt64, round: Int, bytes: [UInt8])
        case byHash(job: UInt64, round: Int, hash: Hash32)
    }

    /// What `submitUpdate` or `commitUpdate` carries; nil for other calldata.
    package static func update(in calldata: [UInt8]) -> SentUpdate? {
        if var fields = interface.arguments("submitUpdate", of: calldata) {
            return try? .whole(job: fields.uint64(), round: fields.int(), bytes: fields.bytes())
        }
        guard var fields = interface.arguments("commitUpdate", of: calldata) else { return nil }
        return try? .byHash(job: fields.uint64(), round: fields.int(), hash: fields.hash())
    }
}
