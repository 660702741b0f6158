import Testing

import HTTP

/// Frames as a client writes them: masked.
func clientFrame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true) -> [UInt8] {
    var frame: [UInt8] = [(fin ? 0x80 : 0) | opcode]
    let flag: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: frame.append(flag | UInt8(payload.count))
    case ..<65_536: frame += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [flag | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
    }
    let mask: [UInt8] = [1, 2, 3, 4]
    if masked { frame += mask }
    return frame + payload.enumerated().map { masked ? $0.element ^ mask[$0.offset & 3] : $0.element }
}

@Suite struct FrameCodecTests {
    /// The example of RFC 6455, section 1.3.
    @Test func theHandshakeIsTheStandards() {
        #expect(HTTPResponse.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 200_000])
    func messagesOfAllSizesArriveByteByByteOrWhole(size: Int) {
        let payload = [UInt8](repeating: 0x61, count: size)
        let codec = FrameCodec(limit: 1 << 20)
        #expect(codec.receive(clientFrame(1, payload)) == [.init(isText: true, bytes: payload)])
        var found: [FrameCodec.Message] = []
        for byte in clientFrame(2, payload).prefix(5000) { found += codec.receive([byte]) ?? [] }
        if size < 4000 { #expect(found == [.init(isText: false, bytes: payload)]) }
    }

    @Test func fragmentsAreJoinedAroundControlFrames() {
        let codec = FrameCodec(limit: 1000)
        let stream = clientFrame(1, [0x61], fin: false) + clientFrame(9, [7]) + clientFrame(0, [0x62], fin: true)
        #expect(codec.receive(stream) == [.init(isText: true, bytes: [0x61, 0x62])])
        // The ping was answered with its own payload.
        #expect(codec.takeOutput() == [0x8a, 1, 7])
    }

    @Test func sendingFramesAText() {
        let codec = FrameCodec(limit: 1000)
        codec.send(text: Array("hi".utf8))
        #expect(codec.takeOutput() == [0x81, 2, 0x68, 0x69])
    }

    /// Each is answered with the close code of RFC 6455, section 7.4.1.
    @Test(arguments: [
        (clientFrame(1, [0x61], masked: false), 1002), (clientFrame(1, [0xff, 0xfe]), 1007),
        (clientFrame(3, []), 1002), (clientFrame(0, [1]), 1002),
        (clientFrame(9, [UInt8](repeating: 0, count: 126)), 1005),
        (clientFrame(1, [UInt8](repeating: 0x61, count: 1001)), 1009), ([0xf1, 0x80, 0, 0, 0, 0], 1002),
    ])
    func badFramesCloseTheConnection(frame: [UInt8], code: Int) {
        let codec = FrameCodec(limit: 1000)
        _ = codec.receive(frame)
        let output = codec.takeOutput()
        #expect(output.starts(with: [0x88]))
        // 1005 stands for a close frame without a code.
        #expect(output.count == 2 ? code == 1005 : Int(output[2]) << 8 | Int(output[3]) == code)
    }

    @Test func aCloseIsEchoed() {
        let codec = FrameCodec(limit: 1000)
        _ = codec.receive(clientFrame(8, [0x03, 0xe8]))
        #expect(codec.takeOutput() == [0x88, 2, 0x03, 0xe8])
        #expect(!codec.isOpen)
    }

    /// Random bytes must never trap, and never grow without bound.
    @Test func noiseDoesNoHarm() {
        var seed: UInt64 = 42
        for _ in 0..<300 {
            let codec = FrameCodec(limit: 1000)
            for _ in 0..<20 {
                let noise = (0..<40).map { _ in
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: seed >> 33)
                }
                guard codec.receive(noise) != nil else { break }
            }
            #expect(codec.takeOutput().count < 10_000)
        }
    }
}

@Suite(.serialized, .timeLimit(.minutes(1)))
struct WebSocketTests {
    private let handshake =
        "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    @Test func messagesAreEchoedAndTheGoodbyeArrives() async throws {
        try await withServer { server, _ in
            let socket = try RawSocket(port: server.port)
            socket.send(handshake)
            let head = await socket.receive(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            for size in [1, 1000, 100_000] {
                let text = String(repeating: "x", count: size)
                socket.send(bytes: clientFrame(1, Array(text.utf8)))
                let header = size < 126 ? 2 : size < 65_536 ? 4 : 10
                #expect(await socket.receiveBytes(count: size + header).count == size + header)
            }
            socket.send(bytes: clientFrame(1, Array("bye".utf8)))
            #expect(await socket.receiveBytes() == [0x81, 3] + Array("bye".utf8) + [0x88, 2, 0x03, 0xe8])
        }
    }

