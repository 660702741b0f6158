import Bytes
import ChainClient
import Crypto
import HTTP
import JSON
import Ledger
import Testing

/// What public providers do to their clients.
@Suite(.timeLimit(.minutes(1)))
struct UnreliableEndpointTests {
    @Test(arguments: [429, 500, 502, 503, 504])
    func passingFailuresAreRetried(status: Int) async throws {
        try await withEndpoint({ request, number in
            number < 4 ? HTTPResponse(status: status, text: "later") : ScriptedEndpoint.result("0x10", of: request)
        }) { (client, endpoint) async throws in
            #expect(try await client.blockNumber() == 16)
            #expect(endpoint.requests == 4)
        }
    }

    @Test func rateLimitsInJSONAreRetried() async throws {
        try await withEndpoint({ request, number in
            number == 1
                ? ScriptedEndpoint.error(-32005, "daily request rate limit", of: request)
                : ScriptedEndpoint.result("0x1", of: request)
        }) { (client, endpoint) async throws in
            #expect(try await client.blockNumber() == 1)
            #expect(endpoint.requests == 2)
        }
    }

    @Test func attemptsEnd() async throws {
        try await withEndpoint({ _, _ in HTTPResponse(status: 503, text: "down for repairs") }) { client, endpoint in
            let error = await #expect(throws: ChainError.self) { try await client.blockNumber() }
            #expect(error?.kind == .unreachable)
            #expect(error?.message.contains("HTTP status 503 (down for repairs) (after 5 attempts)") == true)
            #expect(endpoint.requests == 5)
        }
    }

    @Test func anEndpointOfAnotherKindIsNamedAtOnce() async throws {
        try await withEndpoint({ _, _ in HTTPResponse(text: "<html>welcome</html>") }) { client, endpoint in
            let error = await #expect(throws: ChainError.self) { try await client.blockNumber() }
            #expect(error?.message.contains("did not answer with JSON (<html>welcome</html>)") == true)
            #expect(endpoint.requests == 1)
        }
    }

    @Test func nobodyThere() async throws {
        var policy = ClientPolicy()
        policy.firstPause = .milliseconds(1)
        policy.attempts = 2
        let client = ChainClient(url: "http://127.0.0.1:1", policy: policy)
        let error = await #expect(throws: ChainError.self) { try await client.blockNumber() }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.hasPrefix("nothing answers at http://127.0.0.1:1") == true)
    }

    @Test(arguments: ["query returned more than 10000 results", "block range is too large", "response size exceeded"])
    func logRangesShrinkUntilTheyFit(refusal: String) async throws {
        try await withEndpoint({ request, _ in
            if request["method"] == "eth_blockNumber" { return ScriptedEndpoint.result("0x3e7", of: request) }
            let filter = request["params"]?[0]
            let (from, to) = (
                U256(filter?["fromBlock"]?.stringValue ?? "") ?? 0, U256(filter?["toBlock"]?.stringValue ?? "") ?? 0
            )
            guard to - from < 100 else { return ScriptedEndpoint.error(-32005, refusal, of: request) }
            return ScriptedEndpoint.result(.array([log(from), log(to)]), of: request)
        }) { (client, _) async throws in
            let logs = try await client.logs(LogFilter())
            let numbers = logs.map(\.blockNumber)
            #expect(numbers.first == 0)
            #expect(numbers.last == 999)
            // Pieces follow each other without gap or overlap.
            for index in stride(from: 1, to: numbers.count - 1, by: 2) {
                #expect(numbers[index] + 1 == numbers[index + 1])
            }
        }
    }

    /// A server that is behind the one that told the height, and a chain that has gone back.
    @Test(arguments: [true, false])
    func aHeadThatIsNotThereYetOrAnyMore(comes: Bool) async throws {
        try await withEndpoint({ request, number in
            if request["method"] == "eth_blockNumber" {
                return ScriptedEndpoint.result(comes || number == 1 ? "0x9" : "0x5", of: request)
            }
            let head: U256 = comes && number < 6 ? 5 : comes ? 9 : 5
            let to = U256(request["params"]?[0]?["toBlock"]?.stringValue ?? "") ?? 0
            guard to <= head else {
                return ScriptedEndpoint.error(-32602, "block range extends beyond current head block", of: request)
            }
            return ScriptedEndpoint.result(.array([log(to)]), of: request)
        }) { (client, _) async throws in
            let logs = try await client.logs(LogFilter())
            #expect(logs.map(\.blockNumber) == [comes ? 9 : 5])
        }
    }

