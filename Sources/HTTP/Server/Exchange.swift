import CMicrohttpd
import Synchronization

/// One request and its answer: the shell around `ExchangeState` that talks to libmicrohttpd.
final class Exchange: Sendable {
    /// Bytes of an answer for which there is always room.
    private static let smallAnswer = 64 << 10

    private let server: HTTPServer
    private let connection: ConnectionHandle
    private let state: Mutex<ExchangeState>

    init(server: HTTPServer, connection: ConnectionHandle, request: HTTPRequest) {
        (self.server, self.connection) = (server, connection)
        state = Mutex(ExchangeState(request: request, began: Platform.now))
    }

    /// The head has come: refuses at once what need not be read.
    func begin() -> MHD_Result {
        connection.record?.idleSince.store(.max, ordering: .relaxed)
        guard server.traffic.add(self) else { return connection.queue(Refusal.stopping, for: self) }
        let limit = server.configuration.bodyLimit
        let declared = state.withLock { $0.request.headers["Content-Length"].flatMap { Int($0) } } ?? 0
        return declared > limit ? connection.queue(Refusal.tooLarge(limit: limit), for: self) : .YES
    }

    /// A part of the body has come; `.NO` closes the connection.
    func receive(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        let configuration = server.configuration
        return state.withLock { state in
            let elapsed = Platform.now - state.began
            guard elapsed < UInt64(configuration.bodySeconds) * 1_000_000_000 else { return .NO }
            if state.refusal != nil {
                state.discarded += bytes.count
                return state.discarded > 2 * configuration.bodyLimit ? .NO : .YES
            }
            if state.request.body.count + bytes.count > configuration.bodyLimit {
                state.refuse(Refusal.tooLarge(limit: configuration.bodyLimit))
            } else if !server.traffic.bodies.reserve(bytes.count) {
                state.refuse(Refusal.overloaded)
            } else {
                state.reserved += bytes.count
                state.request.body.append(contentsOf: bytes)
            }
            return .YES
        }
    }

    /// The whole request has come, or the connection was resumed because the answer is there.
    func proceed() -> MHD_Result {
        switch state.withLock({ $0.proceed() }) {
        case .answer(let response): return queue(response)
        case .run(let request): return run(request)
        }
    }

    private func run(_ request: HTTPRequest) -> MHD_Result {
        let handler = server.handler
        startTask { self.finish(await handler.respond(to: request)) }
        let ready = state.withLock { state in
            let ready = state.takeAnswer()
            // Suspended under the lock: `finish` must not resume before.
            if ready == nil { connection.suspend() }
            return ready
        }
        guard let ready else { return .YES }
        return queue(ready)
    }

    /// Hands an answer over, if there is room for it.
    private func queue(_ response: HTTPResponse) -> MHD_Result {
        guard case .bytes(let bytes) = response.body, bytes.count > Exchange.smallAnswer else {
            return connection.queue(response, for: self)
        }
        guard server.traffic.answers.reserve(bytes.count) else {
            return connection.queue(Refusal.overloaded, for: self)
        }
        state.withLock { $0.reservedAnswer = bytes.count }
        return connection.queue(response, for: self)
    }

    private func finish(_ response: HTTPResponse) {
        if state.withLock({ $0.finish(response) }) { connection.resume() }
    }

    /// Ends a request that outlived the grace period of `stop`; true while the connection is still suspended.
    func abandon() -> Bool {
        finish(Refusal.stopping)
        return state.withLock { state in
            state.streaming?.abandon()
            return state.isSuspended || state.streaming?.isSuspended == true
        }
    }

    var record: Traffic.Connection? { connection.record }

    /// Whether the body has not come whole after so many nanoseconds.
    func isReceiving(longerThan limit: UInt64) -> Bool { state.withLock { $0.isReceiving(longerThan: limit) } }

    func cancelStreaming() { state.withLock { $0.streaming }?.cancel() }

    /// Remembers what runs after the head of the answer has gone out.
    func attach(_ streaming: any Streaming) { state.withLock { $0.streaming = streaming } }

    /// libmicrohttpd is done with the request, one way or another.
    func completed() {
        let (body, answer, streaming) = state.withLock { ($0.reserved, $0.reservedAnswer, $0.streaming) }
        streaming?.connectionClosed()
        server.traffic.bodies.release(body)
        server.traffic.answers.release(answer)
        server.traffic.remove(self)
        connection.record?.idleSince.store(Platform.now, ordering: .relaxed)
    }
}

/// Something that goes on after the head of an answer.
protocol Streaming: Sendable {
    /// Asks it to end.
    func cancel()
    /// Ends it.
    func abandon()
    func connectionClosed()
    /// Whether the connection is suspended on its behalf.
    var isSuspended: Bool { get }
}

/// Starts on the calling thread where the runtime can.
func startTask(_ operation: sending @escaping @isolated(any) () async -> Void) {
    if #available(macOS 26, *) {
        Task.immediate(operation: operation)
    } else {
        Task(operation: operation)
    }
}

/// The answers that the server gives by itself.
enum Refusal {
    static let stopping = refusal(503, "the server is stopping")
    static let overloaded = refusal(503, "too many large requests at once: try again later")
    static func tooLarge(limit: Int) -> HTTPResponse { refusal(413, "the body is larger than \(limit) bytes") }

    private static func refusal(_ status: Int, _ text: String) -> HTTPResponse {
        var response = HTTPResponse(status: status, text: text + "\n")
        response.headers.set("Connection", "close")
        return response
    }
}
