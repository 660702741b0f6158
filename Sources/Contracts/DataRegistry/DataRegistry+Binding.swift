package import Bytes
import Ethereum
package import Ledger

/// Commitments to data sets (contracts/DataRegistry.vy).
package struct DataRegistry: BoundContract {
    package static let interface = ContractInterface(.dataRegistry)
    package let address: Address
    package let chain: any Chain
    package let firstBlock: UInt64

    package init(at address: Address, on chain: any Chain, since firstBlock: UInt64 = 0) {
        (self.address, self.chain, self.firstBlock) = (address, chain, firstBlock)
    }

    /// A data set's record.
    package struct DataSet: Hashable, Sendable {
        package var holder: Address
        package var root: Hash32
        package var rows: Int
        package var schema: Hash32
        package var revoked: Bool
    }

    // MARK: Transactions

    package static func deployment() -> ContractCall { interface.deployment() }

    package func commitData(root: Hash32, rows: Int, schema: Hash32) -> ContractCall {
        call("commitData", [.hash(root), .number(U256(rows)), .hash(schema)])
    }

    package func revokeData(_ id: UInt64) -> ContractCall { call("revokeData", [.uint(id)]) }

    /// Root, rows and schema in the calldata of `commitData`; nil for other calldata.
    package static func committed(by calldata: [UInt8]) -> (root: Hash32, rows: Int, schema: Hash32)? {
        guard var fields = interface.arguments("commitData", of: calldata) else { return nil }
        return try? (fields.hash(), fields.int(), fields.hash())
    }

    // MARK: Views

    package func dataSet(_ id: UInt64, at block: BlockTag = .latest) async throws(ChainError) -> DataSet {
        var values = try await read("dataSet", [.uint(id)], at: block)
        var fields = try values.fields()
        return DataSet(
            holder: try fields.address(), root: try fields.hash(), rows: try fields.int(), schema: try fields.hash(),
            revoked: try fields.bool())
    }

    package func dataCount(at block: BlockTag = .latest) async throws(ChainError) -> UInt64 {
        var values = try await read("dataCount", at: block)
        return try values.uint64()
    }

    /// Whether the bytes are the data set's row at the index.
    ///
    /// - Parameter proof: the siblings from the leaf up.
    package func verifyRow(
        _ id: UInt64, index: Int, row: [UInt8], proof: [Hash32], at block: BlockTag = .latest
    ) async throws(ChainError) -> Bool {
        let siblings = ABIValue.list(proof.map { .hash($0) })
        var values = try await read("verifyRow", [.uint(id), .number(U256(index)), .bytes(row), siblings], at: block)
        return try values.bool()
    }

    // MARK: Events

    package struct DataCommitted: ContractEvent, Hashable {
        package static var interface: ContractInterface { DataRegistry.interface }
        package static let name = "DataCommitted"
        package var id: UInt64
        package var holder: Address
        package var root: Hash32
        package var rows: Int
        package var schema: Hash32

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, holder) = (try fields.uint64(), try fields.address())
            (root, rows, schema) = (try fields.hash(), try fields.int(), try fields.hash())
        }
    }

    package struct DataRevoked: ContractEvent, Hashable {
        package static var interface: ContractInterface { DataRegistry.interface }
        package static let name = "DataRevoked"
        package var id: UInt64
        package var holder: Address

        package init(_ fields: inout ABIFields) throws(ChainError) {
            (id, holder) = (try fields.uint64(), try fields.address())
        }
    }
}
