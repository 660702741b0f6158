import HTTP

/// Answers what it was asked, in several ways that the path names.
struct EchoHandler: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        switch request.path {
        case "/echo":
            return HTTPResponse(type: "application/octet-stream", bytes: request.body)
        case "/describe":
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
            return HTTPResponse(text: "\(request.method) \(request.path) \(query) \(request.headers["X-Test"] ?? "-")")
        case "/slow":
            let milliseconds = request.query.first.flatMap { Int($0.value) } ?? 50
            try? await Task.sleep(for: .milliseconds(milliseconds))
            return HTTPResponse(text: "slept")
        case "/stream":
            let count = request.query.first.flatMap { Int($0.value) } ?? 3
            return HTTPResponse(
                headers: ["Content-Type": "text/event-stream"],
                body: .stream { writer in
                    for number in 0..<count {
                        guard await writer.write(Array("data: \(number)\n\n".utf8)) else { return }
                        if number % 16 == 0 { try? await Task.sleep(for: .milliseconds(1)) }
                    }
                })
        case "/flood":
            return HTTPResponse(
                body: .stream { writer in
                    for number in 0..<2000 {
                        guard await writer.write([UInt8](repeating: UInt8(number % 251), count: 8192)) else { return }
                    }
                })
        case "/forever":
            return HTTPResponse(
                body: .stream { writer in
                    while !Task.isCancelled, await writer.write(Array("tick\n".utf8)) {
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                })
        case "/socket":
            return HTTPResponse.webSocket(for: request, messageLimit: 1 << 20) { socket in
                while let message = await socket.receive() {
                    socket.send(message)
                    if message == Array("bye".utf8) { return }
                }
            }
        case "/raw":
            return HTTPResponse(
                status: 101, headers: ["Upgrade": "echo"],
                body: .upgrade { socket in
                    while let bytes = await socket.read() { guard await socket.write(bytes) else { return } }
                })
        default:
            return HTTPResponse(status: 404, text: "nothing here\n")
        }
    }
}

/// A running server, stopped when `body` is done.
func withServer(
    _ change: (inout HTTPServer.Configuration) -> Void = { _ in },
    body: (HTTPServer, String) async throws -> Void
) async throws {
    var configuration = HTTPServer.Configuration()
    configuration.graceSeconds = 1
    change(&configuration)
    let server = HTTPServer(configuration: configuration, handler: EchoHandler())
    try server.start()
    do { try await body(server, "http://127.0.0.1:\(server.port)") } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
