#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A bound, listening TCP socket, closed with its owner unless handed over.
struct ListenSocket: ~Copyable {
    private(set) var descriptor: Int32
    let port: UInt16

    /// Binds `host` (a numeric address or a name) and starts to listen; port 0 takes a free one.
    init(host: String, port: UInt16, backlog: Int32) throws(HTTPError) {
        var hints = addrinfo()
        hints.ai_socktype = Platform.stream
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let found = getaddrinfo(host, String(port), &hints, &list)
        guard found == 0, let first = list else {
            let reason = String(cString: gai_strerror(found))
            throw HTTPError(.cannotBind, "cannot listen on '\(host)': \(reason). Give an address of this machine.")
        }
        defer { freeaddrinfo(list) }
        let address = first.pointee
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else {
            throw HTTPError(.cannotBind, "cannot open a socket: \(Platform.text(ofError: errno))")
        }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, backlog) == 0 else {
            let number = errno
            close(descriptor)
            throw ListenSocket.error(number, host: host, port: port)
        }
        self.descriptor = descriptor
        self.port = ListenSocket.port(of: descriptor)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Gives the descriptor away; the new owner closes it.
    mutating func handOver() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
    }

    private static func error(_ number: Int32, host: String, port: UInt16) -> HTTPError {
        switch number {
        case EADDRINUSE:
            HTTPError(
                .portTaken,
                "port \(port) on \(host) is taken by another process: stop that process, or choose another port "
                    + "(0 takes any free one)")
        case EACCES:
            HTTPError(
                .cannotBind, "port \(port) on \(host) needs more rights than this process has: choose one above 1023")
        case EADDRNOTAVAIL:
            HTTPError(.cannotBind, "\(host) is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for all")
        default:
            HTTPError(.cannotBind, "cannot listen on \(host):\(port): \(Platform.text(ofError: number))")
        }
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            // Both address families keep the port in the two bytes behind the family.
            return UnsafeRawPointer(pointer).load(fromByteOffset: 2, as: UInt16.self).bigEndian
        }
    }
}
