import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import JSON
import Ledger
import Stateless
import Testing

@Suite("Calls executed here on proved state", .timeLimit(.minutes(1)))
struct StatelessCallTests {
    private func withWorld(_ body: (World) async throws -> Void) async throws {
        let world = try await World.make()
        do { try await body(world) } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    static let call = CallMessage(from: Address(number: 0x1234), to: World.reader)

    @Test("what every reading instruction sees is what the node's own machine sees, at every block")
    func equalResults() async throws {
        try await withWorld { world in
            let trusted = try world.trusted()
            for tag in try [BlockTag.latest, .number(2), .earliest, .hash(world.chain.head.header.parentHash)] {
                let output = try await trusted.call(Self.call, at: tag)
                #expect(output == (try world.chain.call(Self.call, at: tag)))
                #expect(U256(bigEndian: output.prefix(32)) == 1234)
                let words = 2 + 12 + 4 + 10 + 6
                #expect(output.count == 32 * words)
            }
            #expect(world.endpoint.count(of: "eth_call") == 0)
        }
    }

    @Test("reverts, transfers, missing contracts and precompiles end as they do on the node")
    func equalFailures() async throws {
        try await withWorld { world in
            let trusted = try world.trusted()
            var reverting = Self.call
            reverting.data = [1, 2, 3]
            await #expect(throws: ChainError(.reverted, code: 3, "execution reverted", data: [1, 2, 3])) {
                try await trusted.call(reverting, at: .latest)
            }
            let sha256 = CallMessage(to: Address(number: 2), data: [9])
            let nobody = CallMessage(to: World.nobody, data: [9])
            let creation = CallMessage(to: nil, data: [0x30, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3])  // returns ADDRESS
            var gift = CallMessage(from: World.rich, to: World.reader, value: 1_000)
            for message in [sha256, nobody, creation, gift] {
                let output = try await trusted.call(message, at: .latest)
                #expect(output == (try world.chain.call(message, at: .latest)))
            }
            gift.value = U256(1) << 90
            await #expect(throws: ChainError.self) { try await trusted.call(gift, at: .latest) }
            #expect(throws: ChainError.self) { try world.chain.call(gift, at: .latest) }
        }
    }

    @Test("state that was proved once is not asked for again; without the node's hint the same comes out")
    func fewRequests() async throws {
        try await withWorld { world in
            let trusted = try world.trusted()
            let output = try await trusted.call(Self.call, at: .latest)
            let asked = world.endpoint.count(of: "eth_getProof")
            #expect(try await trusted.call(Self.call, at: .latest) == output)
            #expect(world.endpoint.count(of: "eth_getProof") == asked)
            #expect(world.endpoint.count(of: "eth_createAccessList") == 1)
            let hints: [Endpoint.Lie] = [
                { _ in nil }, { _ in ["accessList": []] }, { _ in "nonsense" },
                { _ in ["accessList": [["address": .string(World.nobody.hex0x), "storageKeys": []]]] },
            ]
            for hint in hints {
                world.endpoint.lie("eth_createAccessList", hint)
                #expect(try await world.trusted().call(Self.call, at: .latest) == output)
            }
        }
    }

    @Test("a false balance, nonce, slot, code, absence or ancestor is caught")
    func lies() async throws {
        try await withWorld { world in
            @Sendable func set(_ name: String, _ value: JSON, when: @escaping @Sendable (JSON) -> Bool = { _ in true })
                -> Endpoint.Lie
            {
                { json in
                    guard when(json), case .object(var object) = json else { return json }
                    object[name] = value
                    return .object(object)
                }
            }
            let isReader: @Sendable (JSON) -> Bool = { $0["address"] == .string(World.reader.hex0x) }
            let slots: Endpoint.Lie = { json in
                guard isReader(json), case .array(let list)? = json["storageProof"] else { return json }
                let altered = list.map { entry -> JSON in
                    guard case .object(var object) = entry else { return entry }
                    object["value"] = "0x63"
                    return .object(object)
                }
                return set("storageProof", .array(altered))(json)
            }
            let lies: [(String, Endpoint.Lie)] = [
                ("eth_getProof", set("balance", "0x1", when: isReader)),
                ("eth_getProof", set("nonce", "0x63", when: isReader)),
                ("eth_getProof", set("codeHash", .string(Hash32.emptyKeccak.hex0x), when: isReader)),
                ("eth_getProof", set("storageHash", .string(Hash32.zero.hex0x), when: isReader)),
                ("eth_getProof", set("accountProof", [], when: isReader)), ("eth_getProof", slots),
                ("eth_getProof", set("storageProof", [], when: { $0["storageProof"] != [] })),
                ("eth_getCode", { _ in "0x6001" }), ("eth_getCode", { _ in "0x" }),
                ("eth_getBlockByNumber", set("timestamp", "0x1")), ("eth_getBlockByNumber", { _ in .null }),
                ("eth_getBlockByHash", set("stateRoot", .string(Hash32.zero.hex0x))),
                ("eth_getBlockByHash", set("baseFeePerGas", "0x1")),
            ]
            for (index, (method, lie)) in lies.enumerated() {
                world.endpoint.lie(method, lie)
                do {
                    _ = try await world.trusted().call(Self.call, at: .latest)
                    Issue.record("lie \(index) of \(method) was believed")
                } catch let error as ChainError {
                    #expect(error.message.contains("does not fit the trusted block"), "lie \(index): \(error)")
                }
            }
        }
    }

    @Test("a call that never stops asking, or that runs out of gas, ends")
    func limits() async throws {
        try await withWorld { world in
            await #expect(throws: ChainError.self) {
                try await world.trusted(StatelessExecutor(rounds: 0)).call(Self.call, at: .latest)
            }
            var poor = Self.call
            poor.gas = 30_000
            await #expect(throws: ChainError.self) { try await world.trusted().call(poor, at: .latest) }
            #expect(throws: ChainError.self) { try world.chain.call(poor, at: .latest) }
        }
    }
}
