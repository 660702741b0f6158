import Bytes
import ChainClient
import Crypto
import Devchain
import Ethereum
import HTTP
import JSON
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TrustedChainTests {
    @Test func anHonestNodeIsBelieved() async throws {
        let fixture = try await Fixture.make()
        let chain = fixture.chain
        let head = try chain.head
        let trusted = TrustedChain(client: fixture.client, block: head.hash)
        #expect(try await trusted.blockNumber() == head.header.number)
        for tag in [BlockTag.earliest, .latest, .number(2), .number(99), .hash(head.header.parentHash), .hash(.zero)] {
            #expect(try await trusted.header(at: tag) == chain.header(at: tag))
            #expect(try await trusted.block(at: tag) == chain.block(at: tag))
        }
        for tag in [BlockTag.earliest, .number(3), .latest] {
            for address in [fixture.key.address, fixture.contract, Address(number: 77)] {
                #expect(try await trusted.balance(of: address, at: tag) == chain.balance(of: address, at: tag))
                #expect(try await trusted.nonce(of: address, at: tag) == chain.nonce(of: address, at: tag))
                #expect(try await trusted.code(of: address, at: tag) == chain.code(of: address, at: tag))
                for slot in [U256.zero, 9] {
                    #expect(
                        try await trusted.storage(of: address, slot: slot, at: tag)
                            == chain.storage(of: address, slot: slot, at: tag))
                }
            }
        }
        for filter in [
            LogFilter(), LogFilter(addresses: [fixture.contract]), LogFilter(from: .number(3), to: .number(4)),
            LogFilter(topics: [[U256(0xaa).hash]]), LogFilter(topics: [[.zero]]),
        ] {
            #expect(try await trusted.logs(filter) == chain.logs(filter))
        }
        for mined in try #require(try chain.block(at: .number(2))).transactions {
            #expect(try await trusted.receipt(of: mined.hash) == chain.receipt(of: mined.hash))
            #expect(try await trusted.transaction(mined.hash) == mined)
        }
        await #expect(throws: ChainError.self) {
            try await trusted.call(CallMessage(to: fixture.contract), at: .latest)
        }
        await fixture.close()
    }

    /// A node that changes one member of one answer.
    private func withLiar(
        _ method: String, _ change: @escaping @Sendable (JSON) -> JSON,
        body: (TrustedChain, Fixture) async throws -> Void
    ) async throws {
        let fixture = try await Fixture.make()
        let honest = HTTPClient()
        let url = fixture.client.url
        let liar = Relay { body in
            let request = HTTPClient.Request(
                method: "POST", url: url, headers: ["Content-Type": "application/json"], body: body)
            guard let answer = try? await honest.send(request), let question = try? JSON(parsing: body),
                var json = try? JSON(parsing: answer.body)
            else { return [] }
            if case .array(let questions) = question, case .array(let answers) = json {
                json = .array(
                    zip(questions, answers).map { $0["method"] == .string(method) ? Self.lie($1, change) : $1 })
            } else if question["method"] == .string(method) {
                json = Self.lie(json, change)
            }
            return json.bytes
        }
        let server = HTTPServer(configuration: .init(), handler: liar)
        try server.start()
        let client = ChainClient(url: "http://127.0.0.1:\(server.port)")
        try await body(TrustedChain(client: client, block: fixture.chain.head.hash), fixture)
        await server.stop()
        await fixture.close()
    }

    private static func lie(_ answer: JSON, _ change: (JSON) -> JSON) -> JSON {
        guard case .object(var object) = answer, let result = object["result"] else { return answer }
        object["result"] = change(result)
        return .object(object)
    }

    private static func setting(_ name: String, to value: JSON) -> @Sendable (JSON) -> JSON {
        { json in
            guard case .object(var object) = json else { return json }
            object[name] = value
            return .object(object)
        }
    }

    private func expectLie(_ ask: () async throws -> Void) async {
        do {
            try await ask()
            Issue.record("a lie was believed")
        } catch let error as ChainError {
            #expect(error.message.contains("does not fit the trusted block"))
        } catch { Issue.record("\(error)") }
    }

    @Test func liesAboutAccountsAreFound() async throws {
        for (name, value) in [
            ("balance", "0x1"), ("nonce", "0x63"), ("codeHash", .string(Hash32.zero.hex0x)),
            ("storageHash", .string(Hash32.zero.hex0x)), ("accountProof", []),
        ] as [(String, JSON)] {
            try await withLiar("eth_getProof", Self.setting(name, to: value)) { (chain, fixture) async throws in
                await expectLie { _ = try await chain.balance(of: fixture.contract, at: .latest) }
            }
        }
    }

    @Test func liesAboutSlotsAndCodeAreFound() async throws {
        let change: @Sendable (JSON) -> JSON = { json in
            guard case .array(let slots)? = json["storageProof"], let first = slots.first else { return json }
            return Self.setting("storageProof", to: [Self.setting("value", to: "0x7")(first)])(json)
        }
        try await withLiar("eth_getProof", change) { (chain, fixture) async throws in
            await expectLie { _ = try await chain.storage(of: fixture.contract, slot: 0, at: .latest) }
        }
        try await withLiar("eth_getCode", { _ in "0x00" }) { (chain, fixture) async throws in
            await expectLie { _ = try await chain.code(of: fixture.contract, at: .latest) }
        }
    }

    @Test func liesAboutHeadersAreFound() async throws {
        for name in ["stateRoot", "parentHash", "receiptsRoot"] {
            try await withLiar("eth_getBlockByNumber", Self.setting(name, to: .string(Hash32(9, 9, 9, 9).hex0x))) {
                (chain, _) async throws in
                await expectLie { _ = try await chain.header(at: .number(1)) }
            }
            try await withLiar("eth_getBlockByHash", Self.setting(name, to: .string(Hash32(9, 9, 9, 9).hex0x))) {
                (chain, _) async throws in
                await expectLie { _ = try await chain.blockNumber() }
            }
        }
    }

    /// Logs can be neither changed, left out nor made up.
    @Test func liesAboutLogsAreFound() async throws {
        let changes: [@Sendable (JSON) -> JSON] = [
            Self.setting("logs", to: []), Self.setting("status", to: "0x0"), Self.setting("gasUsed", to: "0x5"),
            Self.setting("from", to: .string(Address.zero.hex0x)),
            { json in
                guard case .array(let logs)? = json["logs"], let first = logs.first else { return json }
                return Self.setting("logs", to: [Self.setting("data", to: "0x01")(first)])(json)
            },
        ]
        for change in changes {
            try await withLiar("eth_getTransactionReceipt", change) { (chain, fixture) async throws in
                await expectLie { _ = try await chain.logs(LogFilter(addresses: [fixture.contract])) }
            }
        }
    }

    @Test func anUnknownTrustedBlockIsNamed() async throws {
        let fixture = try await Fixture.make()
        let chain = TrustedChain(client: fixture.client, block: Hash32(1, 2, 3, 4))
        let error = await #expect(throws: ChainError.self) { try await chain.blockNumber() }
        #expect(error?.kind == .notFound)
        await fixture.close()
    }
}

/// Answers bodies with bodies.
private struct Relay: HTTPHandler {
    let answer: @Sendable ([UInt8]) async -> [UInt8]

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(type: "application/json", bytes: await answer(request.body))
    }
}
