import CZlib

/// Why compressed bytes could not be read.
package enum CompressionError: Error, Equatable, CustomStringConvertible {
    /// The bytes are no such stream, or damaged after this many decompressed bytes.
    case damaged(after: Int)
    /// The stream stops before its end.
    case truncated
    /// The content is larger than the reader allows.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .damaged(let count): "the compressed data is damaged (after \(count) good bytes)"
        case .truncated: "the compressed data stops before its end; it may not have been copied whole"
        case .tooLarge(let limit): "the compressed data holds more than \(limit) bytes, the most that is read"
        }
    }
}

/// The containers that DEFLATE (RFC 1951) travels in.
package enum DeflateFormat: Sendable {
    /// Bare, as in ZIP archives.
    case raw
    /// RFC 1950, as in PNG.
    case zlib
    /// RFC 1952. Reading takes the first member only.
    case gzip

    var windowBits: Int32 {
        switch self {
        case .raw: -15
        case .zlib: 15
        case .gzip: 31
        }
    }
}

/// DEFLATE by zlib, within a fixed limit of memory.
package enum Deflate {
    /// The decompressed bytes.
    ///
    /// - Parameter limit: the most bytes that the content may have; nothing larger is ever allocated.
    package static func decompress(
        _ bytes: some Collection<UInt8>, format: DeflateFormat, limit: Int
    ) throws(CompressionError) -> [UInt8] {
        var stream = z_stream()
        guard cairn_inflate_init(&stream, format.windowBits) == Z_OK else { throw .damaged(after: 0) }
        defer { inflateEnd(&stream) }
        let input = Array(bytes)
        var output = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var used = 0
        while true {
            let (status, read, written) = step(&stream, input: input[used...], into: &chunk, inflate)
            used += read
            guard output.count + written <= limit else { throw .tooLarge(limit: limit) }
            output += chunk[..<written]
            switch status {
            case Z_STREAM_END: return output
            case Z_OK: continue
            case Z_BUF_ERROR where used == input.count: throw .truncated
            default: throw .damaged(after: output.count)
            }
        }
    }

    /// The most bytes that `count` bytes of a file may be unpacked to where nothing else limits them: 32 times as many, at least 256 MiB.
    ///
    /// DEFLATE can pack 1,032 bytes into one; weights, tables and images that people have come nowhere near.
    package static func largestContent(of count: Int) -> Int { max(1 << 28, 32 * min(count, 1 << 50)) }

    /// The compressed bytes; the same input gives the same output with the same zlib.
    ///
    /// - Parameter level: 0 (stored) to 9 (smallest).
    package static func compress(_ bytes: some Collection<UInt8>, format: DeflateFormat, level: Int = 9) -> [UInt8] {
        var stream = z_stream()
        let status = cairn_deflate_init(&stream, Int32(min(max(level, 0), 9)), format.windowBits)
        precondition(status == Z_OK, "zlib is out of memory")
        defer { deflateEnd(&stream) }
        let input = Array(bytes)
        var output = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var used = 0
        while true {
            let (status, read, written) = step(&stream, input: input[used...], into: &chunk) {
                deflate($0, input.count - used <= Self.most ? Z_FINISH : Z_NO_FLUSH)
            }
            used += read
            output += chunk[..<written]
            if status == Z_STREAM_END { return output }
        }
    }

    /// The most bytes that one call of zlib is offered; its counters have 32 bits.
    private static let most = 1 << 30

    private static func inflate(_ stream: UnsafeMutablePointer<z_stream>) -> Int32 { CZlib.inflate(stream, Z_NO_FLUSH) }

    /// Runs one call of zlib over at most 1 GiB of input; returns its status and the bytes read and written.
    private static func step(
        _ stream: inout z_stream, input: ArraySlice<UInt8>, into chunk: inout [UInt8],
        _ body: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> (status: Int32, read: Int, written: Int) {
        let offered = min(input.count, most)
        return input.withUnsafeBufferPointer { source in
            chunk.withUnsafeMutableBufferPointer { target in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(offered)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let status = body(&stream)
                return (status, offered - Int(stream.avail_in), target.count - Int(stream.avail_out))
            }
        }
    }
}

/// Gzip files (RFC 1952).
package enum Gzip {
    /// The content, of at most `limit` bytes.
    package static func decompress(_ bytes: some Collection<UInt8>, limit: Int) throws(CompressionError) -> [UInt8] {
        try Deflate.decompress(bytes, format: .gzip, limit: limit)
    }

    package static func compress(_ bytes: some Collection<UInt8>) -> [UInt8] { Deflate.compress(bytes, format: .gzip) }

    /// Whether the bytes begin as a gzip file does.
    package static func recognises(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }
}

/// The CRC-32 of ZIP, gzip and PNG.
package func crc32(_ bytes: some Collection<UInt8>) -> UInt32 {
    let whole = bytes.withContiguousStorageIfAvailable { CZlib.crc32_z(0, $0.baseAddress, $0.count) }
    let bytes = whole == nil ? Array(bytes) : []
    return UInt32(truncatingIfNeeded: whole ?? CZlib.crc32_z(0, bytes, bytes.count))
}
