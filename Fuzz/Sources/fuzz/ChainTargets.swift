#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
@testable import Devchain
import Ethereum
import JSON
import Ledger
import Storage

/// Files that hold a chain or a state. They are read piece by piece, so each input is put into a file.
enum ChainTargets {
    static let all: [String: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt] = [
        "jsonstream": { jsonStream(bytes($0, $1)) }, "statefile": { stateFile(bytes($0, $1)) },
        "chainfile": { chainFile(bytes($0, $1)) },
    ]

    private static let path = "/tmp/cairn-fuzz-\(getpid())"

    private static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    private static func put(_ input: [UInt8]) {
        guard let file = fopen(path, "w") else { preconditionFailure("\(path) cannot be written") }
        fwrite(input, 1, input.count, file)
        fclose(file)
    }

    /// What the parser of whole texts takes, the stream takes; and objects have the same members in both.
    private static func jsonStream(_ input: [UInt8]) -> CInt {
        put(input)
        // The stream's limits on depth and on what is no string are narrower.
        let words = input.split { $0 <= 0x20 || [0x2c, 0x3a, 0x5d, 0x7d].contains($0) }
        let whole = words.contains { $0.count > 64 } ? nil : try? JSON(parsing: input, maxDepth: 64)
        let isPassed: Bool
        do {
            var stream = try JSONStream(path: path)
            try stream.skip()
            try stream.end()
            isPassed = true
        } catch { isPassed = false }
        precondition(isPassed || whole == nil, "JSON is refused")
        var (names, read) = ([String](), false)
        do {
            var stream = try JSONStream(path: path)
            try stream.object { (name, stream) throws(StorageError) in
                names.append(name)
                try stream.skip()
            }
            try stream.end()
            read = true
        } catch {}
        if case .object(let object)? = whole {
            precondition(read && Set(names) == Set(object.map(\.key)), "an object has other members")
        }
        return 0
    }

    /// What a state file gives is stored as it is, in pieces of bounded size, and is what the whole text gives.
    private static func stateFile(_ input: [UInt8]) -> CInt {
        put(input)
        var changes: [Intervention] = []
        do {
            var reader = try StateFileReader(path: path)
            try reader.read { changes.append($0) }
        } catch { return 0 }
        precondition(!changes.isEmpty || input.count < 1 << 14, "nothing comes of a state")
        for change in changes { check(change) }
        return 0
    }

    /// An export gives blocks and changes that are written as they were read.
    private static func chainFile(_ input: [UInt8]) -> CInt {
        put(input)
        do {
            var file = try InputFile(path: path)
            let document = try ChainFile.readOpening(&file, path: path)
            precondition(
                (try? GenesisDocument(decoding: document.encoded))?.encoded == document.encoded, "a genesis changes")
            while let item = try ChainFile.readItem(&file, path: path, number: 0) {
                switch item {
                case .block(let block, let raw): precondition(block.encoded == raw, "a block is not canonical")
                case .intervention(let data): if let change = try? Intervention(decoding: data) { check(change) }
                case .end: break
                }
            }
        } catch {}
        return 0
    }

    private static func check(_ change: Intervention) {
        let written = change.encoded
        precondition((try? Intervention(decoding: written))?.encoded == written, "a change of state changes")
    }
}
