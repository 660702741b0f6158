#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#else
    #error("HTTP needs a C library with sockets")
#endif

/// What differs between C libraries, and what must be set once in a process that talks over sockets.
enum Platform {
    /// A peer that went away must be an error of one connection, not a signal to the process.
    static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Lets the process hold `count` descriptors, where the system allows it.
    static func raiseDescriptorLimit(to count: Int) {
        var limit = rlimit()
        guard getrlimit(descriptors, &limit) == 0, limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        _ = setrlimit(descriptors, &limit)
    }

    /// Nanoseconds on a clock that only goes forward.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func text(ofError number: Int32) -> String { String(cString: strerror(number)) }

    #if canImport(Darwin)
        private static let descriptors = RLIMIT_NOFILE
        static let stream = SOCK_STREAM
    #else
        private static let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        static let stream = Int32(SOCK_STREAM.rawValue)
    #endif
}
