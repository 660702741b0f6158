import HTTP
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct StreamingTests {
    let client = HTTPClient()

    @Test func aStreamArrivesWholeAndInOrder() async throws {
        try await withServer { _, url in
            let answer = try await client.send(.init(url: url + "/stream?n=500"))
            #expect(answer.headers["Content-Type"] == "text/event-stream")
            let expected = (0..<500).map { "data: \($0)\n\n" }.joined()
            #expect(String(decoding: answer.body, as: UTF8.self) == expected)
        }
    }

    @Test func aSlowReaderHoldsTheWriterBack() async throws {
        try await withServer { server, _ in
            let socket = try RawSocket(port: server.port)
            socket.send("GET /flood HTTP/1.0\r\nHost: a\r\n\r\n")
            try await Task.sleep(for: .milliseconds(200))
            let received = await socket.receiveBytes()
            let start = try #require(received.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
            let body = received[start...]
            #expect(body.count == 2000 * 8192)
            #expect(body.enumerated().allSatisfy { $0.element == UInt8($0.offset / 8192 % 251) })
        }
    }

    @Test func aReaderThatLeavesEndsTheWriter() async throws {
        try await withServer { server, _ in
            for _ in 0..<20 {
                let socket = try RawSocket(port: server.port)
                socket.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = await socket.receive(until: "tick")
            }
            await server.stop()
        }
    }

    @Test func anUpgradedSocketCarriesBytesBothWays() async throws {
        try await withServer { server, _ in
            let socket = try RawSocket(port: server.port)
            socket.send("GET /raw HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly")
            let head = await socket.receive(until: "early")
            #expect(head.hasPrefix("HTTP/1.1 101"))
            for number in 0..<50 {
                socket.send("message \(number);")
                #expect(await socket.receive(until: ";") == "message \(number);")
            }
            // And it does not keep the server from stopping.
            await server.stop()
            #expect(await socket.receive() == "")
        }
    }
}
