package import Bytes
import Crypto

/// A named, typed place in a signature.
package struct ABIParameter: Hashable, Sendable {
    package var name: String
    package var type: ABIType
    /// Whether an event puts it into a topic.
    package var isIndexed: Bool

    package init(name: String, type: ABIType, isIndexed: Bool = false) {
        (self.name, self.type, self.isIndexed) = (name, type, isIndexed)
    }
}

/// A function of a contract: builds and reads its calldata and results.
package struct ABIFunction: Hashable, Sendable {
    package let name: String
    package let inputs: [ABIParameter]
    package let outputs: [ABIParameter]
    /// Whether it may be sent ether.
    package let isPayable: Bool
    /// The first four bytes of the signature's Keccak-256.
    package let selector: [UInt8]

    package init(name: String, inputs: [ABIParameter], outputs: [ABIParameter] = [], isPayable: Bool = false) {
        (self.name, self.inputs, self.outputs, self.isPayable) = (name, inputs, outputs, isPayable)
        selector = Array(keccak256(utf8: signatureText(name, inputs)).bytes.prefix(4))
    }

    /// From text: `ABIFunction("transfer(address,uint256)", returns: "(bool)")`.
    package init(_ text: String, returns results: String = "()") throws(ABIError) {
        let name = text.prefix { $0 != "(" }
        guard case .tuple(let inputs) = try ABIType(parsing: text.dropFirst(name.count)),
            case .tuple(let outputs) = try ABIType(parsing: results), !name.isEmpty
        else { throw .malformed("'\(text)' is no function signature") }
        self.init(
            name: String(name), inputs: inputs.map { ABIParameter(name: "", type: $0) },
            outputs: outputs.map { ABIParameter(name: "", type: $0) })
    }

    /// Such as `transfer(address,uint256)`.
    package var signature: String { signatureText(name, inputs) }

    /// The calldata of a call.
    package func call(_ values: [ABIValue]) throws(ABIError) -> [UInt8] {
        selector + (try ABI.encode(values, as: inputs.map(\.type)))
    }

    /// The arguments in calldata; nil where the selector is another function's.
    package func arguments(of calldata: [UInt8]) throws(ABIError) -> [ABIValue]? {
        guard calldata.starts(with: selector) else { return nil }
        return try ABI.decode(calldata.dropFirst(4), as: inputs.map(\.type))
    }

    /// The values that the function returned.
    package func results(of output: [UInt8]) throws(ABIError) -> [ABIValue] {
        try ABI.decode(output, as: outputs.map(\.type))
    }
}

/// An event of a contract.
package struct ABIEvent: Hashable, Sendable {
    package let name: String
    package let inputs: [ABIParameter]
    package let isAnonymous: Bool
    /// The Keccak-256 of the signature: the first topic.
    package let topic: Hash32

    package init(name: String, inputs: [ABIParameter], isAnonymous: Bool = false) {
        (self.name, self.inputs, self.isAnonymous) = (name, inputs, isAnonymous)
        topic = keccak256(utf8: signatureText(name, inputs))
    }

    package var signature: String { signatureText(name, inputs) }

    /// The values in the order of the declaration, or nil where the log is another event's.
    ///
    /// An indexed value that does not fit a word (a string, an array) is only there as its Keccak-256.
    package func values(of log: Log) throws(ABIError) -> [ABIValue]? {
        var topics = log.topics[...]
        if !isAnonymous { guard topics.popFirst() == topic else { return nil } }
        let indexed = inputs.filter(\.isIndexed)
        guard topics.count == indexed.count else { return nil }
        var stored = try ABI.decode(log.data, as: inputs.filter { !$0.isIndexed }.map(\.type))[...]
        var values = [ABIValue]()
        for input in inputs {
            if input.isIndexed {
                let topic = topics.removeFirst()
                values.append(
                    input.type.isWord ? try ABI.decode(topic.bytes, as: [input.type])[0] : .bytes(topic.bytes))
            } else {
                values.append(stored.removeFirst())
            }
        }
        return values
    }

    /// The topic under which an indexed value of a word is found.
    package static func topic(of value: ABIValue, as type: ABIType) throws(ABIError) -> Hash32 {
        guard type.isWord else { throw .mismatch(type: "an indexed word", value: type.description) }
        return Hash32(try ABI.encode([value], as: [type]))
    }
}

extension ABIType {
    /// Whether a value is exactly one word.
    var isWord: Bool {
        switch self {
        case .uint, .int, .address, .bool, .fixedBytes: true
        default: false
        }
    }
}

private func signatureText(_ name: String, _ inputs: [ABIParameter]) -> String {
    "\(name)(\(inputs.map(\.type.description).joined(separator: ",")))"
}
