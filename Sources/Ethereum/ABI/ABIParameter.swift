package import JSON

/// A named place in a function's or event's list of parameters.
package struct ABIParameter: Hashable, Sendable {
    /// May be empty.
    package var name: String
    package var type: ABIType
    /// An event's parameter that is a topic.
    package var isIndexed: Bool
    /// The members' names and types, where the type is a tuple or an array of tuples and they are known.
    package var components: [ABIParameter]

    package init(name: String = "", type: ABIType, isIndexed: Bool = false, components: [ABIParameter] = []) {
        (self.name, self.type) = (name, type)
        (self.isIndexed, self.components) = (isIndexed, components)
    }

    /// Reads an entry of a JSON ABI.
    package init(json: JSON) throws(ABIError) { try self.init(json: json, depth: 32) }

    private init(json: JSON, depth: Int) throws(ABIError) {
        guard let text = json["type"]?.stringValue else {
            throw .malformedType(json.text, reason: "a parameter needs a \"type\"")
        }
        var components = [ABIParameter]()
        let type: ABIType
        if text.hasPrefix("tuple") {
            guard let members = json["components"]?.arrayValue else {
                throw .malformedType(text, reason: "a tuple needs \"components\"")
            }
            guard depth > 0 else { throw .malformedType(text, reason: "tuples are nested too deeply") }
            for member in members { components.append(try ABIParameter(json: member, depth: depth - 1)) }
            let tuple = ABIType.tuple(components.map(\.type))
            var parser = ABITextParser(String(text.dropFirst(5)))
            type = try parser.suffixes(of: tuple)
            try parser.end()
        } else {
            type = try ABIType(text)
        }
        self.init(
            name: json["name"]?.stringValue ?? "", type: type, isIndexed: json["indexed"]?.boolValue ?? false,
            components: components)
    }
}
