import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ctrl-C and a polite kill, as something a task can wait for.
enum Interruption {
    /// Signals that are caught from now on.
    struct Listener {
        fileprivate let signals: AsyncStream<Int32>
        fileprivate let sources: [any DispatchSourceSignal]

        /// Returns when SIGINT or SIGTERM has arrived; a second one ends the process at once.
        func wait() async {
            for await _ in signals { break }
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
    }

    /// Catches SIGINT and SIGTERM; to be called before anybody is told that there is something to interrupt.
    static func listen() -> Listener {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
        return Listener(signals: signals, sources: sources)
    }

    /// Returns when SIGINT or SIGTERM arrives; a second one ends the process at once.
    static func wait() async { await listen().wait() }

    /// Runs `body`; an interruption cancels it, and is then what this throws.
    ///
    /// - Parameter advice: what to do next, for people.
    static func cancelling<Value: Sendable>(
        advice: String = "run the same command again to go on where it stopped",
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            guard let value = first else {
                throw Failure(.interrupted, "interrupted; \(advice)")
            }
            return value
        }
    }
}
