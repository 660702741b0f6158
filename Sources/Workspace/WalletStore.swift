package import Bytes
package import Crypto
package import Ethereum
import JSON
import Storage

/// Wallets by name: one keystore file each, readable by its owner only.
package struct WalletStore: Sendable {
    package let directory: String

    package init(directory: String) { self.directory = directory }

    /// A wallet as it can be listed without a password.
    package struct Entry: Sendable, Equatable {
        package let name: String
        /// Nil where the file states none, as some tools leave it out.
        package let address: Address?

        package init(name: String, address: Address?) { (self.name, self.address) = (name, address) }
    }

    /// Encrypts a key under a new name.
    ///
    /// - Throws: `WorkspaceError` where the name is taken or malformed; nothing is ever overwritten.
    package func add(_ key: PrivateKey, name: String, password: String, derivation: Keystore.Derivation) throws {
        try add(try Keystore(encrypting: key, password: password, derivation: derivation), name: name)
    }

    /// Keeps a keystore, as it is, under a new name.
    package func add(_ keystore: Keystore, name: String) throws {
        let file = try self.file(name)
        try Files.makeDirectory(directory)
        guard !Files.exists(file) else {
            throw WorkspaceError("wallet '\(name)' exists already (\(file)); choose another name")
        }
        try Files.write(Array(keystore.json.prettyText.utf8) + [0x0A], to: file, mode: 0o600)
    }

    /// All wallets by name.
    package func list() throws -> [Entry] {
        guard Files.exists(directory) else { return [] }
        return try Files.list(directory).filter { $0.hasSuffix(".json") }.map { file in
            let name = String(file.dropLast(5))
            return Entry(name: name, address: try keystore(name).address)
        }
    }

    /// The encrypted wallet.
    ///
    /// - Throws: `WorkspaceError` naming the wallets that there are, or `KeystoreError` where the file is damaged.
    package func keystore(_ name: String) throws -> Keystore {
        let file = try self.file(name)
        guard Files.exists(file) else {
            let others = (try? Files.list(directory).filter { $0.hasSuffix(".json") }.map { $0.dropLast(5) }) ?? []
            let hint =
                others.isEmpty
                ? "make one with 'cairn wallet new \(name)'" : "there are: \(others.joined(separator: ", "))"
            throw WorkspaceError("there is no wallet '\(name)' in \(directory); \(hint)")
        }
        do { return try Keystore(parsing: try Files.read(file)) } catch let error as KeystoreError {
            throw WorkspaceError("wallet '\(name)' (\(file)): \(error)")
        }
    }

    /// Opens a wallet.
    package func key(_ name: String, password: String) throws -> PrivateKey {
        do { return try keystore(name).decrypt(password: password) } catch let error as KeystoreError {
            throw WorkspaceError("wallet '\(name)': \(error)")
        }
    }

    /// The file of a wallet; refuses names that could lead elsewhere.
    private func file(_ name: String) throws -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isPlain, (1...64).contains(name.utf8.count), !name.hasPrefix(".") else {
            throw WorkspaceError("'\(name)' is no wallet name: use 1 to 64 letters, digits, '-', '_' and '.'")
        }
        return "\(directory)/\(name).json"
    }
}
