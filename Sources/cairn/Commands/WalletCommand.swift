import Arguments
import Bytes
import Crypto
import Ethereum
import JSON
import Storage
import Workspace

/// `cairn wallet`: keys under passwords, in the format of geth and eth-account.
enum WalletCommand {
    static let command = Command(
        "wallet", "Make, list, import, export and use wallets.",
        discussion: """
            A wallet is a keystore file (Web3 secret storage, version 3) under HOME/wallets, which geth, MetaMask and
            eth-account open too.
            """,
        subcommands: [new, list, importing, export, sign])

    private static let name = Positional("name", "the wallet's name")
    private static let light = Option.flag("light", "derive the key in milliseconds, not a second; for development")

    private static let new = Command(
        "new", "Make a wallet.",
        options: [.flag("mnemonic", "make a 12-word mnemonic too, print it once, and use its first account"), light]
            + Password.options + [Shared.home, Shared.json],
        positionals: [name]
    ) { values in
        let (console, name) = (Shared.console(values), values.positionals[0])
        let mnemonic = values.flag("mnemonic") ? Mnemonic.random() : nil
        let key = try mnemonic?.key() ?? PrivateKey.random()
        try keep(key, name: name, values)
        console.say("wallet '\(name)' has the address \(key.address.checksummed)")
        var result: JSONObject = ["name": .string(name), "address": .string(key.address.checksummed)]
        if let mnemonic {
            console.say("its mnemonic, shown this once; write it down and show it to nobody:")
            console.say("  \(mnemonic.phrase)")
            result["mnemonic"] = .string(mnemonic.phrase)
        }
        console.finish(.object(result))
    }

    private static let list = Command("list", "List the wallets.", options: [Shared.home, Shared.json]) { values in
        let console = Shared.console(values)
        let entries = try Shared.workspace(values).wallets.list()
        if entries.isEmpty { console.say("no wallets; make one with 'cairn wallet new NAME'") }
        let width = entries.map(\.name.count).max() ?? 0
        for entry in entries {
            let padding = String(repeating: " ", count: width - entry.name.count)
            console.say("\(entry.name)\(padding)  \(entry.address?.checksummed ?? "(the file states no address)")")
        }
        console.finish([
            "wallets": .array(
                entries.map {
                    ["name": .string($0.name), "address": $0.address.map { .string($0.checksummed) } ?? .null]
                })
        ])
    }

    private static let importing = Command(
        "import", "Take over a key from a keystore file, a private key or a mnemonic.",
        options: KeySource.options + [light] + Password.options + [Shared.home, Shared.json],
        positionals: [name]
    ) { values in
        let (console, name) = (Shared.console(values), values.positionals[0])
        let address: Address
        switch try KeySource.read(values) {
        case .keystore(let keystore):
            let key = try keystore.decrypt(password: try Password.read(values, for: name))
            try Shared.workspace(values).wallets.add(keystore, name: name)
            address = key.address
        case .key(let key):
            try keep(key, name: name, values)
            address = key.address
        case nil: throw values.error("give exactly one of --keystore, --private-key-file and --mnemonic-file")
        }
        console.say("wallet '\(name)' has the address \(address.checksummed)")
        console.finish(["name": .string(name), "address": .string(address.checksummed)])
    }

    private static let export = Command(
        "export", "Print a wallet: its keystore, or its private key.",
        options: [.flag("private-key", "print the bare private key; whoever sees it owns the wallet")]
            + Password.options + [Shared.home, Shared.json],
        positionals: [name]
    ) { values in
        let (console, name) = (Shared.console(values), values.positionals[0])
        let store = Shared.workspace(values).wallets
        if values.flag("private-key") {
            let key = try store.key(name, password: try Password.read(values, for: name))
            console.say(key.secretBytes.hex0x)
            console.finish(["name": .string(name), "privateKey": .string(key.secretBytes.hex0x)])
        } else {
            let keystore = try store.keystore(name)
            console.say(keystore.json.prettyText)
            console.finish(["name": .string(name), "keystore": keystore.json])
        }
    }

    private static let sign = Command(
        "sign", "Sign a message or typed data.",
        options: [
            .value("message", "text", "sign this text (EIP-191, as eth_sign and personal_sign do)"),
            .value("typed-data", "file", "sign the EIP-712 typed data in this JSON file"),
        ] + Password.options + [Shared.home, Shared.json],
        positionals: [name]
    ) { values in
        let (console, name) = (Shared.console(values), values.positionals[0])
        let hash: Hash32
        switch (values.string("message"), values.string("typed-data")) {
        case (let text?, nil): hash = PersonalMessage.hash(Array(text.utf8))
        case (nil, let file?): hash = try TypedData(json: try JSON(parsing: try Files.read(file))).hash()
        default: throw values.error("give either --message or --typed-data")
        }
        let key = try Shared.workspace(values).wallets.key(name, password: try Password.read(values, for: name))
        let signature = key.sign(hash)
        console.say(signature.bytes.hex0x)
        console.finish([
            "address": .string(key.address.checksummed), "hash": .string(hash.hex0x),
            "signature": .string(signature.bytes.hex0x),
        ])
    }

    /// Encrypts a key under a new name, asking for its password.
    private static func keep(_ key: PrivateKey, name: String, _ values: Values) throws {
        let password = try Password.read(values, for: name, isNew: true)
        try Shared.workspace(values).wallets.add(
            key, name: name, password: password, derivation: values.flag("light") ? .light : .standard)
    }
}
