import Synchronization

/// One WebSocket connection, on either side.
///
///     HTTPResponse.webSocket(for: request) { socket in
///         while let message = await socket.receive() { socket.send(message) }
///     }
///     try await WebSocket.open("ws://127.0.0.1:8545") { socket in
///         socket.send(question)
///         return await socket.receive()
///     }
package final class WebSocket: Sendable {
    private struct State: @unchecked Sendable {
        // The codec is a class without locks of its own; it is only touched under the mutex.
        let codec: FrameCodec
        var inbox: [FrameCodec.Message] = []
        var heard = false
        /// Bytes of the message that is not complete yet.
        var partial = 0
        /// Bytes that wait to be taken by the peer.
        var waiting = 0
    }

    /// A peer that lets so many bytes wait before it is sent more is cut off.
    private static let outputLimit = 64 << 20
    /// What the peers of this process may let wait together, and what of unfinished messages is held.
    private static let budget = ByteBudget(512 << 20)
    private static let pingSeconds = 30

    private let socket: any ByteChannel
    private let state: Mutex<State>
    private let wake: AsyncStream<Void>.Continuation
    private let wakes: AsyncStream<Void>

    private init(socket: any ByteChannel, limit: Int, side: FrameCodec.Side) {
        self.socket = socket
        state = Mutex(State(codec: FrameCodec(limit: limit, side: side)))
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The next message, text or binary; nil when the connection has ended.
    package func receive() async -> [UInt8]? {
        while true {
            let next = state.withLock { state -> [UInt8]? in
                state.inbox.isEmpty ? nil : state.inbox.removeFirst().bytes
            }
            if let next { return next }
            guard let bytes = await socket.read() else { return nil }
            guard WebSocket.budget.reserve(bytes.count) else {
                close(1013)
                return nil
            }
            let isOpen = state.withLock { state -> Bool in
                state.heard = true
                state.partial += bytes.count
                guard let messages = state.codec.receive(bytes) else { return false }
                if !messages.isEmpty {
                    WebSocket.budget.release(state.partial)
                    state.partial = 0
                }
                state.inbox += messages
                return state.codec.isOpen
            }
            wake.yield()
            if !isOpen, state.withLock({ $0.inbox.isEmpty }) { return nil }
        }
    }

    /// Queues a text message; it is sent in order, when the peer takes it.
    package func send(_ text: [UInt8]) {
        let isTaken = state.withLock { state -> Bool in
            guard state.waiting <= WebSocket.outputLimit, WebSocket.budget.reserve(text.count) else { return false }
            state.waiting += text.count
            state.codec.send(text: text)
            return true
        }
        if isTaken { wake.yield() } else { socket.close() }
    }

    /// Says goodbye; what was queued is still sent.
    package func close(_ code: UInt16 = 1000) {
        state.withLock { $0.codec.close(code) }
        wake.yield()
    }

    private func writeAll() async {
        for await _ in wakes { guard await writeNow() else { return } }
        _ = await writeNow()
    }

    private func writeNow() async -> Bool {
        while true {
            let (bytes, counted) = state.withLock { ($0.codec.takeOutput(), $0.waiting) }
            if bytes.isEmpty { return true }
            guard await socket.write(bytes) else { return false }
            release(counted)
        }
    }

    /// The peer has taken bytes that were counted.
    private func release(_ count: Int) {
        state.withLock { $0.waiting -= count }
        WebSocket.budget.release(count)
    }

    deinit {
        let (waiting, partial) = state.withLock { ($0.waiting, $0.partial) }
        WebSocket.budget.release(waiting + partial)
    }

    /// Pings a silent peer, and lets go of one that does not answer.
    private func watch() async {
        while true {
            do { try await Task.sleep(for: .seconds(WebSocket.pingSeconds)) } catch { return }
            let wasHeard = state.withLock { state -> Bool in
                defer { state.heard = false }
                if !state.heard { state.codec.ping() }
                return state.heard
            }
            if wasHeard { continue }
            wake.yield()
            do { try await Task.sleep(for: .seconds(WebSocket.pingSeconds)) } catch { return }
            if !state.withLock({ $0.heard }) { return socket.close() }
        }
    }

    /// Runs a connection from after the handshake to close.
    static func run<Value: Sendable>(
        _ socket: any ByteChannel, side: FrameCodec.Side, limit: Int, run: @Sendable (WebSocket) async -> Value
    ) async -> Value {
        let webSocket = WebSocket(socket: socket, limit: limit, side: side)
        async let writer: Void = webSocket.writeAll()
        let watcher = Task { await webSocket.watch() }
        let value = await run(webSocket)
        watcher.cancel()
        webSocket.close()
        webSocket.wake.finish()
        // A peer that does not read its goodbye is not waited for.
        let patience = Task {
            guard (try? await Task.sleep(for: .seconds(2))) != nil else { return }
            socket.close()
        }
        await writer
        patience.cancel()
        return value
    }
}
