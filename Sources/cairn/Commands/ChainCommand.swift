import Arguments
import Bytes
import Crypto
import Devchain
import EVM
import Ethereum
import HTTP
import JSON
import Ledger
import Node
import Workspace

/// `cairn chain`: the embedded Ethereum chain as an endpoint for any client.
enum ChainCommand {
    static let command = Command(
        "chain", "Run, check and move the embedded Ethereum chain; read any Ethereum.",
        subcommands: [run, verify, ChainTransferCommands.export, ChainTransferCommands.import]
            + ChainReadCommands.commands + [ChainWatchCommand.command])

    private static let run = Command(
        "run", "Serve an Ethereum chain over JSON-RPC until Ctrl-C.",
        discussion: """
            Every block is on disk (HOME/chain) before its receipt is shown, so the chain survives kill -9 and goes on
            when this is run again. It is one sequencer, for development and for one site; parties that must not trust
            one machine run a real Ethereum network and give its URL to every command instead.
            """,
        options: [
            .value("host", "address", "where to listen", default: "127.0.0.1"),
            .value("port", "n", "0 takes a free port", default: "8545"),
            .value("chain-id", "n", "EIP-155 chain id of a new chain", default: "31337"),
            .value("fork", "name", "rules: cancun, prague, osaka", default: "prague"),
            .value("accounts", "n", "how many accounts to fund and hold", default: "10"),
            .value("balance", "ether", "what each of them begins with", default: "10000"),
            .value(
                "mnemonic", "words", "whose accounts to fund, at m/44'/60'/0'/0/i", default: DevelopmentAccounts.phrase),
            .values("fund", "address", "give this account the same balance in a new chain"),
            .value("gas-limit", "gas", "of a block", default: "60000000"),
            .value("block-time", "seconds", "make a block every so often instead of at once"),
            .flag("no-mining", "make blocks only when asked (needs --developer)"),
            .flag("developer", "answer evm_, anvil_ and hardhat_ methods; on loopback only"),
            .values("allow-origin", "origin", "a web page that may call, such as https://app.example; * for all"),
            .values("allow-host", "name", "a name under which the node may be addressed; * for all"),
            .flag("in-memory", "keep nothing on disk"), Shared.home, Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let keys = try DevelopmentAccounts.keys(
            phrase: try values.required("mnemonic"), count: try values.integer("accounts", in: 0...1000) ?? 10)
        let chain = try Devchain(try chainConfiguration(values, accounts: keys))
        let node = Node(chain: chain, configuration: try nodeConfiguration(values, accounts: keys))
        do throws(HTTPError) { try node.start() } catch {
            await chain.close()
            throw Failure(.badInput, error.message)
        }
        announce(console, node: node, chain: chain, keys: keys)
        await Interruption.wait()
        console.say("stopping: finishing what is under way")
        await node.stop()
        await chain.close()
        console.finish(["block": JSON(chain.head.header.number), "head": .string(chain.head.hash.hex0x)])
    }

    private static let verify = Command(
        "verify", "Execute and hash the stored chain again from genesis.",
        discussion:
            "Names the first byte that is wrong: block, row, transaction and sender. Exit code 1 where there is one.",
        options: [Shared.home, Shared.json]
    ) { values in
        let console = Shared.console(values)
        var bar = ProgressBar("blocks", total: 1)
        let report = try Devchain.verify(path: Shared.workspace(values).chainDatabase) { done, total in
            if bar.total != Int(total) { bar = ProgressBar("blocks", total: Int(total)) }
            bar.update(Int(done))
        }
        var result: JSONObject = [
            "blocks": JSON(report.blocks), "transactions": .integer(Int64(report.transactions)),
            "gasUsed": JSON(report.gasUsed), "head": .string(report.head.hex0x), "fault": .null,
        ]
        if let fault = report.fault {
            result["fault"] = .string("\(fault)")
            console.finish(.object(result))
            throw Failure(.refused, "\(fault)")
        }
        console.say("\(report.blocks) blocks with \(report.transactions) transactions are as they were made")
        console.say("head \(report.head)")
        console.finish(.object(result))
    }

    private static func chainConfiguration(_ values: Values, accounts: [PrivateKey]) throws -> DevchainConfiguration {
        var configuration = DevchainConfiguration()
        if !values.flag("in-memory") {
            let workspace = Shared.workspace(values)
            try workspace.prepareChain()
            configuration.path = workspace.chainDatabase
        }
        configuration.chainID = UInt64(try values.integer("chain-id", in: 1...Int.max) ?? 31337)
        guard let fork = Fork(name: try values.choice("fork", of: ["cancun", "prague", "osaka"]) ?? "prague") else {
            throw values.error("--fork takes cancun, prague or osaka")
        }
        configuration.fork = fork
        configuration.gasLimit = UInt64(try values.integer("gas-limit", in: 5000...(1 << 53)) ?? 60_000_000)
        let ether = try values.integer("balance", in: 0...1_000_000_000) ?? 10_000
        let balance = U256(UInt64(ether)) * U256(1_000_000_000_000_000_000 as UInt64)
        for key in accounts { configuration.genesis[key.address] = GenesisAccount(balance: balance) }
        for text in values.strings("fund") {
            configuration.genesis[try ModelCommand.address(text, option: "fund", values)] = GenesisAccount(
                balance: balance)
        }
        if let seconds = try values.integer("block-time", in: 1...86_400) {
            configuration.mining = .interval(seconds: UInt64(seconds))
        }
        if values.flag("no-mining") {
            guard values.flag("developer") else {
                throw values.error("--no-mining needs --developer, to ask for blocks")
            }
            configuration.mining = .manual
        }
        return configuration
    }

    private static func nodeConfiguration(_ values: Values, accounts: [PrivateKey]) throws -> NodeConfiguration {
        var configuration = NodeConfiguration()
        configuration.host = values.string("host") ?? "127.0.0.1"
        configuration.port = UInt16(try values.integer("port", in: 0...65535) ?? 8545)
        configuration.developer = values.flag("developer")
        let isLoopback = ["localhost", "::1"].contains(configuration.host) || configuration.host.hasPrefix("127.")
        configuration.accounts = isLoopback ? accounts : []
        configuration.allowedOrigins = values.strings("allow-origin")
        configuration.allowedHosts = values.strings("allow-host")
        return configuration
    }

    private static func announce(_ console: Console, node: Node, chain: Devchain, keys: [PrivateKey]) {
        for (index, key) in keys.prefix(20).enumerated() {
            console.say("(\(index)) \(key.address.checksummed)")
        }
        if !keys.isEmpty {
            console.say("funded from the development mnemonic: these keys are public, use them for tests only")
        }
        let configuration = chain.configuration
        console.say("chain \(configuration.chainID), \(configuration.fork) rules, block \(chain.head.header.number)")
        console.say("listening on http://\(node.configuration.host):\(node.port)")
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
