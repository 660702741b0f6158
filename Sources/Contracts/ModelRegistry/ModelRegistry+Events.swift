package import Bytes
package import Ledger

extension ModelRegistry {
    package struct ModelRegistered: ContractEvent, Hashable {
        package static var interface: ContractInterface { ModelRegistry.interface }
        package static let name = "ModelRegistered"
        package var modelID: Hash32
        package var owner: Address
        package var modelName: String
        package var program: Hash32
        package var seed: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (modelID, owner) = (try fields.hash(), try fields.address())
            (modelName, program, seed) = (try fields.string(), try fields.hash(), try fields.hash())
        }
    }

    package struct VersionAdded: ContractEvent, Hashable {
        package static var interface: ContractInterface { ModelRegistry.interface }
        package static let name = "VersionAdded"
        package var modelID: Hash32
        package var version: Int
        package var contentHash: Hash32
        /// Zero where it was submitted.
        package var jobs: Address
        package var jobID: UInt64

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (modelID, version) = (try fields.hash(), try fields.int())
            (contentHash, jobs, jobID) = (try fields.hash(), try fields.address(), try fields.uint64())
        }
    }

    package struct VersionDeployed: ContractEvent, Hashable {
        package static var interface: ContractInterface { ModelRegistry.interface }
        package static let name = "VersionDeployed"
        package var modelID: Hash32
        package var version: Int
        package var contentHash: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (modelID, version, contentHash) = (try fields.hash(), try fields.int(), try fields.hash())
        }
    }
}
