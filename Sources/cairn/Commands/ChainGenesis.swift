import Arguments
import Bytes
import Crypto
import Devchain
import EVM
import Ethereum

/// The options that shape a new chain.
enum ChainGenesis {
    /// What shapes a new chain; one that is there must have been made with the same.
    static let options: [Option] = [
        .value("chain-id", "n", "EIP-155 chain id of a new chain", default: "31337"),
        .value("fork", "name", "rules: cancun, prague, osaka", default: "prague"),
        .value("hardfork", "name", "the same, as anvil calls it"),
        .value("accounts", "n", "how many accounts to fund and hold", default: "10"),
        .value("balance", "ether", "what each of them begins with", default: "10000"),
        .value(
            "mnemonic", "words", "whose accounts to fund, at m/44'/60'/0'/0/i", default: DevelopmentAccounts.phrase),
        .values("fund", "address", "give this account the same balance in a new chain"),
        .value("gas-limit", "gas", "of a block", default: "60000000"),
        .value("base-fee", "wei", "of the first block of a new chain", default: "1000000000"),
        .value("block-base-fee-per-gas", "wei", "the same, as anvil calls it"),
        .value("timestamp", "seconds", "of the first block of a new chain (default: now)"),
    ]

    /// The development accounts that the options ask for.
    static func accounts(_ values: Values) throws -> [PrivateKey] {
        try DevelopmentAccounts.keys(
            phrase: try values.required("mnemonic"), count: try values.integer("accounts", in: 0...1000) ?? 10)
    }

    /// The chain that `options` describe.
    ///
    /// - Parameter path: its file; nil keeps it in memory.
    static func configuration(_ values: Values, path: String?) throws -> DevchainConfiguration {
        var configuration = DevchainConfiguration()
        configuration.path = path
        configuration.chainID = UInt64(try values.integer("chain-id", in: 1...Int.max) ?? 31337)
        let name = values.string("hardfork")?.lowercased() ?? values.string("fork")?.lowercased() ?? "prague"
        guard let fork = Fork(name: name == "latest" ? "osaka" : name), fork >= .cancun else {
            throw values.error("--fork and --hardfork take cancun, prague or osaka; '\(name)' is none of them")
        }
        configuration.fork = fork
        configuration.gasLimit = UInt64(try values.integer("gas-limit", in: 5000...(1 << 53)) ?? 60_000_000)
        let baseFee = values.string("block-base-fee-per-gas") == nil ? "base-fee" : "block-base-fee-per-gas"
        if let fee = try values.integer(baseFee, in: 0...(1 << 53)) {
            configuration.initialBaseFeePerGas = U256(UInt64(fee))
        }
        if let time = try values.integer("timestamp", in: 0...(1 << 40)) {
            configuration.genesisTimestamp = UInt64(time)
        }
        let ether = try values.integer("balance", in: 0...1_000_000_000) ?? 10_000
        let balance = U256(UInt64(ether)) * U256(1_000_000_000_000_000_000 as UInt64)
        for key in try accounts(values) { configuration.genesis[key.address] = GenesisAccount(balance: balance) }
        for text in values.strings("fund") {
            configuration.genesis[try ModelCommand.address(text, option: "fund", values)] = GenesisAccount(
                balance: balance)
        }
        return configuration
    }
}

/// The accounts that development chains fund by custom.
enum DevelopmentAccounts {
    static let phrase = "test test test test test test test test test test test junk"

    static func keys(phrase: String, count: Int) throws -> [PrivateKey] {
        let mnemonic = try Mnemonic(parsing: phrase)
        return try (0..<count).map { try mnemonic.key(account: UInt32($0)) }
    }
}
