import CWslay

/// One side's frames of a WebSocket connection (RFC 6455), by libwslay: bytes in, messages out, and the reverse.
///
/// No input or output of its own, so that tests and fuzzers can feed it. Pings are answered, closes are echoed,
/// malformed frames turn into the close frame that the standard asks for.
package final class FrameCodec {
    package struct Message: Equatable {
        package var isText: Bool
        package var bytes: [UInt8]

        package init(isText: Bool, bytes: [UInt8]) { (self.isText, self.bytes) = (isText, bytes) }
    }

    private var context: wslay_event_context_ptr?
    private var input: [UInt8] = []
    private var consumed = 0
    package private(set) var output: [UInt8] = []
    private var messages: [Message] = []

    /// Which end of the connection this is: a client masks what it sends, and must not be sent masked frames.
    package enum Side: Sendable {
        case server, client
    }

    /// - Parameter limit: bytes of the largest message; a larger one closes the connection (1009).
    package init(limit: Int, side: Side = .server) {
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = FrameCallbacks.receive
        callbacks.send_callback = FrameCallbacks.send
        callbacks.on_msg_recv_callback = FrameCallbacks.message
        callbacks.genmask_callback = FrameCallbacks.mask
        let me = Unmanaged.passUnretained(self).toOpaque()
        let made =
            side == .server
            ? wslay_event_context_server_init(&context, &callbacks, me)
            : wslay_event_context_client_init(&context, &callbacks, me)
        precondition(made == 0, "libwslay has no memory for a connection")
        wslay_event_config_set_max_recv_msg_length(context, UInt64(limit))
    }

    deinit { wslay_event_context_free(context) }

    /// Whether more may come, or something is left to be sent.
    package var isOpen: Bool { wslay_event_want_read(context) != 0 || wslay_event_want_write(context) != 0 }

    /// Takes bytes from the peer and returns the messages that they complete; nil when the connection has failed.
    package func receive(_ bytes: [UInt8]) -> [Message]? {
        input.append(contentsOf: bytes)
        let result = wslay_event_recv(context)
        input.removeFirst(consumed)
        consumed = 0
        flush()
        defer { messages = [] }
        return result == 0 ? messages : nil
    }

    package func send(text: [UInt8]) { queue(text, UInt8(WSLAY_TEXT_FRAME.rawValue)) }
    package func ping() { queue([], UInt8(WSLAY_PING.rawValue)) }

    package func close(_ code: UInt16) {
        wslay_event_queue_close(context, code, nil, 0)
        flush()
    }

    /// The bytes to be sent, which are then forgotten.
    package func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    private func queue(_ bytes: [UInt8], _ opcode: UInt8) {
        bytes.withUnsafeBufferPointer { buffer in
            var message = wslay_event_msg(opcode: opcode, msg: buffer.baseAddress, msg_length: buffer.count)
            // Fails after a close was queued, and then nothing more is to be said.
            _ = wslay_event_queue_msg(context, &message)
        }
        flush()
    }

    private func flush() { _ = wslay_event_send(context) }

    // MARK: - Called by libwslay

    fileprivate func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int? {
        let count = min(capacity, input.count - consumed)
        guard count > 0 else { return nil }
        input.withUnsafeBufferPointer { buffer in
            target.update(from: buffer.baseAddress! + consumed, count: count)  // count > 0: the buffer is not empty
        }
        consumed += count
        return count
    }

    fileprivate func write(_ bytes: UnsafeBufferPointer<UInt8>) { output.append(contentsOf: bytes) }

    fileprivate func take(_ message: Message) { messages.append(message) }
}

/// The C functions that libwslay calls.
private enum FrameCallbacks {
    private static func codec(_ context: UnsafeMutableRawPointer?) -> FrameCodec? {
        context.map { Unmanaged<FrameCodec>.fromOpaque($0).takeUnretainedValue() }
    }

    static let receive: wslay_event_recv_callback = { wslay, target, capacity, _, context in
        guard let target, let count = codec(context)?.read(into: target, capacity: capacity) else {
            wslay_event_set_error(wslay, Int32(WSLAY_ERR_WOULDBLOCK.rawValue))
            return -1
        }
        return count
    }

    static let send: wslay_event_send_callback = { _, bytes, count, _, context in
        codec(context)?.write(UnsafeBufferPointer(start: bytes, count: count))
        return count
    }

    /// A fresh random mask for each frame (section 5.3).
    static let mask: wslay_event_genmask_callback = { _, target, count, _ in
        guard let target else { return -1 }
        for index in 0..<count { target[index] = UInt8.random(in: 0...255) }
        return 0
    }

    static let message: wslay_event_on_msg_recv_callback = { _, argument, context in
        guard let message = argument?.pointee else { return }
        let isText = UInt32(message.opcode) == WSLAY_TEXT_FRAME.rawValue
        guard isText || UInt32(message.opcode) == WSLAY_BINARY_FRAME.rawValue else { return }
        let bytes = Array(UnsafeBufferPointer(start: message.msg, count: message.msg_length))
        codec(context)?.take(FrameCodec.Message(isText: isText, bytes: bytes))
    }
}
