package import Bytes
import Crypto
package import JSON

/// A contract's event: its topic, and logs to values.
package struct ABIEvent: Hashable, Sendable {
    package let name: String
    package let inputs: [ABIParameter]
    /// Its logs do not carry the event's topic.
    package let isAnonymous: Bool
    /// Keccak-256 of the signature: the first topic of the event's logs.
    package let topic: Hash32

    package init(name: String, inputs: [ABIParameter], isAnonymous: Bool = false) {
        (self.name, self.inputs, self.isAnonymous) = (name, inputs, isAnonymous)
        topic = keccak256(utf8: ABIFunction.signature(name, inputs))
    }

    /// Reads `Transfer(address indexed from, address indexed to, uint256 value)`.
    package init(_ text: String) throws(ABIError) {
        var parser = ABITextParser(text)
        var name = parser.word()
        if name == "event" { name = parser.word() }
        guard !name.isEmpty else { throw parser.failure("an event needs a name") }
        let inputs = try parser.parameters()
        let isAnonymous = parser.word() == "anonymous"
        try parser.end()
        self.init(name: String(name), inputs: inputs, isAnonymous: isAnonymous)
    }

    /// Reads an entry of a JSON ABI.
    package init(json: JSON) throws(ABIError) {
        guard let name = json["name"]?.stringValue else {
            throw .malformedType(json.text, reason: "an event needs a \"name\"")
        }
        self.init(
            name: name, inputs: try ABIParameter.list(json["inputs"]),
            isAnonymous: json["anonymous"]?.boolValue ?? false)
    }

    package var signature: String { ABIFunction.signature(name, inputs) }

    /// The values of a log in the order of the parameters.
    ///
    /// Of an indexed value that does not fit into a topic (text, bytes, arrays, tuples) the log holds only the
    /// Keccak-256; it comes as 32 fixed bytes.
    package func decode(_ log: Log) throws(ABIError) -> [ABIValue] {
        var topics = log.topics[...]
        if !isAnonymous {
            guard topics.first == topic else {
                throw .wrongSelector(expected: signature, found: topics.first?.hex0x ?? "no topic")
            }
            topics = topics.dropFirst()
        }
        let indexed = inputs.filter(\.isIndexed)
        guard topics.count == indexed.count else {
            throw .wrongCount(expected: indexed.count, actual: topics.count, type: "topics of \(signature)")
        }
        var data = try ABI.decode(log.data, as: inputs.filter { !$0.isIndexed }.map(\.type))[...]
        var values = [ABIValue]()
        for input in inputs {
            if input.isIndexed {
                let word = topics.removeFirst()
                if ABIEvent.isHashed(input.type) {
                    values.append(.bytes32(word))
                } else {
                    values += try ABI.decode(word.bytes, as: [input.type])
                }
            } else {
                values.append(data.removeFirst())
            }
        }
        return values
    }

    /// The topics of a filter for logs with these values of the indexed parameters; nil matches any.
    package func topics(matching values: [ABIValue?]) throws(ABIError) -> [[Hash32]] {
        let indexed = inputs.filter(\.isIndexed)
        guard values.count <= indexed.count else {
            throw .wrongCount(expected: indexed.count, actual: values.count, type: "topics of \(signature)")
        }
        var filter = isAnonymous ? [] : [[topic]]
        for (value, input) in zip(values, indexed) {
            guard let value else {
                filter.append([])
                continue
            }
            if case .fixedBytes(let bytes) = value, ABIEvent.isHashed(input.type), let hash = Hash32(checking: bytes) {
                filter.append([hash])
            } else if case .string(let text) = value, input.type == .string {
                filter.append([keccak256(utf8: text)])
            } else if case .bytes(let bytes) = value, input.type == .bytes {
                filter.append([keccak256(bytes)])
            } else {
                filter.append([Hash32(try ABI.encode([value], as: [input.type]))])
            }
        }
        while filter.last == [] { filter.removeLast() }
        return filter
    }

    private static func isHashed(_ type: ABIType) -> Bool {
        switch type {
        case .uint, .int, .address, .bool, .fixedBytes: false
        case .bytes, .string, .array, .fixedArray, .tuple: true
        }
    }
}
