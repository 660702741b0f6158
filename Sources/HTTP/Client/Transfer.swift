import CCurl
import Synchronization

/// One request on its way: a curl handle and what has come back so far.
///
/// Set up by its caller, then touched only by the loop's thread, which alone ends it.
final class Transfer {
    typealias Outcome = Result<HTTPClient.Response, HTTPError>

    let request: HTTPClient.Request
    let handle: OpaquePointer
    let continuation = Mutex<CheckedContinuation<Outcome, Never>?>(nil)
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let body: UnsafeMutableBufferPointer<UInt8>
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers = HTTPHeaders()
    private var received: [UInt8] = []
    private var isTooLarge = false

    init(_ request: HTTPClient.Request) throws(HTTPError) {
        for (name, value) in request.headers.fields + [(name: "", value: request.url + request.method)] {
            // A line break would end the field and start another.
            guard !(name + value).utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
                throw HTTPError(.invalidRequest, "a header, method or URL holds a line break: '\(name)'")
            }
        }
        _ = CurlLoop.initialised
        guard let handle = curl_easy_init() else { throw HTTPError(.cannotConnect, "libcurl is out of memory") }
        (self.request, self.handle) = (request, OpaquePointer(handle))
        body = .allocate(capacity: request.body.count)
        _ = body.initialize(from: request.body)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure()
    }

    deinit {
        curl_easy_cleanup(UnsafeMutableRawPointer(handle))
        curl_slist_free_all(fields)
        body.deallocate()
        errorText.deallocate()
    }

    var easy: UnsafeMutableRawPointer { UnsafeMutableRawPointer(handle) }

    private func configure() {
        cairn_curl_set_text(easy, CURLOPT_URL, request.url)
        // No file:// or other schemes, here or after a redirect; redirects are not followed.
        cairn_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        cairn_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        cairn_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        cairn_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        cairn_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        cairn_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT, request.connectSeconds)
        cairn_curl_set_long(easy, CURLOPT_TIMEOUT, request.totalSeconds)
        cairn_curl_set_text(easy, CURLOPT_ACCEPT_ENCODING, "")
        cairn_curl_set_text(easy, CURLOPT_USERAGENT, "cairn")
        cairn_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        if request.method == "POST" || !request.body.isEmpty {
            cairn_curl_set_long(easy, CURLOPT_POST, 1)
            cairn_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            cairn_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
            // Without this, curl waits a second for "100 Continue" before a large body.
            fields = curl_slist_append(fields, "Expect:")
        }
        if request.method == "HEAD" { cairn_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        cairn_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
        for (name, value) in request.headers.fields { fields = curl_slist_append(fields, "\(name): \(value)") }
        cairn_curl_set_pointer(easy, CURLOPT_HTTPHEADER, fields)
        let me = Unmanaged.passUnretained(self).toOpaque()
        cairn_curl_set_receive(easy, CURLOPT_WRITEFUNCTION, CurlCallbacks.body)
        cairn_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        cairn_curl_set_receive(easy, CURLOPT_HEADERFUNCTION, CurlCallbacks.header)
        cairn_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
    }

    /// Keeps a part of the body; false aborts the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = received.count + bytes.count > request.responseLimit
        guard !isTooLarge else { return false }
        received.append(contentsOf: bytes)
        return true
    }

    func receiveHeader(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self)
        // A new head (after "100 Continue") replaces what came before it.
        if text.hasPrefix("HTTP/") { headers = HTTPHeaders() }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        headers.append(String(text[..<colon]), String(value.prefix { !$0.isNewline }))
    }

    /// Tells the caller how it ended.
    func end(_ code: CURLcode) {
        guard code == CURLE_OK else { return end(.failure(error(code))) }
        var status = 0
        cairn_curl_status(easy, &status)
        end(.success(HTTPClient.Response(status: status, headers: headers, body: received)))
    }

    func end(_ outcome: Outcome) {
        let waiting = continuation.withLock { value in
            defer { value = nil }
            return value
        }
        waiting?.resume(returning: outcome)
    }

    private func error(_ code: CURLcode) -> HTTPError {
        if code == CURLE_WRITE_ERROR, isTooLarge {
            return HTTPError(
                .tooLarge, "the answer of \(request.url) is larger than \(request.responseLimit) bytes")
        }
        return HTTPError(code, url: request.url, detail: String(cString: errorText))
    }
}

extension HTTPError {
    /// From libcurl's code, with its words where it gave any.
    init(_ code: CURLcode, url: String, detail text: String) {
        let detail = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            self.init(.invalidRequest, "'\(url)' is not an http or https address: \(detail)")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self.init(.cannotConnect, "\(url): no such host: \(detail)")
        case CURLE_COULDNT_CONNECT:
            self.init(.cannotConnect, "nothing answers at \(url): \(detail). Is it running, and is the port right?")
        case CURLE_OPERATION_TIMEDOUT: self.init(.timedOut, "\(url) was too slow: \(detail)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            self.init(.insecure, "\(url): TLS failed: \(detail)")
        default: self.init(.broken, "\(url): the connection broke: \(detail)")
        }
    }
}

// Written by its caller before `CurlLoop.add`, by the loop's thread after it; the continuation has its own lock.
extension Transfer: @unchecked Sendable {}

/// The C functions that libcurl calls on the loop's thread.
enum CurlCallbacks {
    static let body: cairn_curl_receive = { bytes, size, count, context in
        guard let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }

    static let header: cairn_curl_receive = { bytes, size, count, context in
        guard let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }
}
