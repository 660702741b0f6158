package import Bytes
package import Ledger

extension TrainingJobs {
    package struct JobCreated: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "JobCreated"
        package var job: UInt64
        package var initiator: Address
        package var modelID: Hash32
        package var specHash: Hash32
        package var contentHash: Hash32
        package var escrow: U256

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, initiator, modelID) = (try fields.uint64(), try fields.address(), try fields.hash())
            (specHash, contentHash, escrow) = (try fields.hash(), try fields.hash(), try fields.number())
        }
    }

    package struct Joined: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "Joined"
        package var job: UInt64
        package var holder: Address
        package var dataID: UInt64
        package var rows: Int
        package var salt: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, holder, dataID) = (try fields.uint64(), try fields.address(), try fields.uint64())
            (rows, salt) = (try fields.int(), try fields.hash())
        }
    }

    package struct AggregationAccepted: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "AggregationAccepted"
        package var job: UInt64
        package var aggregator: Address

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, aggregator) = (try fields.uint64(), try fields.address())
        }
    }

    package struct JobStarted: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "JobStarted"
        package var job: UInt64
        package var seed: Hash32
        package var deadline: UInt64

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, seed, deadline) = (try fields.uint64(), try fields.hash(), try fields.uint64())
        }
    }

    package struct UpdateAccepted: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "UpdateAccepted"
        package var job: UInt64
        package var round: Int
        package var holder: Address
        package var contentHash: Hash32
        package var rows: Int

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, round, holder) = (try fields.uint64(), try fields.int(), try fields.address())
            (contentHash, rows) = (try fields.hash(), try fields.int())
        }
    }

    package struct RoundClosed: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "RoundClosed"
        package var job: UInt64
        package var round: Int
        package var contentHash: Hash32
        package var updates: Int
        package var rows: Int

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, round) = (try fields.uint64(), try fields.int())
            (contentHash, updates, rows) = (try fields.hash(), try fields.int(), try fields.int())
        }
    }

    package struct JobFinished: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "JobFinished"
        package var job: UInt64
        package var contentHash: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, contentHash) = (try fields.uint64(), try fields.hash())
        }
    }

    package struct JobFailed: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "JobFailed"
        package var job: UInt64
        package var round: Int
        package var reason: String

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, round, reason) = (try fields.uint64(), try fields.int(), try fields.string())
        }
    }

    package struct Paid: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "Paid"
        package var job: UInt64
        package var party: Address
        package var kind: UInt8
        package var amount: U256

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (job, party) = (try fields.uint64(), try fields.address())
            (kind, amount) = (UInt8(truncatingIfNeeded: try fields.int()), try fields.number())
        }
    }

    /// A payment that the party refused and that waits for it.
    package struct Credited: ContractEvent, Hashable {
        package static var interface: ContractInterface { TrainingJobs.interface }
        package static let name = "Credited"
        package var party: Address
        package var amount: U256

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (party, amount) = (try fields.address(), try fields.number())
        }
    }
}