    @Test func otherHandshakesAreRefused() async throws {
        try await withServer { server, _ in
            for (change, status) in [("Version: 13", "Version: 8"), ("Key: ", "Kex: ")].map({
                ($0, $0.0.hasPrefix("V") ? "426" : "400")
            }) {
                let socket = try RawSocket(port: server.port)
                socket.send(handshake.replacing(change.0, with: change.1))
                #expect(await socket.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 \(status)"))
            }
        }
    }

    @Test func openSocketsDoNotKeepTheServerFromStopping() async throws {
        try await withServer { server, _ in
            let sockets = try (0..<20).map { _ in try RawSocket(port: server.port) }
            for socket in sockets {
                socket.send(handshake)
                _ = await socket.receive(until: "\r\n\r\n")
            }
            await server.stop()
        }
    }
}

@Suite("A WebSocket client", .timeLimit(.minutes(1)))
struct WebSocketClientTests {
    private let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private let head =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    @Test("it masks what it sends, and refuses masked frames")
    func masks() throws {
        let codec = FrameCodec(limit: 1000, side: .client)
        codec.send(text: Array("hello".utf8))
        let frame = codec.takeOutput()
        #expect(frame.prefix(2) == [0x81, 0x85])
        let mask = Array(frame[2..<6])
        #expect(frame.dropFirst(6).enumerated().map { $0.element ^ mask[$0.offset & 3] } == Array("hello".utf8))
        #expect(codec.receive(clientFrame(1, [0x61], masked: false)) == [.init(isText: true, bytes: [0x61])])
        _ = codec.receive(clientFrame(1, [0x61], masked: true))
        #expect(!codec.isOpen || codec.takeOutput().first == 0x88)
        // The server reads what the client writes.
        #expect(FrameCodec(limit: 1000).receive(frame) == [.init(isText: true, bytes: Array("hello".utf8))])
    }

    @Test("the server's answer is read in pieces of any size, and what follows it is kept")
    func handshake() throws {
        let bytes = Array(head.utf8) + [0x81, 1, 0x61]
        for cut in 0..<bytes.count {
            var reader = HandshakeReader(key: key, url: "ws://peer")
            let first = try reader.take(Array(bytes[..<cut]))
            let early = try first ?? reader.take(Array(bytes[cut...]))
            #expect((early ?? []) + (first == nil ? [] : Array(bytes[cut...])) == [0x81, 1, 0x61])
        }
    }

    @Test(
        "an answer that does not fit is refused",
        arguments: [
            ("101 Switching", "403 Forbidden", "HTTP 403 Forbidden"), ("Upgrade: WebSocket", "X: y", "does not fit"),
            ("keep-alive, Upgrade", "close", "does not fit"), ("s3pP", "S3pP", "does not fit"),
            ("HTTP/1.1", "ICY", "with HTTP"),
            ("Connection:", "Sec-WebSocket-Protocol: x\r\nConnection:", "not offered"),
        ])
    func refusals(old: String, new: String, words: String) {
        var reader = HandshakeReader(key: key, url: "ws://peer")
        let error = #expect(throws: HTTPError.self) { _ = try reader.take(Array(head.replacing(old, with: new).utf8)) }
        #expect(error?.message.contains(words) == true)
    }

    @Test("an endless head is refused")
    func endless() {
        var reader = HandshakeReader(key: key, url: "ws://peer")
        #expect(throws: HTTPError.self) {
            for _ in 0..<100 { _ = try reader.take([UInt8](repeating: 0x61, count: 1000)) }
        }
    }

    @Test("it talks with our own server, large messages included")
    func talks() async throws {
        let server = HTTPServer(configuration: .init(), handler: EchoingSocket())
        try server.start()
        let sizes = [0, 1, 125, 126, 70_000, 3_000_000]
        let came = try await WebSocket.open("ws://127.0.0.1:\(server.port)/any?x=1") { socket -> [Int] in
            var came: [Int] = []
            for size in sizes {
                socket.send([UInt8](repeating: 0x61, count: size))
                came.append(await socket.receive()?.count ?? -1)
            }
            return came
        }
        #expect(came == sizes)
        await server.stop()
    }

    @Test(
        "what is no address of a WebSocket is named",
        arguments: ["http://a", "ws://", "ws:/a", "ws://a b", "", "wss://\n"])
    func addresses(url: String) async {
        await #expect(throws: HTTPError.self) { try await WebSocket.open(url) { _ in } }
    }
}

/// Sends every message back.
private struct EchoingSocket: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        .webSocket(for: request) { socket in
            while let message = await socket.receive() { socket.send(message) }
        }
    }
}
