import Synchronization

/// An HTTP client on libcurl: one thread, many transfers, connections kept alive and used again.
///
///     let client = HTTPClient()
///     let answer = try await client.send(.init(method: "POST", url: url, headers: headers, body: body))
///
/// Nothing is retried here: whether a request may be sent twice is for the caller to know.
package final class HTTPClient: Sendable {
    package struct Request: Sendable {
        package var method: String
        package var url: String
        package var headers: HTTPHeaders
        package var body: [UInt8]
        /// Seconds until a connection stands.
        package var connectSeconds = 10
        /// Seconds until the whole answer is there.
        package var totalSeconds = 60
        /// Bytes of body that the caller is ready to hold.
        package var responseLimit = 256 << 20

        package init(method: String = "GET", url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
            (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
        }
    }

    package struct Response: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]
    }

    private let loop: CurlLoop

    package init() { loop = CurlLoop() }

    deinit { loop.stop() }

    /// Sends a request and returns the whole answer, whatever its status.
    ///
    /// - Throws: `HTTPError` where no whole answer came; cancelling the task throws `.cancelled`.
    package func send(_ request: Request) async throws(HTTPError) -> Response {
        let transfer = try Transfer(request)
        let loop = loop
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.continuation.withLock { $0 = continuation }
                loop.add(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }
}
