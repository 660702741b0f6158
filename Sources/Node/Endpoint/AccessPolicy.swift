package import HTTP

/// Who may talk to a node: hosts against DNS rebinding, origins against foreign web pages.
package struct AccessPolicy: Sendable {
    private let hosts: [String]
    private let origins: [String]

    package init(_ configuration: NodeConfiguration) {
        hosts = configuration.allowedHosts.map { $0.lowercased() }
        origins = configuration.allowedOrigins.map { $0.lowercased() }
    }

    /// Whether the name under which the client addressed the node is one of its own.
    ///
    /// A web page can have its name point to this machine, but cannot make the browser send another name.
    package func allows(host field: String?) -> Bool {
        guard let field, !field.isEmpty else { return true }
        let host = AccessPolicy.host(of: field.lowercased())
        return host == "localhost" || AccessPolicy.isAddress(host) || hosts.contains("*") || hosts.contains(host)
    }

    /// Whether pages of this origin may call.
    package func allows(origin: String) -> Bool {
        let origin = origin.lowercased()
        if origins.contains("*") || origins.contains(origin) { return true }
        guard let start = origin.firstRange(of: "://")?.upperBound else { return false }
        let host = AccessPolicy.host(of: String(origin[start...]))
        return host == "localhost" || host == "::1" || AccessPolicy.isAddress(host) && host.hasPrefix("127.")
    }

    /// The header fields that tell a browser that it may; none for requests without origin.
    package func headers(for request: HTTPRequest) -> HTTPHeaders {
        guard let origin = request.headers["Origin"], allows(origin: origin) else { return HTTPHeaders() }
        var headers = HTTPHeaders()
        headers.set("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin)
        if !origins.contains("*") { headers.set("Vary", "Origin") }
        guard request.method == "OPTIONS" else { return headers }
        headers.set("Access-Control-Allow-Methods", "POST, GET, OPTIONS")
        headers.set("Access-Control-Allow-Headers", request.headers["Access-Control-Request-Headers"] ?? "content-type")
        headers.set("Access-Control-Max-Age", "600")
        return headers
    }

    /// A host field without its port and brackets.
    private static func host(of field: String) -> String {
        if field.hasPrefix("["), let end = field.firstIndex(of: "]") {
            return String(field[field.index(after: field.startIndex)..<end])
        }
        guard let colon = field.lastIndex(of: ":"), field.firstIndex(of: ":") == colon else { return field }
        return String(field[..<colon])
    }

    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return host.utf8.allSatisfy { $0 == 0x3a || $0 == 0x2e || isHex($0) } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
