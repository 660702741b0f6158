import CMicrohttpd

/// libmicrohttpd's connection, as far as an exchange uses it.
struct ConnectionHandle {
    let pointer: OpaquePointer
    let record: Traffic.Connection?

    func suspend() { MHD_suspend_connection(pointer) }
    func resume() { MHD_resume_connection(pointer) }

    /// Hands an answer over; `.NO` closes the connection.
    func queue(_ response: HTTPResponse, for exchange: Exchange) -> MHD_Result {
        let created: OpaquePointer?
        switch response.body {
        case .bytes(let bytes):
            created = bytes.withUnsafeBytes { buffer in
                MHD_create_response_from_buffer(
                    buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .stream(let produce):
            created = HTTPBodyWriter.response(on: self, for: exchange, produce: produce)
        case .upgrade(let take):
            created = UpgradedSocket.response(for: exchange, take: take)
        }
        guard let created else { return .NO }
        defer { MHD_destroy_response(created) }
        for (name, value) in response.headers.fields { MHD_add_response_header(created, name, value) }
        return MHD_queue_response(pointer, UInt32(response.status), created)
    }

    /// The head of the request, copied.
    func request(method: UnsafePointer<CChar>?, path: UnsafePointer<CChar>?) -> HTTPRequest {
        var request = HTTPRequest(
            method: method.map { String(cString: $0) } ?? "", path: path.map { String(cString: $0) } ?? "/")
        withUnsafeMutablePointer(to: &request) { target in
            _ = MHD_get_connection_values(pointer, .HEADER_KIND, ServerCallbacks.collectHeader, target)
            _ = MHD_get_connection_values(pointer, .GET_ARGUMENT_KIND, ServerCallbacks.collectArgument, target)
        }
        if let record { request.load = record.load }
        return request
    }
}

// libmicrohttpd allows suspend and resume from any thread; every other use is on the connection's own thread.
extension ConnectionHandle: @unchecked Sendable {}
