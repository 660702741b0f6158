import CMicrohttpd
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd's polling threads.
///
///     let server = HTTPServer(configuration: .init(port: 8545), handler: handler)
///     try server.start()
///     print(server.port)
///     await server.stop()
///
/// Memory is bounded: so many connections, so many bytes of headers for each, so many bytes of bodies in all.
package final class HTTPServer: Sendable {
    package struct Configuration: Sendable {
        /// A numeric address or a name; only this machine by default.
        package var host = "127.0.0.1"
        /// 0 takes a free port; `HTTPServer.port` tells which.
        package var port: UInt16 = 0
        package var threads = 2
        /// More wait in the system's queue.
        package var connectionLimit = 1024
        /// Bytes of one body; more is answered with 413.
        package var bodyLimit = 16 << 20
        /// Bytes of all bodies that are being received or answered; more is answered with 503.
        package var bodyBudget = 512 << 20
        /// Bytes of all answers above 64 KiB that clients have not taken yet; more is answered with 503.
        package var answerBudget = 512 << 20
        /// Bytes that one connection may use for its headers; more is answered with 431.
        package var headerLimit = 32 << 10
        /// Seconds a connection may stay silent, or take for the head of one request.
        package var idleSeconds = 120
        /// Seconds in which a body must have come.
        package var bodySeconds = 60
        /// Seconds that `stop` gives to requests in progress.
        package var graceSeconds = 5

        package init(host: String = "127.0.0.1", port: UInt16 = 0) { (self.host, self.port) = (host, port) }
    }

    let configuration: Configuration
    let handler: any HTTPHandler
    let traffic: Traffic
    private let running = Mutex<Running?>(nil)

    private struct Running: @unchecked Sendable {
        // The daemon pointer is only used by `stop`, once, after it has been taken out of the mutex.
        let daemon: OpaquePointer
        let port: UInt16
        let sweeper: Task<Void, Never>
    }

    package init(configuration: Configuration, handler: any HTTPHandler) {
        (self.configuration, self.handler) = (configuration, handler)
        traffic = Traffic(bodies: configuration.bodyBudget, answers: configuration.answerBudget)
    }

    /// The port it listens on; 0 while it is stopped.
    package var port: UInt16 { running.withLock { $0?.port ?? 0 } }

    /// Binds and serves.
    ///
    /// - Throws: `HTTPError` of code `.portTaken`, `.cannotBind` or `.cannotStart`.
    package func start() throws(HTTPError) {
        precondition(port == 0, "the server is already running")
        _ = Platform.ignoreBrokenPipes
        Platform.raiseDescriptorLimit(to: configuration.connectionLimit + 256)
        var socket = try ListenSocket(host: configuration.host, port: configuration.port, backlog: 1024)
        traffic.open()
        // The threads keep the server alive until `stop`.
        let context = Unmanaged.passRetained(self)
        let daemon = cairn_mhd_start(
            socket.descriptor, UInt32(max(1, configuration.threads)), UInt32(configuration.connectionLimit),
            UInt32(configuration.idleSeconds), configuration.headerLimit, ServerCallbacks.access,
            ServerCallbacks.completed, ServerCallbacks.connected, context.toOpaque())
        guard let daemon else {
            context.release()
            throw HTTPError(
                .cannotStart,
                "the HTTP server library refused to start on port \(socket.port): out of threads or descriptors?")
        }
        _ = socket.handOver()
        let (traffic, limit) = (traffic, UInt64(configuration.idleSeconds) * 1_000_000_000)
        let crowd = configuration.connectionLimit * 7 / 8
        let sweeper = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(2))
                traffic.closeConnections(idleLongerThan: limit, crowd: crowd)
            }
        }
        let started = Running(daemon: daemon, port: socket.port, sweeper: sweeper)
        running.withLock { $0 = started }
    }

    /// Stops accepting, lets requests in progress finish within the grace period, ends the rest with 503, and
    /// returns when every thread and socket is gone.
    package func stop() async {
        guard
            let taken = running.withLock({ value in
                defer { value = nil }; return value
            })
        else { return }
        taken.sweeper.cancel()
        let listener = MHD_quiesce_daemon(taken.daemon)
        await traffic.drain(graceSeconds: configuration.graceSeconds)
        MHD_stop_daemon(taken.daemon)
        if listener >= 0 { Descriptor.close(listener) }
        Unmanaged.passUnretained(self).release()
    }
}
