package import Bytes
package import Ledger

extension InferenceMarket {
    package struct InferenceRequested: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "InferenceRequested"
        package var id: UInt64
        package var modelID: Hash32
        package var consumer: Address
        package var version: Int
        package var fee: U256
        package var input: [UInt8]

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, modelID, consumer) = (try fields.uint64(), try fields.hash(), try fields.address())
            (version, fee, input) = (try fields.int(), try fields.number(), try fields.bytes())
        }
    }

    package struct Committed: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "Committed"
        package var id: UInt64
        package var server: Address
        package var commitment: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, server, commitment) = (try fields.uint64(), try fields.address(), try fields.hash())
        }
    }

    package struct Revealed: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "Revealed"
        package var id: UInt64
        package var server: Address
        package var resultHash: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, server, resultHash) = (try fields.uint64(), try fields.address(), try fields.hash())
        }
    }

    package struct InferenceDelivered: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "InferenceDelivered"
        package var id: UInt64
        package var resultHash: Hash32
        package var result: [UInt8]

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, resultHash, result) = (try fields.uint64(), try fields.hash(), try fields.bytes())
        }
    }

    package struct InferenceFailed: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "InferenceFailed"
        package var id: UInt64
        package var commits: Int
        package var reveals: Int

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, commits, reveals) = (try fields.uint64(), try fields.int(), try fields.int())
        }
    }

    package struct FeePaid: ContractEvent, Hashable {
        package static var interface: ContractInterface { InferenceMarket.interface }
        package static let name = "FeePaid"
        package var id: UInt64
        package var party: Address
        package var kind: UInt8
        package var amount: U256

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, party) = (try fields.uint64(), try fields.address())
            (kind, amount) = (UInt8(truncatingIfNeeded: try fields.int()), try fields.number())
        }
    }
}
