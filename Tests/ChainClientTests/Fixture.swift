import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import HTTP
import JSON
import Ledger
import Node
import Synchronization
import Testing

/// An embedded chain with some history, the same chain behind JSON-RPC, and a contract on it.
struct Fixture: Sendable {
    let chain: Devchain
    let node: Node
    let client: ChainClient
    let key: PrivateKey
    let contract: Address

    static func make() async throws -> Fixture {
        let key = try PrivateKey(Hash32(0, 0, 0, 7))
        var configuration = DevchainConfiguration()
        configuration.chainID = 1337
        configuration.genesis[key.address] = GenesisAccount(balance: U256(1_000_000) * U256(1_000_000_000_000_000_000))
        let chain = try Devchain(configuration, clock: ManualClock(1_700_000_000))
        var settings = NodeConfiguration()
        settings.port = 0
        let node = Node(chain: chain, configuration: settings)
        try node.start()
        var policy = ClientPolicy()
        policy.firstPause = .milliseconds(1)
        let client = ChainClient(url: "http://127.0.0.1:\(node.port)", policy: policy)
        let sender = TransactionSender(chain: client, key: key)
        let receipt = try await sender.send(to: nil, data: Contract.initCode)
        let contract = try #require(receipt.contractAddress)
        for number in 1...5 {
            _ = try await sender.send(to: contract, value: U256(number), data: U256(number * 11).bytes)
        }
        return Fixture(chain: chain, node: node, client: client, key: key, contract: contract)
    }

    func close() async {
        await node.stop()
        await chain.close()
    }
}

/// A contract of a few instructions: with calldata it stores the first word in slot 0, logs it under two topics and
/// returns it; without, it reverts with Error("hi").
enum Contract {
    static let runtime: [UInt8] = {
        var code = Assembler()
        code.op(0x36)  // CALLDATASIZE
        let jump = code.pushPlaceholder()
        code.op(0x57)  // JUMPI
        let error: [UInt8] =
            [0x08, 0xc3, 0x79, 0xa0] + U256(32).bytes + U256(2).bytes + [0x68, 0x69] + [UInt8](repeating: 0, count: 30)
        for offset in stride(from: 0, to: error.count, by: 32) {
            let word = Array(error[offset..<min(offset + 32, error.count)])
            code.push(word + [UInt8](repeating: 0, count: 32 - word.count))
            code.push([UInt8(offset)])
            code.op(0x52)  // MSTORE
        }
        code.push([UInt8(error.count)])
        code.push([0])
        code.op(0xfd)  // REVERT
        code.fill(jump)
        code.op(0x5b)  // JUMPDEST
        code.push([0])
        code.op(0x35, 0x80)  // CALLDATALOAD DUP1
        code.push([0])
        code.op(0x55)  // SSTORE
        code.push([0])
        code.op(0x52)  // MSTORE
        code.op(0x33)  // CALLER
        code.push([0xaa])
        code.push([32])
        code.push([0])
        code.op(0xa2)  // LOG2
        code.push([32])
        code.push([0])
        code.op(0xf3)  // RETURN
        return code.bytes
    }()

    /// Returns the runtime code.
    static let initCode: [UInt8] = {
        var code = Assembler()
        code.push([UInt8(runtime.count >> 8), UInt8(runtime.count & 255)])
        code.op(0x80)  // DUP1
        code.push([0, 13])
        code.push([0])
        code.op(0x39)  // CODECOPY
        code.push([0])
        code.op(0xf3)  // RETURN
        return code.bytes + runtime
    }()
}

/// Writes bytecode.
struct Assembler {
    var bytes: [UInt8] = []

    mutating func op(_ codes: UInt8...) { bytes += codes }
    mutating func push(_ data: [UInt8]) { bytes += [0x5f + UInt8(data.count)] + data }

    /// A PUSH1 whose value `fill` sets to where the code then stands.
    mutating func pushPlaceholder() -> Int {
        push([0])
        return bytes.count - 1
    }

    mutating func fill(_ place: Int) { bytes[place] = UInt8(bytes.count) }
}

/// An endpoint that answers as a test tells it.
final class ScriptedEndpoint: HTTPHandler {
    private let answer: @Sendable (JSON, Int) -> HTTPResponse
    private let count = Mutex(0)

    init(_ answer: @escaping @Sendable (JSON, Int) -> HTTPResponse) { self.answer = answer }

    var requests: Int { count.withLock { $0 } }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let number = count.withLock { value in
            value += 1
            return value
        }
        return answer((try? JSON(parsing: request.body)) ?? .null, number)
    }

    static func result(_ json: JSON, of request: JSON) -> HTTPResponse {
        let answer: JSON = ["jsonrpc": "2.0", "id": request["id"] ?? .null, "result": json]
        return HTTPResponse(type: "application/json", bytes: answer.bytes)
    }

    static func error(_ code: Int, _ message: String, data: JSON? = nil, of request: JSON) -> HTTPResponse {
        var error: JSONObject = ["code": JSON(code), "message": .string(message)]
        if let data { error["data"] = data }
        let answer: JSON = ["jsonrpc": "2.0", "id": request["id"] ?? .null, "error": .object(error)]
        return HTTPResponse(type: "application/json", bytes: answer.bytes)
    }
}

/// A client of a scripted endpoint.
func withEndpoint(
    _ answer: @escaping @Sendable (JSON, Int) -> HTTPResponse,
    body: (ChainClient, ScriptedEndpoint) async throws -> Void
) async throws {
    let endpoint = ScriptedEndpoint(answer)
    let server = HTTPServer(configuration: .init(), handler: endpoint)
    try server.start()
    var policy = ClientPolicy()
    policy.firstPause = .milliseconds(1)
    let client = ChainClient(url: "http://127.0.0.1:\(server.port)", policy: policy)
    do { try await body(client, endpoint) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
