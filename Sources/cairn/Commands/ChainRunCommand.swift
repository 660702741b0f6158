import Arguments
import Bytes
import Crypto
import Devchain
import Ethereum
import HTTP
import JSON
import Ledger
import Node
import Storage
import Workspace

/// `cairn chain run`: the embedded chain as an endpoint.
enum ChainRunCommand {
    static let command = Command(
        "run", "Serve an Ethereum chain over JSON-RPC until Ctrl-C.",
        discussion: """
            Every block is on disk (HOME/chain) before its receipt is shown, so the chain survives kill -9 and goes on
            when this is run again. It is one sequencer, for development and for one site; parties that must not trust
            one machine run a real Ethereum network and give its URL to every command instead.
            """,
        options: [
            .value("host", "address", "where to listen", default: "127.0.0.1"),
            .value("port", "n", "0 takes a free port", default: "8545"),
        ] + ChainGenesis.options + [
            .value("block-time", "seconds", "make a block every so often instead of at once"),
            .flag("no-mining", "make blocks only when asked (needs --developer)"),
            .flag("developer", "answer evm_, anvil_ and hardhat_ methods; on loopback only"),
            .values("allow-origin", "origin", "a web page that may call, such as https://app.example; * for all"),
            .values("allow-host", "name", "a name under which the node may be addressed; * for all"),
            .value("client-version", "text", "what web3_clientVersion says; some tools go by it"),
            .flag("in-memory", "keep nothing on disk"),
            .value("load-state", "file", "put the accounts of anvil's state JSON into the chain first"),
            .value("dump-state", "file", "write the state as anvil's JSON at the end"),
            .value("state", "file", "load this state JSON if it is there, and write it at the end"),
            .flag("silent", "say nothing but where it listens"), Shared.home, Shared.json,
        ], foreign: optionsElsewhere
    ) { values in
        // This process does nothing else: what a large request needed is not wanted again soon.
        _ = ProcessMemory.returnsLargeBlocks
        let console = Shared.console(values)
        let keys = try ChainGenesis.accounts(values)
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

    private static func chainConfiguration(_ values: Values) throws -> DevchainConfiguration {
        var path: String?
        if !values.flag("in-memory") {
            let workspace = Shared.workspace(values)
            try workspace.prepareChain()
            path = workspace.chainDatabase
        }
        var configuration = try ChainGenesis.configuration(values, path: path)
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
        if let version = values.string("client-version") { configuration.clientVersion = version }
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
