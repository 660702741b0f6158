import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("The clock needs POSIX time")
#endif

/// Where block timestamps come from.
package protocol WallClock: Sendable {
    /// Seconds since 1970.
    func now() -> UInt64
}

/// The machine's own clock.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec))
    }
}

/// A clock that stands still until it is moved; for tests and simulations.
package final class ManualClock: WallClock {
    private let seconds: Mutex<UInt64>

    package init(_ start: UInt64) { seconds = Mutex(start) }

    package func now() -> UInt64 { seconds.withLock { $0 } }
    package func advance(by delta: UInt64) { seconds.withLock { $0 += delta } }
}
