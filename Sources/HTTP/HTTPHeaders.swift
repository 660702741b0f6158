/// Header fields in the order in which they stood; names compare without regard to case.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var fields: [(name: String, value: String)] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The first value under `name`.
    package subscript(name: String) -> String? {
        fields.first { HTTPHeaders.equal($0.name, name) }?.value
    }

    /// Adds a field, beside any of the same name.
    package mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    /// Puts one field in place of all of that name.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { HTTPHeaders.equal($0.name, name) }
        fields.append((name, value))
    }

    /// Whether a comma-separated field (`Connection`, `Upgrade`) names `token`.
    package func contains(token: String, in name: String) -> Bool {
        fields.contains { field in
            HTTPHeaders.equal(field.name, name)
                && field.value.utf8.split(separator: UInt8(ascii: ",")).contains { part in
                    let trimmed = part.drop { $0 == 0x20 || $0 == 0x09 }
                    guard let end = trimmed.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return token.isEmpty }
                    return HTTPHeaders.equalBytes(trimmed.prefix(through: end), token.utf8)
                }
        }
    }

    /// ASCII equality without regard to case.
    package static func equal(_ a: String, _ b: String) -> Bool { equalBytes(a.utf8, b.utf8) }

    private static func equalBytes(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> Bool {
        a.elementsEqual(b) { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}
