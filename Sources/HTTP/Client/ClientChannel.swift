import CCurl
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A connection that libcurl made, TLS and proxies included, and that then carries whatever its user sends.
final class ClientChannel: ByteChannel {
    private struct Connection: @unchecked Sendable {
        // A curl handle takes one call at a time; it is only touched under the mutex.
        let easy: UnsafeMutableRawPointer
        let descriptor: Int32
        var isClosed = false
    }

    private let connection: Mutex<Connection>
    private let descriptor: Int32

    /// Connects; blocks no task meanwhile.
    ///
    /// - Parameter url: an http or https address, of which scheme, host and port matter.
    /// - Throws: `HTTPError` where there is no connection, or TLS failed.
    static func connect(_ url: String, seconds: Int) async throws(HTTPError) -> ClientChannel {
        guard !url.utf8.contains(where: { $0 <= 32 }) else {
            throw HTTPError(.invalidRequest, "the address '\(url)' holds a space or a line break")
        }
        let result = await withCheckedContinuation { continuation in
            BackgroundThread.start {
                continuation.resume(
                    returning: Result { () throws(HTTPError) in try ClientChannel(url, seconds: seconds) })
            }
        }
        return try result.get()
    }

    private init(_ url: String, seconds: Int) throws(HTTPError) {
        _ = CurlLoop.initialised
        guard let easy = curl_easy_init() else { throw HTTPError(.cannotConnect, "libcurl is out of memory") }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { errorText.deallocate() }
        cairn_curl_set_text(easy, CURLOPT_URL, url)
        cairn_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        cairn_curl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        cairn_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        cairn_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        cairn_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        // No HTTP/2: a WebSocket handshake is HTTP/1.1.
        cairn_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        cairn_curl_set_long(easy, CURLOPT_SSL_ENABLE_ALPN, 0)
        cairn_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT, seconds)
        cairn_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        let code = curl_easy_perform(easy)
        cairn_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, nil)
        var descriptor: Int32 = -1
        guard code == CURLE_OK, cairn_curl_socket(easy, &descriptor) == CURLE_OK, descriptor >= 0 else {
            curl_easy_cleanup(easy)
            throw HTTPError(code, url: url, detail: String(cString: errorText))
        }
        self.descriptor = descriptor
        connection = Mutex(Connection(easy: easy, descriptor: descriptor))
    }

    deinit { connection.withLock { curl_easy_cleanup($0.easy) } }

    func read() async -> [UInt8]? {
        while true {
            let (bytes, code) = connection.withLock { connection -> ([UInt8], CURLcode) in
                guard !connection.isClosed else { return ([], CURLE_RECV_ERROR) }
                var code = CURLE_OK
                let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                    code = curl_easy_recv(connection.easy, buffer.baseAddress, buffer.count, &count)
                    if code != CURLE_OK { count = 0 }
                }
                return (bytes, code)
            }
            if code == CURLE_AGAIN {
                await SocketPoll.shared.wait(for: descriptor, events: Int16(POLLIN))
            } else {
                return bytes.isEmpty ? nil : bytes
            }
        }
    }

    @discardableResult
    func write(_ bytes: [UInt8]) async -> Bool {
        var sent = 0
        while sent < bytes.count {
            let code = connection.withLock { connection -> CURLcode in
                guard !connection.isClosed else { return CURLE_SEND_ERROR }
                var count = 0
                let code = bytes.withUnsafeBytes { buffer in
                    // Not empty: sent < count.
                    curl_easy_send(connection.easy, buffer.baseAddress! + sent, buffer.count - sent, &count)
                }
                sent += count
                return code
            }
            switch code {
            case CURLE_OK: continue
            case CURLE_AGAIN: await SocketPoll.shared.wait(for: descriptor, events: Int16(POLLOUT))
            default: return false
            }
        }
        return true
    }

    func close() {
        connection.withLock { connection in
            connection.isClosed = true
            Descriptor.shutdown(connection.descriptor)
        }
    }
}
