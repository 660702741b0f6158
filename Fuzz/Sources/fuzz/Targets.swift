import Bytes
import Crypto
import Ethereum
import HTTP
import JSON

/// What is done with each input. A target must neither trap nor break the property that it states.
enum Targets {
    static let all: [String: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt] = [
        "rlp": { rlp(bytes($0, $1)) }, "json": { json(bytes($0, $1)) }, "abi": { abi(bytes($0, $1)) },
        "transaction": { transaction(bytes($0, $1)) }, "block": { block(bytes($0, $1)) },
        "keystore": { keystore(bytes($0, $1)) }, "trie": { trie(bytes($0, $1)) },
        "typeddata": { typedData(bytes($0, $1)) }, "frames": { frames(bytes($0, $1)) },
        "handshake": { handshake(bytes($0, $1)) },
    ]

    private static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// What is read is canonical: written again, it gives the same bytes.
    private static func rlp(_ input: [UInt8]) -> CInt {
        if let item = try? RLPItem(decoding: input) { precondition(item.encoded == input, "RLP is not canonical") }
        return 0
    }

    /// What is read survives writing and reading.
    private static func json(_ input: [UInt8]) -> CInt {
        guard let value = try? JSON(parsing: input) else { return 0 }
        precondition((try? JSON(parsing: value.bytes)) == value, "JSON changes when it is written")
        precondition((try? JSON(parsing: value.prettyText)) == value, "pretty JSON changes the value")
        return 0
    }

    /// The input up to the first zero byte is a type, the rest data; what is decoded encodes and decodes again.
    private static func abi(_ input: [UInt8]) -> CInt {
        let text = String(decoding: input.prefix { $0 != 0 }, as: UTF8.self)
        guard let type = try? ABIType(parsing: text) else { return 0 }
        precondition((try? ABIType(parsing: type.description)) == type, "an ABI type changes its name")
        let data = Array(input.dropFirst(text.utf8.count + 1))
        guard let values = try? ABI.decode(data, as: [type]) else { return 0 }
        guard let encoded = try? ABI.encode(values, as: [type]) else {
            preconditionFailure("decoded ABI values do not encode")
        }
        precondition((try? ABI.decode(encoded, as: [type])) == values, "ABI values change when they are encoded")
        return 0
    }

    /// What is read is canonical, and its sender can be asked for.
    private static func transaction(_ input: [UInt8]) -> CInt {
        guard let signed = try? SignedTransaction(decoding: input) else { return 0 }
        precondition(signed.encoded == input, "a transaction is not canonical")
        _ = try? signed.sender()
        for authorization in signed.transaction.authorizations { _ = authorization.authority }
        return 0
    }

    /// What is read is canonical: blocks, headers and receipts.
    private static func block(_ input: [UInt8]) -> CInt {
        if let block = try? Block(decoding: input) { precondition(block.encoded == input, "a block is not canonical") }
        if let header = try? Header(decoding: input) {
            precondition(header.encoded == input, "a header is not canonical")
        }
        if let receipt = try? Receipt(decoding: input) {
            precondition(receipt.encoded == input, "a receipt is not canonical")
        }
        return 0
    }

    /// Reads and, where that is cheap, opens keystores.
    private static func keystore(_ input: [UInt8]) -> CInt {
        guard let keystore = try? Keystore(parsing: input) else { return 0 }
        precondition((try? Keystore(parsing: keystore.json.bytes)) != nil, "a keystore is not read back")
        switch keystore.derivation {
        case .scrypt(let n, let r, let p):
            guard (0...64).contains(n), (0...8).contains(r), (0...4).contains(p) else { return 0 }
        case .pbkdf2(let iterations): guard iterations <= 100 else { return 0 }
        }
        _ = try? keystore.decrypt(password: "password")
        return 0
    }

    /// The input is the root node of a trie and the second half of it another node: nothing in them may trap.
    private static func trie(_ input: [UInt8]) -> CInt {
        var nodes = MemoryTrieNodes()
        nodes.insert(keccak256(input), input)
        nodes.insert(Hash32(0x0101_0101_0101_0101, 0, 0, 0), Array(input.dropFirst(input.count / 2)))
        var trie = MerkleTrie(root: keccak256(input), source: nodes)
        for key in [Hash32.zero, Hash32(.max, .max, .max, .max), Hash32(0x1234_5678_9abc_def0, 0, 0, 1)] {
            _ = try? trie.get(key)
            _ = try? trie.set(key, [1, 2, 3])
            _ = try? trie.remove(key.bytes.prefix(3))
            _ = try? trie.proof(for: key.bytes)
        }
        _ = trie.commit { nodes.insert($0, $1) }
        return 0
    }

    private static func typedData(_ input: [UInt8]) -> CInt {
        guard let json = try? JSON(parsing: input), let data = try? TypedData(json: json) else { return 0 }
        _ = try? data.hash()
        return 0
    }

    /// WebSocket frames arrive in pieces of any size: the messages are the same, and what is answered stays small.
    private static func frames(_ input: [UInt8]) -> CInt {
        frames(input, side: .server)
        frames(input, side: .client)
        return 0
    }

    private static func frames(_ input: [UInt8], side: FrameCodec.Side) {
        let (whole, pieces) = (FrameCodec(limit: 1 << 16, side: side), FrameCodec(limit: 1 << 16, side: side))
        let messages = whole.receive(input)
        var found: [FrameCodec.Message]? = []
        for byte in input {
            guard let more = pieces.receive([byte]) else {
                found = nil
                break
            }
            found? += more
        }
        if let messages, let found { precondition(messages == found, "messages depend on how their bytes arrive") }
        // A pong for each ping, and one close: never more than came in and a little.
        // A client's answers carry four bytes of mask, and an empty ping is two bytes.
        let most = (side == .client ? 3 : 1) * input.count + 128
        precondition(whole.takeOutput().count <= most, "more is answered than was asked")
    }

    /// A server's answer to a handshake arrives in pieces of any size: what comes of it is the same.
    private static func handshake(_ input: [UInt8]) -> CInt {
        let key = "dGhlIHNhbXBsZSBub25jZQ=="
        var whole = HandshakeReader(key: key, url: "ws://peer")
        var pieces = whole
        let expected = try? whole.take(input)
        var found: [UInt8]?
        do {
            for (index, byte) in input.enumerated() {
                guard let early = try pieces.take([byte]) else { continue }
                found = early + input[(index + 1)...]
                break
            }
        } catch { found = nil }
        precondition(expected == found, "a handshake depends on how its bytes arrive")
        return 0
    }
}
