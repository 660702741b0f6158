import Bytes
package import Contracts
import Ethereum
package import JSON
package import Storage

/// The folder in which one party keeps what must outlive its processes.
///
///     HOME/wallets/NAME.json          keystores, version 3
///     HOME/chain/chain.sqlite         the embedded chain, where this party runs it
///     HOME/blobs/                     bytes by their content hash
///     HOME/deployments/CHAINID.json   where the contracts live on each chain
///     HOME/serving/                   salts of results that were committed and not yet revealed
package struct Workspace: Sendable {
    package let path: String

    /// Uses the folder, which need not exist yet.
    package init(path: String) { self.path = path }

    package var wallets: WalletStore { WalletStore(directory: path + "/wallets") }
    package var chainDatabase: String { path + "/chain/chain.sqlite" }
    package var servingDirectory: String { path + "/serving" }

    /// Makes the folder that holds the embedded chain.
    package func prepareChain() throws(StorageError) { try Files.makeDirectory(path + "/chain") }

    package func blobs() throws(StorageError) -> BlobStore { try BlobStore(directory: path + "/blobs") }

    private func deploymentFile(_ chainID: UInt64) -> String { "\(path)/deployments/\(chainID).json" }

    /// Where the contracts live on a chain, as last recorded here; nil where nothing was.
    ///
    /// - Throws: `WorkspaceError` where the record is damaged.
    package func deployment(on chainID: UInt64) throws -> ProtocolAddresses? {
        let file = deploymentFile(chainID)
        guard Files.exists(file) else { return nil }
        return try ProtocolAddresses(file: file, chainID: chainID)
    }

    /// Records where the contracts live on a chain; returns the file.
    @discardableResult
    package func record(_ addresses: ProtocolAddresses, on chainID: UInt64) throws(StorageError) -> String {
        let file = deploymentFile(chainID)
        try Files.makeDirectory(path + "/deployments")
        try Files.write(Array(addresses.json(chainID: chainID).prettyText.utf8) + [0x0A], to: file)
        return file
    }
}

/// A file of the workspace that does not say what it should.
package struct WorkspaceError: Error, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

extension ProtocolAddresses {
    /// Reads a record that `cairn deploy` wrote.
    ///
    /// - Throws: `StorageError`, or `WorkspaceError` naming the file and the field.
    package init(file: String, chainID: UInt64) throws {
        let json: JSON
        do { json = try JSON(parsing: try Files.read(file)) } catch let error as JSONError {
            throw WorkspaceError("\(file) is no JSON: \(error)")
        }
        guard json["chainId"]?.uint64Value == chainID else {
            let stated = json["chainId"]?.uint64Value.map(String.init) ?? "none"
            throw WorkspaceError("\(file) is for chain \(stated); the endpoint is chain \(chainID)")
        }
        func address(_ name: String) throws -> Address {
            guard let text = json[name]?.stringValue, let address = try? Address(hex: text) else {
                throw WorkspaceError("\(file) has no address under '\(name)'; deploy again, or correct it")
            }
            return address
        }
        var firstBlock: UInt64 = 0
        if let stated = json["block"] {
            guard let number = stated.uint64Value else {
                throw WorkspaceError("\(file) has no number under 'block'; correct it, or leave the member out")
            }
            firstBlock = number
        }
        self.init(
            models: try address("modelRegistry"), data: try address("dataRegistry"), jobs: try address("trainingJobs"),
            market: try address("inferenceMarket"), firstBlock: firstBlock)
    }

    /// The record of a deployment.
    package func json(chainID: UInt64) -> JSON {
        [
            "chainId": JSON(chainID), "modelRegistry": .string(models.checksummed),
            "dataRegistry": .string(data.checksummed), "trainingJobs": .string(jobs.checksummed),
            "inferenceMarket": .string(market.checksummed), "block": JSON(firstBlock),
        ]
    }
}
