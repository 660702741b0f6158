import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A TCP client that sends whatever it is told, well-formed or not.
final class RawSocket {
    let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    @discardableResult
    func send(_ text: String) -> Int {
        text.withCString { Glibc.send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }

    func send(bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))  // sent < count
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Exactly `count` bytes, or what came before the end or a silence of eight seconds.
    func receiveBytes(count: Int) async -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            guard let part = await next(most: count - all.count) else { break }
            all += part
        }
        return all
    }

    /// What comes until `marker`, the end, or a silence of eight seconds.
    func receive(until marker: String? = nil) async -> String {
        String(decoding: await receiveBytes(until: marker), as: UTF8.self)
    }

    func receiveBytes(until marker: String? = nil) async -> [UInt8] {
        var all: [UInt8] = []
        while let part = await next(most: 64 << 10) {
            all += part
            if let marker, String(decoding: all, as: UTF8.self).contains(marker) { break }
        }
        return all
    }

    /// What has come, or nil after the end or eight seconds of looking every other millisecond.
    ///
    /// It never keeps its thread, which the server under test may need: the tests of all suites share one for each
    /// processor. The seconds are those in which this test had its turn.
    private func next(most: Int) async -> [UInt8]? {
        var part = [UInt8](repeating: 0, count: most)
        for _ in 0..<4000 {
            let count = recv(descriptor, &part, most, Int32(MSG_DONTWAIT))
            if count > 0 { return Array(part[..<count]) }
            guard count < 0, errno == EAGAIN || errno == EINTR else { return nil }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return nil
    }
}
