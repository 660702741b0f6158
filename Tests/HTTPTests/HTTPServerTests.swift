import HTTP
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct HTTPServerTests {
    let client = HTTPClient()

    @Test func headAndQueryReachTheHandler() async throws {
        try await withServer { _, url in
            let answer = try await client.send(
                .init(method: "GET", url: url + "/describe?a=1&b=x%20y", headers: ["x-test": "yes"]))
            #expect(answer.status == 200)
            #expect(String(decoding: answer.body, as: UTF8.self) == "GET /describe a=1&b=x y yes")
            #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
        }
    }

    @Test(arguments: [0, 1, 1000, 65_536, 5_000_000])
    func bodiesComeBackUnchanged(size: Int) async throws {
        try await withServer { _, url in
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let answer = try await client.send(.init(method: "POST", url: url + "/echo", body: body))
            #expect(answer.status == 200)
            #expect(answer.body == body)
        }
    }

    @Test func manyRequestsAtOnceEachGetTheirOwnAnswer() async throws {
        try await withServer { _, url in
            let client = client
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        let path = number % 3 == 0 ? "/slow?ms=20" : "/echo"
                        let body = Array("request \(number)".utf8)
                        let answer = try await client.send(.init(method: "POST", url: url + path, body: body))
                        #expect(answer.body == (number % 3 == 0 ? Array("slept".utf8) : body))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func tooLargeABodyIsRefusedBeforeItIsSent() async throws {
        try await withServer({ $0.bodyLimit = 1000 }) { server, url in
            let answer = try await client.send(
                .init(method: "POST", url: url + "/echo", body: [UInt8](repeating: 1, count: 1001)))
            #expect(answer.status == 413)
            let socket = try RawSocket(port: server.port)
            socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
            #expect(await socket.receive().hasPrefix("HTTP/1.1 413"))
            // A body of unannounced size is cut off too.
            let chunked = try RawSocket(port: server.port)
            chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunked.send("5dc\r\n" + String(repeating: "x", count: 1500) + "\r\n0\r\n\r\n")
            #expect(await chunked.receive(until: "bytes").hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func theBudgetForAllBodiesHolds() async throws {
        try await withServer({ $0.bodyBudget = 100_000 }) { _, url in
            let large = try await client.send(
                .init(method: "POST", url: url + "/echo", body: [UInt8](repeating: 1, count: 200_000)))
            #expect(large.status == 503)
            let small = try await client.send(
                .init(method: "POST", url: url + "/echo", body: [UInt8](repeating: 1, count: 90_000)))
            #expect(small.status == 200)
        }
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func malformedRequestsGetAnErrorOrAClose(text: String) async throws {
        try await withServer({ $0.idleSeconds = 1 }) { server, url in
            let socket = try RawSocket(port: server.port)
            socket.send(text)
            let answer = await socket.receive(until: "\r\n\r\n")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.0 4"))
            #expect(try await client.send(.init(url: url + "/describe")).status == 200)
        }
    }

    @Test func endlessHeadersAreRefused() async throws {
        try await withServer { server, _ in
            let socket = try RawSocket(port: server.port)
            socket.send("GET / HTTP/1.1\r\nHost: a\r\n")
            for number in 0..<2000 where socket.send("X-\(number): \(String(repeating: "y", count: 60))\r\n") < 0 {
                break
            }
            let answer = await socket.receive(until: "\r\n\r\n")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 431"))
        }
    }

    @Test func slowHeadsAndSilentConnectionsAreClosed() async throws {
        try await withServer({ $0.idleSeconds = 1 }) { server, url in
            let silent = try RawSocket(port: server.port)
            let slow = try RawSocket(port: server.port)
            for _ in 0..<14 {
                if slow.send("G") < 0 { break }
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(await silent.receive() == "")
            #expect(await !slow.receive().hasPrefix("HTTP/1.1 2"))
            #expect(try await client.send(.init(url: url + "/describe")).status == 200)
        }
    }

    @Test func aTakenPortIsNamedWithARemedy() async throws {
        try await withServer { server, _ in
            let second = HTTPServer(configuration: .init(port: server.port), handler: EchoHandler())
            let error = #expect(throws: HTTPError.self) { try second.start() }
            #expect(error?.code == .portTaken)
            #expect(error?.message.contains("port \(server.port) on 127.0.0.1 is taken") == true)
            #expect(error?.message.contains("choose another port") == true)
        }
    }

    @Test func anAddressOfAnotherMachineIsRefused() {
        let server = HTTPServer(configuration: .init(host: "192.0.2.1"), handler: EchoHandler())
        let error = #expect(throws: HTTPError.self) { try server.start() }
        #expect(error?.code == .cannotBind)
    }

    @Test func stopWaitsForRequestsInProgress() async throws {
        try await withServer { server, url in
            let client = client
            async let answer = client.send(.init(url: url + "/slow?ms=300"))
            try await Task.sleep(for: .milliseconds(100))
            await server.stop()
            #expect(try await answer.status == 200)
            await #expect(throws: HTTPError.self) { try await client.send(.init(url: url + "/describe")) }
        }
    }

    @Test func stopEndsWhatOutlivesTheGracePeriod() async throws {
        try await withServer { server, url in
            let client = client
            async let stuck = client.send(.init(url: url + "/slow?ms=20000"))
            async let stream = client.send(.init(url: url + "/forever"))
            try await Task.sleep(for: .milliseconds(100))
            await server.stop()
            #expect(try await stuck.status == 503)
            #expect(try await stream.status == 200)
        }
    }

    @Test func aServerStartsAgainAfterStop() async throws {
        let server = HTTPServer(configuration: .init(), handler: EchoHandler())
        for _ in 0..<3 {
            try server.start()
            #expect(try await client.send(.init(url: "http://127.0.0.1:\(server.port)/describe")).status == 200)
            await server.stop()
        }
    }

    @Test func churnOfConnectionsLeavesNothingBehind() async throws {
        try await withServer({ $0.connectionLimit = 64 }) { server, url in
            for number in 0..<2000 {
                let socket = try RawSocket(port: server.port)
                if number % 3 == 0 { socket.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf") }
                if number % 3 == 1 { socket.send("GET /describe HTTP/1.1\r\nHost: a\r\n\r\n") }
            }
            #expect(try await client.send(.init(url: url + "/describe")).status == 200)
        }
    }
}
