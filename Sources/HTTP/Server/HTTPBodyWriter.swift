import CMicrohttpd
import Synchronization

/// The writing end of a streamed answer.
///
///     HTTPResponse(headers: ["Content-Type": "text/event-stream"], body: .stream { writer in
///         for await event in events { guard await writer.write(event.bytes) else { return } }
///     })
package final class HTTPBodyWriter: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var sent = 0
        var hasEnded = false
        var isClosed = false
        var isSuspended = false
        /// The writer, waiting for room.
        var waiter: CheckedContinuation<Void, Never>?
        var task: Task<Void, Never>?

        var pending: Int { buffer.count - sent }
    }

    /// A writer that is this far ahead of its reader waits.
    private static let highWater = 256 << 10

    private let connection: ConnectionHandle
    private let state = Mutex(State())

    init(connection: ConnectionHandle) { self.connection = connection }

    /// Sends bytes, waiting while the reader is slow; false when there is no reader any more.
    @discardableResult
    package func write(_ bytes: [UInt8]) async -> Bool {
        let (open, resume) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed, !state.hasEnded else { return (false, false) }
            state.buffer.append(contentsOf: bytes)
            defer { state.isSuspended = false }
            return (true, state.isSuspended)
        }
        if resume { connection.resume() }
        guard open else { return false }
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard state.pending > HTTPBodyWriter.highWater, !state.isClosed else { return continuation }
                state.waiter = continuation
                return nil
            }
            now?.resume()
        }
        return state.withLock { !$0.isClosed && !$0.hasEnded }
    }

    private func end() {
        let (resume, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            state.hasEnded = true
            defer { (state.isSuspended, state.waiter) = (false, nil) }
            return (state.isSuspended, state.waiter)
        }
        waiter?.resume()
        if resume { connection.resume() }
    }

    /// Fills the library's buffer; on the connection's thread.
    private func read(into target: UnsafeMutablePointer<CChar>, capacity: Int) -> Int {
        let (count, waiter) = state.withLock { state -> (Int, CheckedContinuation<Void, Never>?) in
            guard state.pending > 0 else {
                if state.hasEnded { return (-1, nil) }
                connection.suspend()
                state.isSuspended = true
                return (0, nil)
            }
            let count = min(capacity, state.pending)
            state.buffer.withUnsafeBytes { bytes in
                UnsafeMutableRawPointer(target).copyMemory(
                    from: bytes.baseAddress! + state.sent, byteCount: count)  // pending > 0: not empty
            }
            state.sent += count
            if state.pending == 0 {
                state.buffer.removeAll(keepingCapacity: state.buffer.capacity <= 64 << 10)
                state.sent = 0
            }
            guard state.pending <= HTTPBodyWriter.highWater / 2 else { return (count, nil) }
            defer { state.waiter = nil }
            return (count, state.waiter)
        }
        waiter?.resume()
        return count
    }

    /// A response that reads from a new writer, with `produce` started on it.
    static func response(
        on connection: ConnectionHandle, for exchange: Exchange,
        produce: @escaping @Sendable (HTTPBodyWriter) async -> Void
    ) -> OpaquePointer? {
        let writer = HTTPBodyWriter(connection: connection)
        let context = Unmanaged.passRetained(writer).toOpaque()
        let created = MHD_create_response_from_callback(
            UInt64.max, 16 << 10,
            { context, _, target, capacity in
                guard let context, let target else { return -1 }
                return Unmanaged<HTTPBodyWriter>.fromOpaque(context).takeUnretainedValue()
                    .read(into: target, capacity: capacity)
            }, context, { context in context.map { Unmanaged<HTTPBodyWriter>.fromOpaque($0).release() } })
        guard let created else {
            Unmanaged<HTTPBodyWriter>.fromOpaque(context).release()
            return nil
        }
        exchange.attach(writer)
        let task = Task {
            await produce(writer)
            writer.end()
        }
        writer.state.withLock { $0.task = task }
        return created
    }
}

extension HTTPBodyWriter: Streaming {
    func cancel() { state.withLock { $0.task }?.cancel() }

    func abandon() { end() }

    func connectionClosed() {
        let (task, waiter) = state.withLock { state -> (Task<Void, Never>?, CheckedContinuation<Void, Never>?) in
            state.isClosed = true
            defer { state.waiter = nil }
            return (state.task, state.waiter)
        }
        task?.cancel()
        waiter?.resume()
    }

    var isSuspended: Bool { state.withLock { $0.isSuspended } }
}
