/// A request as a handler sees it: whole, within the server's limits.
package struct HTTPRequest: Sendable {
    /// Upper case, as it came.
    package var method: String
    /// Percent-decoded, from `/` on, without the query.
    package var path: String
    package var query: [(name: String, value: String)]
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// Of the connection that the request came over; nil where it came over none.
    package var load: ConnectionLoad?

    package init(
        method: String, path: String, query: [(name: String, value: String)] = [], headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = []
    ) {
        (self.method, self.path, self.query) = (method, path, query)
        (self.headers, self.body) = (headers, body)
    }
}

/// An answer: bytes, a stream of bytes, or another protocol on the same connection.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Runs when the head is being sent; the body ends when it returns.
        case stream(@Sendable (HTTPBodyWriter) async -> Void)
        /// Takes the socket over after a `101`; the connection closes when it returns.
        case upgrade(@Sendable (UpgradedSocket) async -> Void)
    }

    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// A whole body with its media type.
    package init(status: Int = 200, type: String, bytes: [UInt8]) {
        self.init(status: status, headers: ["Content-Type": type], body: .bytes(bytes))
    }

    /// Text, UTF-8.
    package init(status: Int = 200, type: String = "text/plain; charset=utf-8", text: String) {
        self.init(status: status, type: type, bytes: Array(text.utf8))
    }
}

/// Answers requests; one value serves all connections.
package protocol HTTPHandler: Sendable {
    /// Answers one request.
    ///
    /// Starts on the server's own thread and stays there while it does not suspend, so a quick answer costs no
    /// change of threads; work of more than some milliseconds belongs elsewhere (`await` something).
    func respond(to request: HTTPRequest) async -> HTTPResponse
}
