import HTTP
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct HTTPClientTests {
    let client = HTTPClient()

    private func failure(of request: HTTPClient.Request) async -> HTTPError? {
        do {
            _ = try await client.send(request)
            return nil
        } catch { return error }
    }

    @Test func nothingThereSaysSo() async throws {
        let error = await #expect(throws: HTTPError.self) { try await client.send(.init(url: "http://127.0.0.1:1/")) }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.hasPrefix("nothing answers at http://127.0.0.1:1/") == true)
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", "not a url"])
    func onlyHTTPIsSpoken(url: String) async throws {
        let error = await #expect(throws: HTTPError.self) { try await client.send(.init(url: url)) }
        #expect([.invalidRequest, .cannotConnect].contains(error?.code))
    }

    @Test func aLineBreakInAHeaderIsRefused() async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(.init(url: "http://127.0.0.1:1/", headers: ["A": "b\r\nEvil: yes"]))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func tooSlowAnAnswerTimesOut() async throws {
        try await withServer { _, url in
            var request = HTTPClient.Request(url: url + "/slow?ms=3000")
            request.totalSeconds = 1
            let error = await failure(of: request)
            #expect(error?.code == .timedOut)
        }
    }

    @Test func tooLargeAnAnswerIsRefused() async throws {
        try await withServer { _, url in
            var request = HTTPClient.Request(method: "POST", url: url + "/echo", body: [1, 2, 3, 4])
            request.responseLimit = 3
            let error = await failure(of: request)
            #expect(error?.code == .tooLarge)
        }
    }

    @Test func cancellingEndsTheRequest() async throws {
        try await withServer { _, url in
            let client = client
            let task = Task { try await client.send(.init(url: url + "/slow?ms=5000")) }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            let error = await #expect(throws: HTTPError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func tlsIsChecked() async throws {
        try await withServer { server, _ in
            let error = await #expect(throws: HTTPError.self) {
                try await client.send(.init(url: "https://127.0.0.1:\(server.port)/describe"))
            }
            #expect([.insecure, .broken].contains(error?.code))
        }
    }
}
