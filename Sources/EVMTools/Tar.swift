/// Reads tar archives: the ustar and pax forms, regular files only.
enum Tar {
    static func forEachFile(in archive: [UInt8], _ body: (String, [UInt8]) throws -> Void) throws {
        var position = 0
        var longName: String?
        while position + 512 <= archive.count {
            let header = archive[position..<position + 512]
            if header.allSatisfy({ $0 == 0 }) { return }
            guard let size = number(archive, position + 124, 12), (0...archive.count - position - 512).contains(size)
            else {
                throw FixtureError("tar: broken header at byte \(position)")
            }
            let content = archive[position + 512..<position + 512 + size]
            switch archive[position + 156] {
            case 0, UInt8(ascii: "0"):
                let prefix = text(archive, position + 345, 155)
                let name = text(archive, position, 100)
                try body(longName ?? (prefix.isEmpty ? name : prefix + "/" + name), Array(content))
                longName = nil
            case UInt8(ascii: "L"): longName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            case UInt8(ascii: "x"): longName = paxPath(content) ?? longName
            default: longName = nil
            }
            position += 512 + (size + 511) / 512 * 512
        }
    }

    private static func text(_ bytes: [UInt8], _ start: Int, _ count: Int) -> String {
        String(decoding: bytes[start..<start + count].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
        let digits = bytes[start..<start + count].filter { $0 != 0 && $0 != UInt8(ascii: " ") }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// The `path` record of a pax header: lines of `LENGTH KEY=VALUE`.
    private static func paxPath(_ content: ArraySlice<UInt8>) -> String? {
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
            if let mark = line.firstRange(of: " path=") { return String(line[mark.upperBound...]) }
        }
        return nil
    }
}
