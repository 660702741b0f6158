import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import HTTP
import JSON
import Ledger
import Node
import Stateless
import Synchronization

/// Two contracts, an account and a few blocks, behind an endpoint that may lie.
struct World: Sendable {
    static let reader = Address(number: 0xaaaa)
    static let library = Address(number: 0xbbbb)
    static let rich = Address(number: 0xcccc)
    static let nobody = Address(number: 0xdddd)

    let chain: Devchain
    private let node: Node
    private let front: HTTPServer
    let endpoint: Endpoint

    static func make() async throws -> World {
        let key = try PrivateKey(Hash32(0, 0, 0, 7))
        var configuration = DevchainConfiguration()
        configuration.genesis[key.address] = GenesisAccount(balance: U256(1) << 80)
        configuration.genesis[rich] = GenesisAccount(balance: 123_456_789)
        configuration.genesis[reader] = GenesisAccount(
            balance: 77, nonce: 1, code: Programs.reader, storage: [0: 5, 5: 9, 9: 1234])
        configuration.genesis[library] = GenesisAccount(
            balance: 0, nonce: 1, code: Programs.library, storage: [1: 0xfeed, 2: 0xbeef])
        let chain = try Devchain(configuration)
        var settings = NodeConfiguration()
        settings.port = 0
        let node = Node(chain: chain, configuration: settings)
        try node.start()
        let sender = TransactionSender(chain: chain, key: key)
        for number in 1...4 { _ = try await sender.send(to: rich, value: U256(number)) }
        let endpoint = Endpoint(behind: "http://127.0.0.1:\(node.port)")
        let front = HTTPServer(configuration: .init(), handler: endpoint)
        try front.start()
        return World(chain: chain, node: node, front: front, endpoint: endpoint)
    }

    /// The chain as somebody sees it who trusts its newest block alone.
    func trusted(_ executor: StatelessExecutor = StatelessExecutor()) throws -> TrustedChain {
        TrustedChain(
            client: ChainClient(url: "http://127.0.0.1:\(front.port)"), block: try chain.head.hash, executor: executor)
    }

    func close() async {
        await front.stop()
        await node.stop()
        await chain.close()
    }
}

/// Passes requests on, counts them, and alters the results that a test names.
final class Endpoint: HTTPHandler {
    typealias Lie = @Sendable (JSON) -> JSON?

    private let url: String
    private let http = HTTPClient()
    private let lies = Mutex<[String: Lie]>([:])
    private let asked = Mutex<[String: Int]>([:])

    init(behind url: String) { self.url = url }

    /// Alters the result of a method; nil makes it an error.
    func lie(_ method: String, _ change: @escaping Lie) { lies.withLock { $0 = [method: change] } }
    func count(of method: String) -> Int { asked.withLock { $0[method] ?? 0 } }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let wanted = HTTPClient.Request(
            method: "POST", url: url, headers: ["Content-Type": "application/json"], body: request.body)
        guard let answer = try? await http.send(wanted), let question = try? JSON(parsing: request.body),
            let json = try? JSON(parsing: answer.body)
        else { return HTTPResponse(type: "application/json", bytes: []) }
        guard case .array(let questions) = question, case .array(let answers) = json else {
            return HTTPResponse(type: "application/json", bytes: altered(json, to: question).bytes)
        }
        let list = zip(questions, answers).map { altered($1, to: $0) }
        return HTTPResponse(type: "application/json", bytes: JSON.array(list).bytes)
    }

    private func altered(_ answer: JSON, to question: JSON) -> JSON {
        let method = question["method"]?.stringValue ?? ""
        asked.withLock { $0[method, default: 0] += 1 }
        guard let lie = lies.withLock({ $0[method] }), case .object(var object) = answer,
            let result = object["result"]
        else { return answer }
        if let change = lie(result) {
            object["result"] = change
        } else {
            object = [
                "jsonrpc": "2.0", "id": object["id"] ?? .null,
                "error": ["code": -32601, "message": "the method does not exist"],
            ]
        }
        return .object(object)
    }
}

/// Bytecode.
enum Programs {
    /// Returns what every instruction sees that reads something outside the call, a word each; with calldata it reverts
    /// with that calldata.
    static let reader: [UInt8] = {
        var code: [UInt8] = []
        var words = 0
        func push(_ value: UInt64) {
            code += [0x67]  // PUSH8
            code += (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
        }
        /// Keeps the top of the stack.
        func keep() {
            push(UInt64(32 * words))
            code.append(0x52)  // MSTORE
            words += 1
        }
        code += [0x36, 0x15, 0x60, 13, 0x57]  // if CALLDATASIZE is not 0:
        code += [0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xfd, 0x00]  // CALLDATACOPY, REVERT
        code += [0x5b]  // JUMPDEST at 13
        code += [0x5f, 0x54, 0x54, 0x54]  // SLOAD(SLOAD(SLOAD(0)))
        keep()
        code += [0x60, 99, 0x54]  // an empty slot
        keep()
        for opcode: UInt8 in [0x31, 0x3b, 0x3f] {  // BALANCE, EXTCODESIZE, EXTCODEHASH
            for target: UInt64 in [0xaaaa, 0xbbbb, 0xcccc, 0xdddd] {
                push(target)
                code.append(opcode)
                keep()
            }
        }
        for back: UInt8 in [1, 2, 4, 9] {
            code += [0x60, back, 0x43, 0x03, 0x40]  // BLOCKHASH(NUMBER - back)
            keep()
        }
        // COINBASE, TIMESTAMP, NUMBER, PREVRANDAO, GASLIMIT, CHAINID, SELFBALANCE, BASEFEE, CALLER, ORIGIN
        for opcode: UInt8 in [0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x33, 0x32] {
            code.append(opcode)
            keep()
        }
        for call: UInt8 in [0xf1, 0xf4, 0xfa] {  // CALL, DELEGATECALL, STATICCALL to the library
            push(0)  // room for the result
            keep()
            push(32)
            push(UInt64(32 * (words - 1)))
            push(0)
            push(0)
            if call == 0xf1 { push(0) }
            push(0xbbbb)
            code += [0x5a, call]
            keep()
        }
        push(UInt64(32 * words))
        code += [0x5f, 0xf3]  // RETURN
        return code
    }()

    /// Returns slot 1 plus slot 2.
    static let library: [UInt8] = [
        0x60, 1, 0x54, 0x60, 2, 0x54, 0x01, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3,
    ]
}
