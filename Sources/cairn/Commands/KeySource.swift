import Arguments
import Bytes
import Crypto
import Ethereum
import Storage
import Workspace

/// A private key from a file that other tools wrote: a bare key, a mnemonic, or a keystore.
enum KeySource {
    static let options: [Option] = [
        .value("keystore", "file", "a keystore file of geth, MetaMask, eth-account or Cairn"),
        .value("private-key-file", "file", "a file with 64 hexadecimal digits"),
        .value("mnemonic-file", "file", "a file with a BIP-39 mnemonic"),
        .value("index", "n", "which account of the mnemonic, at m/44'/60'/0'/0/n", default: "0"),
    ]

    /// What was given.
    enum Given {
        case keystore(Keystore)
        case key(PrivateKey)
    }

    /// Reads the one file that was named; nil where none was.
    static func read(_ values: Values) throws -> Given? {
        switch (values.string("keystore"), values.string("private-key-file"), values.string("mnemonic-file")) {
        case (nil, nil, nil): return nil
        case (let file?, nil, nil): return .keystore(try Keystore(parsing: try Files.read(file)))
        case (nil, let file?, nil):
            let text = String(decoding: try Files.read(file), as: UTF8.self).filter { !$0.isWhitespace }
            do { return .key(try PrivateKey(try [UInt8](hex: text))) } catch {
                throw WorkspaceError("\(file) holds no private key: \(error)")
            }
        case (nil, nil, let file?):
            let mnemonic = try Mnemonic(parsing: String(decoding: try Files.read(file), as: UTF8.self))
            let index = try values.integer("index", in: 0...Int(Int32.max)) ?? 0
            return .key(try mnemonic.key(account: UInt32(index)))
        default: throw values.error("give exactly one of --keystore, --private-key-file and --mnemonic-file")
        }
    }
}
