import COpenSSL

extension HTTPResponse {
    /// Takes the connection over as a WebSocket (RFC 6455), or refuses a request that is no proper handshake.
    package static func webSocket(
        for request: HTTPRequest, messageLimit: Int = 16 << 20, run: @escaping @Sendable (WebSocket) async -> Void
    ) -> HTTPResponse {
        guard request.method == "GET", request.headers.contains(token: "websocket", in: "Upgrade"),
            request.headers.contains(token: "upgrade", in: "Connection"),
            let key = request.headers["Sec-WebSocket-Key"], key.utf8.count == 24
        else { return HTTPResponse(status: 400, text: "this is no WebSocket handshake\n") }
        guard request.headers["Sec-WebSocket-Version"] == "13" else {
            var response = HTTPResponse(status: 426, text: "this server speaks version 13 of WebSocket\n")
            response.headers.set("Sec-WebSocket-Version", "13")
            return response
        }
        return HTTPResponse(
            status: 101, headers: ["Upgrade": "websocket", "Sec-WebSocket-Accept": acceptance(of: key)],
            body: .upgrade { socket in
                await WebSocket.run(socket, side: .server, limit: messageLimit, run: run)
            })
    }

    /// Base64 of SHA-1 of the key and the standard's constant: proof that the server read the handshake.
    package static func acceptance(of key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        EVP_Digest(text, text.count, &digest, &length, EVP_sha1(), nil)
        var base64 = [UInt8](repeating: 0, count: 32)
        let count = EVP_EncodeBlock(&base64, digest, Int32(length))
        return String(decoding: base64.prefix(Int(count)), as: UTF8.self)
    }
}
