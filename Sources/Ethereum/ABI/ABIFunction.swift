import Bytes
import Crypto
package import JSON

/// A contract's function: its selector, and calls to and from bytes.
package struct ABIFunction: Hashable, Sendable {
    /// What a call may do.
    package enum Mutability: String, Sendable {
        case pure, view, nonpayable, payable
    }

    package let name: String
    package let inputs: [ABIParameter]
    package let outputs: [ABIParameter]
    package let mutability: Mutability
    /// The four bytes in front of a call's arguments.
    package let selector: [UInt8]

    package init(
        name: String, inputs: [ABIParameter], outputs: [ABIParameter] = [], mutability: Mutability = .nonpayable
    ) {
        (self.name, self.inputs) = (name, inputs)
        (self.outputs, self.mutability) = (outputs, mutability)
        selector = Array(keccak256(utf8: ABIFunction.signature(name, inputs)).bytes.prefix(4))
    }

    /// Reads `transfer(address to, uint256 value) payable returns (bool)`; all but name and types may be left out.
    package init(_ text: String) throws(ABIError) {
        var parser = ABITextParser(text)
        var name = parser.word()
        if name == "function" { name = parser.word() }
        guard !name.isEmpty else { throw parser.failure("a function needs a name") }
        let inputs = try parser.parameters()
        var outputs = [ABIParameter]()
        var mutability = Mutability.nonpayable
        while true {
            let word = parser.word()
            if word.isEmpty { break }
            if word == "returns" {
                outputs = try parser.parameters()
            } else if let known = Mutability(rawValue: String(word)) {
                mutability = known
            } else if word != "external", word != "public" {
                throw parser.failure("unexpected \"\(word)\"")
            }
        }
        try parser.end()
        self.init(name: String(name), inputs: inputs, outputs: outputs, mutability: mutability)
    }

    /// Reads an entry of a JSON ABI.
    package init(json: JSON) throws(ABIError) {
        guard let name = json["name"]?.stringValue else {
            throw .malformedType(json.text, reason: "a function needs a \"name\"")
        }
        let stated = json["stateMutability"]?.stringValue
        self.init(
            name: name, inputs: try ABIParameter.list(json["inputs"]), outputs: try ABIParameter.list(json["outputs"]),
            mutability: stated.flatMap(Mutability.init(rawValue:)) ?? .nonpayable)
    }

    /// `transfer(address,uint256)`.
    package var signature: String { ABIFunction.signature(name, inputs) }

    static func signature(_ name: String, _ inputs: [ABIParameter]) -> String {
        name + ABIType.tuple(inputs.map(\.type)).description
    }

    /// Selector and arguments.
    package func encodeCall(_ arguments: [ABIValue]) throws(ABIError) -> [UInt8] {
        var output = selector
        // Offsets count from behind the selector, where the list starts.
        try ABI.encode(arguments, as: inputs.map(\.type), into: &output)
        return output
    }

    /// The arguments of a call to this function.
    package func decodeCall(_ data: [UInt8]) throws(ABIError) -> [ABIValue] {
        guard data.starts(with: selector) else {
            throw .wrongSelector(expected: signature, found: data.prefix(4).hex0x)
        }
        return try ABI.decode(Array(data.dropFirst(4)), as: inputs.map(\.type))
    }

    /// What a call returned.
    package func decodeOutput(_ data: [UInt8]) throws(ABIError) -> [ABIValue] {
        try ABI.decode(data, as: outputs.map(\.type))
    }
}

extension ABIParameter {
    /// Reads the list of parameters of a JSON ABI; none where it is absent.
    static func list(_ json: JSON?) throws(ABIError) -> [ABIParameter] {
        var list = [ABIParameter]()
        for item in json?.arrayValue ?? [] { list.append(try ABIParameter(json: item)) }
        return list
    }
}