    @Test func batchesFallBackToSingleCalls() async throws {
        try await withEndpoint({ request, _ in
            if request.arrayValue != nil {
                return ScriptedEndpoint.error(-32600, "batches are not supported", of: request)
            }
            switch request["method"]?.stringValue {
            case "eth_feeHistory": return ScriptedEndpoint.result(["baseFeePerGas": ["0x5", "0x6"]], of: request)
            case "eth_maxPriorityFeePerGas": return ScriptedEndpoint.error(-32601, "no such method", of: request)
            default: return ScriptedEndpoint.result("0x9", of: request)
            }
        }) { (client, _) async throws in
            #expect(try await client.fees() == FeeQuote(baseFeePerGas: 6, maxPriorityFeePerGas: 3))
        }
    }

    @Test(
        arguments: [
            (3, "execution reverted: no", JSON.string("0x01"), [1]), (-32000, "execution reverted", nil, []),
            (-32015, "VM execution error.", "Reverted 0x0203", [2, 3]),
            (-32603, "Error: VM Exception: reverted with", ["data": "0x04"], [4]),
        ] as [(Int, String, JSON?, [UInt8])])
    func revertsOfAllNodesAreRecognised(code: Int, message: String, data: JSON?, expected: [UInt8]) async throws {
        try await withEndpoint({ request, _ in
            ScriptedEndpoint.error(code, message, data: data, of: request)
        }) { (client, _) async throws in
            let error = await #expect(throws: ChainError.self) {
                try await client.call(CallMessage(to: Address.zero), at: .latest)
            }
            if code == -32015 {
                #expect(error?.data == expected)
            } else {
                #expect(error?.kind == .reverted)
                #expect(error?.data == expected)
            }
        }
    }

    @Test func aLostAnswerToASendIsRecovered() async throws {
        let raw: [UInt8] = [2, 0xc0]
        try await withEndpoint({ request, number in
            switch request["method"]?.stringValue {
            case "eth_sendRawTransaction":
                number == 1
                    ? HTTPResponse(status: 502, text: "")
                    : ScriptedEndpoint.error(-32000, "nonce too low: next nonce 5, tx nonce 4", of: request)
            default: ScriptedEndpoint.result(["status": "0x1"], of: request)
            }
        }) { (client, _) async throws in
            #expect(try await client.send(raw: raw) == keccak256(raw))
        }
    }

    @Test(
        arguments: [
            "already known", "Known transaction", "AlreadyKnown", "ALREADY_EXISTS: already known",
            "Transaction with the same hash was already imported.",
        ])
    func whatTheNodeHasCountsAsSent(words: String) async throws {
        let raw: [UInt8] = [2, 0xc0]
        try await withEndpoint({ request, _ in ScriptedEndpoint.error(-32000, words, of: request) }) { client, _ in
            let hash = try await client.send(raw: raw)
            #expect(hash == keccak256(raw))
        }
    }

    /// The node's index may lag behind its state: the transaction is known before its receipt is.
    @Test(arguments: ["nonce too low", "Nonce is too low", "OldNonce", "Nonce below sender account nonce"])
    func aNonceTooLowByTheTransactionItself(words: String) async throws {
        let raw: [UInt8] = [2, 0xc0]
        for isKnown in [true, false] {
            try await withEndpoint({ request, _ in
                switch request["method"]?.stringValue {
                case "eth_sendRawTransaction": ScriptedEndpoint.error(-32010, words, of: request)
                case "eth_getTransactionByHash":
                    ScriptedEndpoint.result(isKnown ? ["nonce": "0x1"] : .null, of: request)
                default: ScriptedEndpoint.result(.null, of: request)
                }
            }) { client, _ in
                if isKnown {
                    let hash = try await client.send(raw: raw)
                    #expect(hash == keccak256(raw))
                } else {
                    let error = await #expect(throws: ChainError.self) { try await client.send(raw: raw) }
                    // What `TransactionSender` looks for.
                    #expect(error?.message.contains("nonce too low") == true)
                }
            }
        }
    }

    @Test func patienceIsAskedForInManyForms() async throws {
        // Where a date stands beside the endpoint's own clock, that clock counts.
        let late: HTTPHeaders = [
            "Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 09:49:37 GMT",
        ]
        let past: HTTPHeaders = ["Retry-After": "Sunday, 06-Nov-94 08:49:37 GMT"]
        for (headers, attempts) in [(late, 1), (past, 5)] {
            try await withEndpoint({ _, _ in
                HTTPResponse(status: 503, headers: headers, body: .bytes([]))
            }) { client, endpoint in
                _ = await #expect(throws: ChainError.self) { try await client.blockNumber() }
                #expect(endpoint.requests == attempts)
            }
        }
        let backoff: JSON = ["rate": ["allowed_rps": 1, "backoff_seconds": 3600, "current_rps": 2]]
        try await withEndpoint({ request, _ in
            ScriptedEndpoint.error(-32005, "project ID request rate exceeded", data: backoff, of: request)
        }) { client, endpoint in
            _ = await #expect(throws: ChainError.self) { try await client.blockNumber() }
            #expect(endpoint.requests == 1)
        }
    }

    @Test(arguments: ["Too many requests", "upstream request timeout", "{\"jsonrpc\":\"2.0\",\"id\":1,\"resu", ""])
    func wordsOfProxiesAndAnswersCutOffAreTriedAgain(text: String) async throws {
        try await withEndpoint({ request, number in
            number < 3 ? HTTPResponse(text: text) : ScriptedEndpoint.result("0x10", of: request)
        }) { (client, endpoint) async throws in
            #expect(try await client.blockNumber() == 16)
            #expect(endpoint.requests == 3)
        }
    }

    @Test func idsMayComeBackAsText() async throws {
        try await withEndpoint({ request, _ in
            let answers = (request.arrayValue ?? [request]).reversed().map { one -> JSON in
                let result: JSON = one["method"] == "eth_feeHistory" ? ["baseFeePerGas": ["0x5", "0x6"]] : "0x9"
                return ["jsonrpc": "2.0", "id": .string(one["id"]?.text ?? ""), "result": result]
            }
            let answer = request.arrayValue == nil ? answers[0] : .array(answers)
            return HTTPResponse(type: "application/json", bytes: answer.bytes)
        }) { (client, endpoint) async throws in
            #expect(try await client.fees() == FeeQuote(baseFeePerGas: 6, maxPriorityFeePerGas: 9))
            #expect(endpoint.requests == 1)
        }
    }

    /// Where `eth_feeHistory` is missing the newest block tells the base fee; the next one's is an eighth more at most.
    @Test func feesWithoutTheirMethods() async throws {
        try await withEndpoint({ request, _ in
            switch request["method"]?.stringValue {
            case "eth_getBlockByNumber": ScriptedEndpoint.result(block(baseFee: "0x50"), of: request)
            case "eth_gasPrice": ScriptedEndpoint.result("0x64", of: request)
            default: ScriptedEndpoint.error(-32601, "the method does not exist/is not available", of: request)
            }
        }) { (client, _) async throws in
            #expect(try await client.fees() == FeeQuote(baseFeePerGas: 90, maxPriorityFeePerGas: 10))
        }
    }

    @Test(arguments: [JSON.null, 5, "nonsense", "0x", "0xzz", ["a": 1], []])
    func nonsenseIsNamed(answer: JSON) async throws {
        try await withEndpoint({ request, _ in ScriptedEndpoint.result(answer, of: request) }) { client, _ in
            let error = await #expect(throws: ChainError.self) { try await client.blockNumber() }
            #expect(error?.kind == .unreachable)
            #expect(error?.message.contains("block number") == true)
        }
    }
}

private func block(baseFee: JSON) -> JSON {
    let zero = JSON.string(Hash32.zero.hex0x)
    return [
        "number": "0x1", "hash": zero, "parentHash": zero, "nonce": "0x0000000000000000", "mixHash": zero,
        "sha3Uncles": zero, "logsBloom": .string("0x" + String(repeating: "0", count: 512)), "stateRoot": zero,
        "miner": .string(Address.zero.hex0x), "difficulty": "0x0", "extraData": "0x", "gasLimit": "0x5208",
        "gasUsed": "0x0", "timestamp": "0x1", "transactionsRoot": zero, "receiptsRoot": zero, "baseFeePerGas": baseFee,
    ]
}

private func log(_ number: U256) -> JSON {
    [
        "address": .string(Address.zero.hex0x), "topics": [], "data": "0x", "blockNumber": .string(number.hexQuantity),
        "blockHash": .string(Hash32.zero.hex0x), "transactionHash": .string(Hash32.zero.hex0x),
        "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
    ]
}
