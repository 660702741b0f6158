import Arguments
import Bytes
import Contracts
import Crypto
import Ethereum
import Federation
import Ledger
import Storage
import Training
import Workspace

/// Who runs a command, and against which chain and contracts.
struct Party: Sendable {
    static let chainOptions: [Option] = [
        Endpoint.url,
        .value("contracts", "file", "where the contracts live (default: HOME/deployments/CHAINID.json)"),
        .value("blobs", "folder", "bytes by content hash, which parties of large jobs share (default: HOME/blobs)"),
        Shared.home, Shared.json,
    ]
    /// For commands that only read.
    static let readingOptions: [Option] = chainOptions + [Endpoint.trustBlock]
    static let options: [Option] =
        [.value("wallet", "name", "who signs and pays", environment: "CAIRN_WALLET")] + Password.options + chainOptions

    let chain: any Chain
    let workspace: Workspace
    let console: Console
    private let values: Values

    init(_ values: Values) throws {
        chain = try Endpoint.chain(values)
        (workspace, console) = (Shared.workspace(values), Shared.console(values))
        self.values = values
    }

    /// The contracts that `--contracts`, or else the workspace, names for this chain.
    func contracts() async throws -> ProtocolContracts {
        let chainID = try await chain.chainID()
        if let file = values.string("contracts") {
            let addresses = try await ProtocolAddresses(file: file, chainID: chainID).located(on: chain)
            return ProtocolContracts(at: addresses, on: chain)
        }
        guard let addresses = try workspace.deployment(on: chainID) else {
            throw WorkspaceError(
                "no contracts are known on chain \(chainID); run 'cairn deploy', or give --contracts FILE of who did")
        }
        return ProtocolContracts(at: try await addresses.located(on: chain), on: chain)
    }

    /// The store of bytes by content hash.
    func blobs() throws -> BlobStore {
        if let folder = values.string("blobs") { return try BlobStore(directory: folder) }
        return try workspace.blobs()
    }

    /// The wallet's key.
    func key() throws -> PrivateKey {
        let name = try values.required("wallet")
        return try workspace.wallets.key(name, password: try Password.read(values, for: name))
    }

    /// The wallet, ready to send.
    func sender() throws -> TransactionSender { TransactionSender(chain: chain, key: try key()) }

    /// 32 bytes that only this wallet can make; salts derive from them, so that a restart makes the same.
    static func secret(of key: PrivateKey, for purpose: String) -> Hash32 {
        Hash32(hmac(.sha256, key: key.secretBytes, message: Array("cairn \(purpose)".utf8)))
    }

    func reader() async throws -> JobReader {
        JobReader(contracts: try await contracts(), blobs: try blobs())
    }

    /// The first argument as an id.
    func id(_ what: String) throws -> UInt64 {
        guard let id = UInt64(values.positionals[0]), id > 0 else {
            throw values.error("'\(values.positionals[0])' is no \(what); ids are counted from 1")
        }
        return id
    }
}

/// Programs and optimisers that a command knows besides the digits job's.
enum CatalogueOptions {
    static let options: [Option] = [
        .values("layers", "n,n,...", "know this multilayer perceptron too, such as 30,16,2"),
        .values("optimiser", "text", "know this optimiser too, such as 'sgd lr=0.05 batch=16'"),
    ]

    static func models(_ values: Values) throws -> [Model] {
        try [Model.digits] + values.strings("layers").map { try model($0, values) }
    }

    static func model(_ text: String, _ values: Values) throws -> Model {
        let sizes = text.split(separator: ",").compactMap { Int($0) }
        guard sizes.count >= 2, sizes.count == text.split(separator: ",").count,
            sizes.allSatisfy({ (1...4096).contains($0) })
        else { throw values.error("--layers is '\(text)'; it takes layer sizes of 1 to 4096, such as 64,32,10") }
        return .mlp(sizes)
    }

    static func catalogue(_ values: Values) throws -> Catalogue {
        Catalogue(
            models: try models(values),
            optimisers: try [Optimiser.digits] + values.strings("optimiser").map { try Optimiser($0) })
    }
}
