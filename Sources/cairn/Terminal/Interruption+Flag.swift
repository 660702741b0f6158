import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Interruption {
    /// Raised by the first SIGINT or SIGTERM, for work that looks between its steps; a second one ends the process at once.
    final class Flag: Sendable {
        private let raised = Atomic<Bool>(false)

        var isRaised: Bool { raised.load(ordering: .relaxed) }

        fileprivate func raise() { raised.store(true, ordering: .relaxed) }
    }

    /// Runs `body` with a flag that signals raise, and puts the signals' own effect back after it.
    static func flagged<Value>(_ body: (Flag) throws -> Value) rethrows -> Value {
        let flag = Flag()
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                flag.raise()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        }
        return try body(flag)
    }
}
