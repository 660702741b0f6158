import CMicrohttpd
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A connection that has left HTTP: bytes in, bytes out.
package final class UpgradedSocket: ByteChannel {
    private struct State {
        var descriptor: Int32 = -1
        /// What the client had sent behind its request.
        var early: [UInt8] = []
        var task: Task<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let take: @Sendable (UpgradedSocket) async -> Void

    private init(take: @escaping @Sendable (UpgradedSocket) async -> Void) { self.take = take }

    /// The next bytes, at most 64 KiB of them; nil when the peer has ended or the socket was closed.
    package func read() async -> [UInt8]? {
        let (descriptor, early) = state.withLock { state -> (Int32, [UInt8]) in
            defer { state.early = [] }
            return (state.descriptor, state.early)
        }
        if !early.isEmpty { return early }
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                failure = received < 0 ? errno : 0
                count = max(0, received)
            }
            if !bytes.isEmpty { return bytes }
            guard failure == EAGAIN || failure == EINTR else { return nil }
            if failure == EAGAIN { await SocketPoll.shared.wait(for: descriptor, events: Int16(POLLIN)) }
        }
    }

    /// Sends all the bytes; false when the peer is gone. Callers send one after another.
    @discardableResult
    package func write(_ bytes: [UInt8]) async -> Bool {
        let (descriptor, isClosed) = state.withLock { ($0.descriptor, $0.isClosed) }
        guard !isClosed else { return false }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, 0)  // not empty: sent < count
                #else
                    send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
                #endif
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                await SocketPoll.shared.wait(for: descriptor, events: Int16(POLLOUT))
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Ends both directions; a waiting `read` returns nil.
    package func close() {
        // Under the lock: the descriptor is forgotten there before the library may give its number to another socket.
        state.withLock { state in
            state.isClosed = true
            if state.descriptor >= 0 { Descriptor.shutdown(state.descriptor) }
        }
    }

    /// A `101` response that gives the socket to `take`.
    static func response(
        for exchange: Exchange, take: @escaping @Sendable (UpgradedSocket) async -> Void
    ) -> OpaquePointer? {
        let socket = UpgradedSocket(take: take)
        // The exchange keeps the socket alive until libmicrohttpd has closed the connection.
        exchange.attach(socket)
        return MHD_create_response_for_upgrade(
            { context, _, _, early, earlySize, descriptor, handle in
                guard let context, let handle else { return }
                let socket = Unmanaged<UpgradedSocket>.fromOpaque(context).takeUnretainedValue()
                let bytes = UnsafeRawBufferPointer(start: early, count: earlySize)
                socket.begin(descriptor: descriptor, early: Array(bytes), handle: Handle(pointer: handle))
            }, Unmanaged.passUnretained(socket).toOpaque())
    }

    private struct Handle: @unchecked Sendable {
        // Used once, by the task that closes the connection; the library locks inside.
        let pointer: OpaquePointer
    }

    private func begin(descriptor: Int32, early: [UInt8], handle: Handle) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        state.withLock { ($0.descriptor, $0.early) = (descriptor, early) }
        let task = Task {
            await self.take(self)
            self.close()
            self.state.withLock { $0.descriptor = -1 }
            _ = cairn_mhd_close_upgraded(handle.pointer)
        }
        state.withLock { $0.task = task }
    }
}

extension UpgradedSocket: Streaming {
    func cancel() {
        state.withLock { $0.task }?.cancel()
        close()
    }

    func abandon() { close() }
    func connectionClosed() {}

    /// The library counts an upgraded connection as suspended until it is closed.
    var isSuspended: Bool { state.withLock { $0.task != nil } }
}
