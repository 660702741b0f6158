package import Bytes
import Crypto
import Ethereum
package import Ledger

/// Names, versions, parameters and deployment of models (contracts/ModelRegistry.vy).
package struct ModelRegistry: BoundContract {
    package static let interface = ContractInterface(.modelRegistry)
    package let address: Address
    package let chain: any Chain
    package let firstBlock: UInt64

    package init(at address: Address, on chain: any Chain, since firstBlock: UInt64 = 0) {
        (self.address, self.chain, self.firstBlock) = (address, chain, firstBlock)
    }

    /// A model's record.
    package struct Model: Hashable, Sendable {
        package var owner: Address
        package var program: Hash32
        package var seed: Hash32
        /// The newest version's number.
        package var versions: Int
        /// The version that serves; 0 where none does.
        package var deployed: Int
    }

    /// A version's record.
    package struct Version: Hashable, Sendable {
        package var contentHash: Hash32
        /// Bytes of parameters.
        package var size: Int
        /// Whether the parameters are on chain whole.
        package var isWhole: Bool
        /// The contract and job that trained it; zero where it was submitted.
        package var jobs: Address
        package var jobID: UInt64
    }

    /// A model's id: the Keccak-256 of its name.
    package static func id(of name: String) -> Hash32 { keccak256(utf8: name) }

    // MARK: Transactions

    package static func deployment() -> ContractCall { interface.deployment() }

    package func registerModel(name: String, program: Hash32, seed: Hash32, parameters: [UInt8]) -> ContractCall {
        call("registerModel", [.string(name), .hash(program), .hash(seed), .bytes(parameters)])
    }

    package func registerLargeModel(
        name: String, program: Hash32, seed: Hash32, contentHash: Hash32, size: Int
    ) -> ContractCall {
        call(
            "registerLargeModel",
            [.string(name), .hash(program), .hash(seed), .hash(contentHash), .number(U256(size))])
    }

    package func submitModel(name: String, parameters: [UInt8]) -> ContractCall {
        call("submitModel", [.string(name), .bytes(parameters)])
    }

    package func adoptJob(name: String, jobs: Address, job: UInt64) -> ContractCall {
        call("adoptJob", [.string(name), .address(jobs), .uint(job)])
    }

    package func deploy(name: String, version: Int) -> ContractCall {
        call("deploy", [.string(name), .number(U256(version))])
    }

    // MARK: Views

    /// - Throws: `ChainError` of kind `.reverted` where nobody registered the name.
    package func model(_ name: String, at block: BlockTag = .latest) async throws(ChainError) -> Model {
        var values = try await read("model", [.string(name)], at: block)
        var fields = try values.fields()
        return Model(
            owner: try fields.address(), program: try fields.hash(), seed: try fields.hash(),
            versions: try fields.int(), deployed: try fields.int())
    }

    /// The model's owner, or nil where there is no such model.
    package func owner(of id: Hash32, at block: BlockTag = .latest) async throws(ChainError) -> Address? {
        var values = try await read("ownerOf", [.hash(id)], at: block)
        let owner = try values.address()
        return owner.isZero ? nil : owner
    }

    package func version(_ id: Hash32, _ number: Int, at block: BlockTag = .latest) async throws(ChainError) -> Version
    {
        var values = try await read("version", [.hash(id), .number(U256(number))], at: block)
        var fields = try values.fields()
        return Version(
            contentHash: try fields.hash(), size: try fields.int(), isWhole: try fields.bool(),
            jobs: try fields.address(), jobID: try fields.uint64())
    }

    /// The version that serves; 0 where none does.
    package func deployedVersion(_ id: Hash32, at block: BlockTag = .latest) async throws(ChainError) -> Int {
        var values = try await read("deployedVersion", [.hash(id)], at: block)
        return try values.int()
    }

    /// A version's parameters; empty where only their content hash is on chain.
    package func parameters(
        _ id: Hash32, _ number: Int, at block: BlockTag = .latest
    ) async throws(ChainError) -> [UInt8] {
        var values = try await read("parameters", [.hash(id), .number(U256(number))], at: block)
        return try values.bytes()
    }
}
