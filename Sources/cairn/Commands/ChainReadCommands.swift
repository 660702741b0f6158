import Arguments
import Bytes
import ChainClient
import Ethereum
import JSON
import Ledger
import Stateless

/// `cairn chain balance`, `nonce`, `code`, `storage`, `call` and `block`: any Ethereum's state, proved where a block hash is
/// trusted.
enum ChainReadCommands {
    static let commands = [balance, nonce, code, storage, call, block]

    private static let address = Positional("address", "an account")
    private static let options: [Option] =
        [
            .value("block", "block", "a number, a hash, or latest, earliest, safe, finalized", default: "latest")
        ] + Endpoint.options + [Shared.json]

    private static let balance = Command(
        "balance", "Show how much ether an account has.", discussion: Endpoint.trust, options: options,
        positionals: [address]
    ) { values in
        let (chain, tag, who) = (try Endpoint.chain(values), try blockTag(values), try account(values))
        let wei = try await chain.balance(of: who, at: tag)
        let console = Shared.console(values)
        console.say(Amount.text(wei))
        console.finish(["address": .string(who.checksummed), "balanceWei": .string("\(wei)")])
    }

    private static let nonce = Command(
        "nonce", "Show how many transactions an account has sent.", discussion: Endpoint.trust, options: options,
        positionals: [address]
    ) { values in
        let (chain, tag, who) = (try Endpoint.chain(values), try blockTag(values), try account(values))
        let nonce = try await chain.nonce(of: who, at: tag)
        let console = Shared.console(values)
        console.say("\(nonce)")
        console.finish(["address": .string(who.checksummed), "nonce": JSON(nonce)])
    }

    private static let code = Command(
        "code", "Show a contract's code.", discussion: Endpoint.trust, options: options, positionals: [address]
    ) { values in
        let (chain, tag, who) = (try Endpoint.chain(values), try blockTag(values), try account(values))
        let code = try await chain.code(of: who, at: tag)
        let console = Shared.console(values)
        console.say(code.hex0x)
        console.finish(["address": .string(who.checksummed), "code": .string(code.hex0x)])
    }

    private static let storage = Command(
        "storage", "Show a storage slot of a contract.", discussion: Endpoint.trust, options: options,
        positionals: [address, Positional("slot", "a number, decimal or 0x-hexadecimal")]
    ) { values in
        let (chain, tag, who) = (try Endpoint.chain(values), try blockTag(values), try account(values))
        let text = values.positionals[1]
        guard let slot = U256(text) else { throw values.error("'\(text)' is no slot; it is a number below 2^256") }
        let value = try await chain.storage(of: who, slot: slot, at: tag)
        let console = Shared.console(values)
        console.say(value.hex0x)
        console.finish(["address": .string(who.checksummed), "slot": .string("\(slot)"), "value": .string(value.hex0x)])
    }

    private static let call = Command(
        "call", "Call a contract and show what it returns; nothing of it stays.",
        discussion: """
            With --trust-block the call is executed here, on state that comes with proofs, so that the endpoint can make
            nothing up.
            """,
        options: [
            .value("data", "hex", "the calldata", default: "0x"), .value("from", "address", "who calls"),
            .value("value", "amount", "what comes with it", default: "0"),
        ] + options, positionals: [address]
    ) { values in
        let (chain, tag, who) = (try Endpoint.chain(values), try blockTag(values), try account(values))
        guard let data = try? [UInt8](hex: values.string("data") ?? "0x") else {
            throw values.error("--data is '\(values.string("data") ?? "")', which is no hexadecimal")
        }
        let from = try values.string("from").map { try ModelCommand.address($0, option: "from", values) }
        let message = CallMessage(from: from, to: who, value: try Amount.wei("value", values) ?? .zero, data: data)
        let output = try await chain.call(message, at: tag)
        let console = Shared.console(values)
        console.say(output.hex0x)
        console.finish(["output": .string(output.hex0x)])
    }

    private static let block = Command(
        "block", "Show a block's number, hash, time and transactions.", discussion: Endpoint.trust, options: options
    ) { values in
        let (chain, tag) = (try Endpoint.chain(values), try blockTag(values))
        guard let block = try await chain.block(at: tag) else {
            throw Failure(.badInput, "there is no block \(values.string("block") ?? "")")
        }
        let console = Shared.console(values)
        console.say("block \(block.header.number) with hash \(block.hash)")
        console.say("time \(block.header.timestamp), \(block.header.gasUsed) gas")
        for transaction in block.transactions {
            console.say("  \(transaction.hash) by \(transaction.sender.checksummed)")
        }
        console.finish([
            "number": JSON(block.header.number), "hash": .string(block.hash.hex0x),
            "timestamp": JSON(block.header.timestamp), "stateRoot": .string(block.header.stateRoot.hex0x),
            "transactions": .array(block.transactions.map { .string($0.hash.hex0x) }),
        ])
    }

    private static func account(_ values: Values) throws -> Address {
        let text = values.positionals[0]
        do { return try Address(checkedText: text) } catch { throw values.error("'\(text)' is no address: \(error)") }
    }

    private static func blockTag(_ values: Values) throws -> BlockTag {
        let text = values.string("block") ?? "latest"
        switch text {
        case "latest": return .latest
        case "earliest": return .earliest
        case "pending": return .pending
        case "safe": return .safe
        case "finalized": return .finalized
        default: break
        }
        if text.hasPrefix("0x"), text.count == 66, let hash = try? Hash32(hex: text) { return .hash(hash) }
        guard let number = U256(text)?.asUInt64 else {
            throw values.error("--block is '\(text)'; it takes a number, a hash, latest, earliest, safe or finalized")
        }
        return .number(number)
    }
}

/// The chain that a reading command asks.
enum Endpoint {
    static let trust = """
        With --trust-block every answer is checked against that block's hash by Merkle proofs; a false one is named and
        ends the command.
        """

    static let url = Option.value(
        "chain", "url", "JSON-RPC endpoint of any Ethereum node, http(s) or ws(s)", default: "http://127.0.0.1:8545",
        environment: "CAIRN_CHAIN")
    static let trustBlock = Option.value(
        "trust-block", "hash", "believe this block alone, and check every answer of the endpoint against it")
    static let options = [url, trustBlock]

    /// Whether the endpoint's address is one of this machine's own.
    static func isOnThisMachine(_ values: Values) -> Bool {
        let url = values.string("chain") ?? ""
        let host = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return ["localhost", "127.", "[::1]"].contains { host.hasPrefix($0) }
    }

    static func chain(_ values: Values) throws -> any Chain {
        var policy = ClientPolicy()
        policy.notice = { Console.complain($0) }
        let client = ChainClient(url: try values.required("chain"), policy: policy)
        guard let text = values.string("trust-block") else { return client }
        guard let hash = try? Hash32(hex: text) else {
            throw values.error("--trust-block is '\(text)'; it takes a block's hash, 64 hexadecimal digits")
        }
        return TrustedChain(client: client, block: hash, executor: StatelessExecutor())
    }
}
