import Bytes
import Crypto
import Devchain
import Ethereum
import HTTP
import JSON
import Ledger
import Node
import Testing

/// The endpoint from outside, over HTTP.
@Suite(.timeLimit(.minutes(1)))
struct EndpointTests {
    let key: PrivateKey
    private let client = HTTPClient()

    init() throws { key = try PrivateKey(Hash32(0, 0, 0, 9)) }

    private func withNode(
        _ change: (inout NodeConfiguration) -> Void = { _ in }, body: (Node, String) async throws -> Void
    ) async throws {
        var configuration = DevchainConfiguration()
        configuration.genesis[key.address] = GenesisAccount(balance: U256(1_000_000_000_000_000_000) * 1000)
        let chain = try Devchain(configuration, clock: ManualClock(1_700_000_000))
        var settings = NodeConfiguration()
        settings.port = 0
        change(&settings)
        let node = Node(chain: chain, configuration: settings)
        try node.start()
        let result: Result<Void, any Error>
        do { result = .success(try await body(node, "http://127.0.0.1:\(node.port)")) } catch {
            result = .failure(error)
        }
        await node.stop()
        await chain.close()
        try result.get()
    }

    private func post(_ url: String, _ json: JSON) async throws -> JSON {
        let answer = try await client.send(
            .init(method: "POST", url: url, headers: ["Content-Type": "application/json"], body: json.bytes))
        return try JSON(parsing: answer.body)
    }

    private func request(_ method: String, _ parameters: JSON = [], id: JSON = 1) -> JSON {
        ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": parameters]
    }

    @Test func idsComeBackAsTheyWere() async throws {
        try await withNode { (_, url) async throws in
            for id in ["text", 0, -7, 1.5, .number("123456789012345678901234567890"), nil] as [JSON] {
                #expect(try await post(url, request("eth_chainId", id: id))["id"] == id)
            }
            #expect(try await post(url, request("eth_chainId", id: [1]))["error"]?["code"] == -32600)
        }
    }

    /// A batch of transactions goes into one block, each answered in its place.
    @Test func aBatchOfTransactionsIsOneBlock() async throws {
        try await withNode { (node, url) async throws in
            var batch: [JSON] = []
            for nonce in 0..<20 {
                var transaction = Transaction(
                    kind: .dynamicFee, chainID: 31337, nonce: UInt64(nonce == 10 ? 0 : nonce), gasLimit: 21_000,
                    to: Address(number: 1))
                transaction.maxFeePerGas = 10_000_000_000
                let raw = transaction.signed(by: key).encoded
                batch.append(request("eth_sendRawTransaction", [.string(raw.hex0x)], id: JSON(nonce)))
            }
            let answers = try #require(try await post(url, .array(batch)).arrayValue)
            #expect(answers.map { $0["id"] } == (0..<20).map { JSON($0) })
            #expect(answers[10]["error"] != nil)
            #expect(answers[9]["result"] != nil)
            #expect(try node.chain.nonce(of: key.address, at: .latest) == 10)
            #expect(try node.chain.blockNumber() <= 2)
        }
    }

    @Test func developerMethodsAreOffUnlessAskedFor() async throws {
        try await withNode { (_, url) async throws in
            for method in ["evm_mine", "anvil_setBalance", "hardhat_reset", "evm_snapshot"] {
                #expect(try await post(url, request(method))["error"]?["code"] == -32601)
            }
        }
        try await withNode({ $0.developer = true }) { (_, url) async throws in
            #expect(try await post(url, request("evm_mine"))["result"] == "0x0")
        }
    }

    @Test func developerMethodsStayOnThisMachine() throws {
        let chain = try Devchain(DevchainConfiguration())
        var settings = NodeConfiguration()
        (settings.host, settings.port, settings.developer) = ("0.0.0.0", 0, true)
        let error = #expect(throws: HTTPError.self) { try Node(chain: chain, configuration: settings).start() }
        #expect(error?.message.contains("on this machine only") == true)
        (settings.developer, settings.accounts) = (false, [key])
        #expect(throws: HTTPError.self) { try Node(chain: chain, configuration: settings).start() }
    }

    @Test func aTakenPortIsNamed() async throws {
        try await withNode { node, _ in
            var settings = NodeConfiguration()
            settings.port = node.port
            let error = #expect(throws: HTTPError.self) { try Node(chain: node.chain, configuration: settings).start() }
            #expect(error?.code == .portTaken)
            #expect(error?.message.contains("port \(node.port)") == true)
        }
    }

    @Test func badInputGetsAnErrorAndChangesNothing() async throws {
        try await withNode { (node, url) async throws in
            var seed: UInt64 = 7
            let template = request("eth_call", [["to": .string(Address.zero.hex0x), "data": "0x00"], "latest"]).bytes
            for _ in 0..<400 {
                var body = template
                for _ in 0..<3 {
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    body[Int(seed >> 33) % body.count] = UInt8(truncatingIfNeeded: seed >> 20)
                }
                let answer = try await client.send(
                    .init(method: "POST", url: url, headers: ["Content-Type": "application/json"], body: body))
                #expect(answer.status == 200)
                let json = try JSON(parsing: answer.body.isEmpty ? Array("{}".utf8) : answer.body)
                #expect(json.objectValue != nil)
            }
            #expect(try node.chain.blockNumber() == 0)
        }
    }

    @Test func largeAnswersOfABatchAreCutOff() async throws {
        try await withNode({ $0.responseLimit = 2000 }) { (_, url) async throws in
            let batch = JSON.array((0..<50).map { request("eth_getBlockByNumber", ["latest", false], id: JSON($0)) })
            let answers = try #require(try await post(url, batch).arrayValue)
            #expect(answers.count == 50)
            #expect(answers[0]["result"] != nil)
            #expect(answers[49]["error"]?["code"] == -32003)
        }
    }
}
