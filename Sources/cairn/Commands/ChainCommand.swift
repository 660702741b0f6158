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
import Storage
import Workspace

/// `cairn chain`: the embedded Ethereum chain as an endpoint for any client.
enum ChainCommand {
    static let command = Command(
        "chain", "Run, check and move the embedded Ethereum chain; read any Ethereum.",
        subcommands: [run, verify, ChainTransferCommands.export, ChainTransferCommands.import]
            + ChainReadCommands.commands + [ChainWatchCommand.command])

    /// What shapes a new chain; one that is there must have been made with the same.
    static let genesisOptions: [Option] = [
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
        ] + genesisOptions + [
            .value("block-time", "seconds", "make a block every so often instead of at once"),
            .flag("no-mining", "make blocks only when asked (needs --developer)"),
            .flag("developer", "answer evm_, anvil_ and hardhat_ methods; on loopback only"),
            .values("allow-origin", "origin", "a web page that may call, such as https://app.example; * for all"),
            .values("allow-host", "name", "a name under which the node may be addressed; * for all"),
            .flag("in-memory", "keep nothing on disk"),
            .value("load-state", "file", "put the accounts of anvil's state JSON into the chain first"),
            .value("dump-state", "file", "write the state as anvil's JSON at the end"),
            .value("state", "file", "load this state JSON if it is there, and write it at the end"),
            .flag("silent", "say nothing but where it listens"), Shared.home, Shared.json,
        ], foreign: optionsElsewhere
    ) { values in
        let console = Shared.console(values)
        let keys = try accounts(values)
        let chain = try Devchain(try chainConfiguration(values))
        do { try await loadState(values, into: chain, console) } catch {
            await chain.close()
            throw error
        }
        let node = Node(chain: chain, configuration: try nodeConfiguration(values, accounts: keys))
        do throws(HTTPError) { try node.start() } catch {
            await chain.close()
            throw Failure(.badInput, error.message)
        }
        let interruption = Interruption.listen()
        try announce(console, node: node, chain: chain, keys: values.flag("silent") ? [] : keys)
        await interruption.wait()
        console.say("stopping: finishing what is under way")
        await node.stop()
        if let file = values.string("dump-state") ?? values.string("state") {
            let file = ChainTransferCommands.stateFile(file)
            try chain.dumpState(to: file)
            console.say("the state is in \(file)")
        }
        await chain.close()
        let head = try chain.head
        console.finish(["block": JSON(head.header.number), "head": .string(head.hash.hex0x)])
    }

    /// Options of anvil, geth, Hardhat and Ganache that this command does without.
    private static let optionsElsewhere: [String: String] = {
        var advice = [
            "fork-url": "this chain is no fork of another one; export a state there and give it as --load-state",
            "dev": "it is a chain for development as it is", "datadir": "give the folder as --home",
            "http.port": "give it as --port", "ws.port": "WebSocket answers on the same --port",
            "http.addr": "give it as --host", "ws.addr": "WebSocket answers on the same --host",
            "http.corsdomain": "give it as --allow-origin", "allow-origins": "give it as --allow-origin",
            "http.vhosts": "give it as --allow-host", "ws.origins": "give it as --allow-origin",
            "http.api": "all standard namespaces are on; --developer adds evm_, anvil_ and hardhat_",
            "ws.api": "all standard namespaces are on; --developer adds evm_, anvil_ and hardhat_",
            "networkid": "give it as --chain-id", "dev.period": "give it as --block-time",
            "quiet": "give --silent", "no-mine": "give --no-mining with --developer",
            "auto-impersonate": "give --developer and call anvil_autoImpersonateAccount",
            "mnemonic-seed-unsafe": "give the words as --mnemonic",
            "init": "give the accounts as --load-state, in anvil's state JSON",
        ]
        for name in ["http", "ws", "rpc"] { advice[name] = "JSON-RPC over HTTP and WebSocket is always on" }
        return advice
    }()

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

    private static func loadState(_ values: Values, into chain: Devchain, _ console: Console) async throws {
        let given = ["load-state", "dump-state"].compactMap { values.string($0) }
        guard values.string("state") == nil || given.isEmpty else {
            throw values.error("--state is --load-state and --dump-state in one; give it alone")
        }
        if let file = values.string("load-state") {
            _ = try await ChainTransferCommands.load(ChainTransferCommands.stateFile(file), into: chain, console)
        } else if let file = values.string("state").map(ChainTransferCommands.stateFile), Files.exists(file) {
            _ = try await ChainTransferCommands.load(file, into: chain, console)
        }
    }

    /// The development accounts that the options ask for.
    private static func accounts(_ values: Values) throws -> [PrivateKey] {
        try DevelopmentAccounts.keys(
            phrase: try values.required("mnemonic"), count: try values.integer("accounts", in: 0...1000) ?? 10)
    }

    /// The chain that `genesisOptions` describe.
    ///
    /// - Parameter path: its file; nil keeps it in memory.
    static func genesis(_ values: Values, path: String?) throws -> DevchainConfiguration {
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

    private static func chainConfiguration(_ values: Values) throws -> DevchainConfiguration {
        var path: String?
        if !values.flag("in-memory") {
            let workspace = Shared.workspace(values)
            try workspace.prepareChain()
            path = workspace.chainDatabase
        }
        var configuration = try genesis(values, path: path)
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

    private static func announce(_ console: Console, node: Node, chain: Devchain, keys: [PrivateKey]) throws(ChainError)
    {
        for (index, key) in keys.prefix(20).enumerated() {
            console.say("(\(index)) \(key.address.checksummed)")
        }
        if !keys.isEmpty {
            console.say("funded from the development mnemonic: these keys are public, use them for tests only")
        }
        let configuration = chain.configuration
        let head = try chain.head.header.number
        console.say("chain \(configuration.chainID), \(configuration.fork) rules, block \(head)")
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
