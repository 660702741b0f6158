import COpenSSL
import Synchronization

extension WebSocket {
    /// Opens a connection as a client, gives it to `run`, and closes it.
    ///
    /// - Parameters:
    ///   - url: a ws or wss address.
    ///   - headers: sent with the handshake, an API key for instance.
    ///   - messageLimit: bytes of the largest message; a larger one closes the connection.
    /// - Throws: `HTTPError` where no connection came about; what happens to it later, `run` sees as its end.
    package static func open<Value: Sendable>(
        _ url: String, headers: HTTPHeaders = HTTPHeaders(), seconds: Int = 10, messageLimit: Int = 256 << 20,
        run: @escaping @Sendable (WebSocket) async -> Value
    ) async throws(HTTPError) -> Value {
        let handshake = try ClientHandshake(url: url, headers: headers)
        let channel = try await ClientChannel.connect(handshake.address, seconds: seconds)
        // A peer that takes the connection and then says nothing is not waited for.
        let patience = Task {
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            channel.close()
        }
        defer { patience.cancel() }
        var reader = HandshakeReader(key: handshake.key, url: url)
        guard await channel.write(handshake.request) else {
            throw HTTPError(.broken, "\(url): the connection broke during the handshake")
        }
        while true {
            guard let bytes = await channel.read() else {
                throw HTTPError(.broken, "\(url) ended the connection, or was too slow, during the handshake")
            }
            guard let early = try reader.take(bytes) else { continue }
            patience.cancel()
            return await WebSocket.run(
                PrefixedChannel(early, then: channel), side: .client, limit: messageLimit, run: run)
        }
    }
}

/// What a client says first (RFC 6455, section 4.1).
struct ClientHandshake {
    /// The http or https address to connect to.
    let address: String
    let request: [UInt8]
    /// 16 random bytes in base64.
    let key: String

    init(url: String, headers: HTTPHeaders) throws(HTTPError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "ws" || scheme == "wss", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw HTTPError(.invalidRequest, "'\(url)' is not a ws or wss address")
        }
        let rest = url.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest.dropFirst(authority.count).prefix { $0 != "#" }
        guard !authority.isEmpty, !url.utf8.contains(where: { $0 <= 32 || $0 >= 127 }) else {
            throw HTTPError(.invalidRequest, "'\(url)' names no host, or holds a character that must be escaped")
        }
        address = (scheme == "ws" ? "http://" : "https://") + authority
        var random = [UInt8](repeating: 0, count: 16)
        for index in random.indices { random[index] = UInt8.random(in: 0...255) }
        key = base64(random)
        let host = authority.split(separator: "@").last ?? authority
        var lines = [
            "GET \(path.hasPrefix("/") ? "" : "/")\(path) HTTP/1.1", "Host: \(host)", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13", "User-Agent: cairn",
        ]
        if authority.utf8.count > host.utf8.count {
            let credentials = authority.dropLast(host.count + 1)
            lines.append("Authorization: Basic \(base64(Array(credentials.utf8)))")
        }
        for (name, value) in headers.fields {
            // A line break would end the field and start another.
            guard !(name + value).utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
                throw HTTPError(.invalidRequest, "a header holds a line break: '\(name)'")
            }
            lines.append("\(name): \(value)")
        }
        request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}

/// Reads the server's answer to a handshake, piece by piece.
package struct HandshakeReader {
    /// Bytes of an answer's head that are read.
    private static let limit = 64 << 10

    private let key: String
    private let url: String
    private var head: [UInt8] = []

    /// - Parameters:
    ///   - key: what the client sent as `Sec-WebSocket-Key`.
    ///   - url: for errors.
    package init(key: String, url: String) { (self.key, self.url) = (key, url) }

    /// Takes the next bytes; nil while the head is not whole, then what came behind it.
    ///
    /// - Throws: `HTTPError` where the server does not speak WebSocket.
    package mutating func take(_ bytes: [UInt8]) throws(HTTPError) -> [UInt8]? {
        let seen = max(0, head.count - 3)
        head += bytes
        let end: [UInt8] = [13, 10, 13, 10]
        guard let place = head.indices.dropFirst(seen).first(where: { head[$0...].starts(with: end) }) else {
            guard head.count <= Self.limit else {
                throw HTTPError(.tooLarge, "\(url) answered the handshake with more than \(Self.limit) bytes of head")
            }
            return nil
        }
        try check(String(decoding: head[..<place], as: UTF8.self))
        return Array(head[(place + 4)...])
    }

    private func check(_ text: String) throws(HTTPError) {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let status = lines[0].split(separator: " ", maxSplits: 2)
        guard status.count >= 2, status[0].hasPrefix("HTTP/1.") else {
            throw HTTPError(.broken, "\(url) did not answer the WebSocket handshake with HTTP")
        }
        guard status[1] == "101" else {
            throw HTTPError(
                .broken, "\(url) refused the WebSocket handshake: HTTP \(status.dropFirst().joined(separator: " "))")
        }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        guard headers.contains(token: "websocket", in: "Upgrade"), headers.contains(token: "upgrade", in: "Connection"),
            headers["Sec-WebSocket-Accept"] == HTTPResponse.acceptance(of: key)
        else { throw HTTPError(.broken, "\(url) answered the WebSocket handshake with a head that does not fit it") }
        guard headers["Sec-WebSocket-Extensions"] == nil, headers["Sec-WebSocket-Protocol"] == nil else {
            throw HTTPError(.broken, "\(url) wants an extension or protocol that was not offered")
        }
    }
}

/// A channel whose first bytes were read already.
private final class PrefixedChannel: ByteChannel {
    private let early: Mutex<[UInt8]>
    private let channel: any ByteChannel

    init(_ early: [UInt8], then channel: any ByteChannel) {
        self.early = Mutex(early)
        self.channel = channel
    }

    func read() async -> [UInt8]? {
        let first = early.withLock { early in
            defer { early = [] }
            return early
        }
        return first.isEmpty ? await channel.read() : first
    }

    func write(_ bytes: [UInt8]) async -> Bool { await channel.write(bytes) }
    func close() { channel.close() }
}

/// Base64 (RFC 4648).
private func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text.prefix(Int(count)), as: UTF8.self)
}
