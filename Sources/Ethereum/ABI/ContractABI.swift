package import JSON

/// The interface of a contract, as compilers write it in JSON.
package struct ContractABI: Sendable {
    package let functions: [ABIFunction]
    package let events: [ABIEvent]
    /// What the constructor takes.
    package let constructor: [ABIParameter]

    /// Reads the JSON array that `solc --abi` and `vyper -f abi` print.
    ///
    /// - Throws: `ABIError` naming the entry that is wrong.
    package init(json: JSON) throws(ABIError) {
        guard let entries = json.arrayValue else { throw .malformed("a contract's ABI is a JSON array") }
        var (functions, events, constructor) = ([ABIFunction](), [ABIEvent](), [ABIParameter]())
        for entry in entries {
            let name = entry["name"]?.stringValue ?? ""
            let inputs = try parameters(entry["inputs"], of: name)
            switch entry["type"]?.stringValue ?? "function" {
            case "function":
                functions.append(
                    ABIFunction(
                        name: name, inputs: inputs, outputs: try parameters(entry["outputs"], of: name),
                        isPayable: entry["stateMutability"]?.stringValue == "payable"))
            case "event":
                let isAnonymous = entry["anonymous"]?.boolValue ?? false
                events.append(ABIEvent(name: name, inputs: inputs, isAnonymous: isAnonymous))
            case "constructor": constructor = inputs
            default: continue
            }
        }
        (self.functions, self.events, self.constructor) = (functions, events, constructor)
    }

    /// The function of that name; where several have it (overloads), the one with that many inputs.
    ///
    /// - Throws: `ABIError.malformed` where there is none.
    package func function(_ name: String, inputs count: Int? = nil) throws(ABIError) -> ABIFunction {
        let found = functions.first { $0.name == name && (count == nil || $0.inputs.count == count) }
        guard let found else { throw .malformed("the contract has no function '\(name)'") }
        return found
    }

    /// The event of that name.
    ///
    /// - Throws: `ABIError.malformed` where there is none.
    package func event(_ name: String) throws(ABIError) -> ABIEvent {
        guard let found = events.first(where: { $0.name == name }) else {
            throw .malformed("the contract has no event '\(name)'")
        }
        return found
    }
}

private func parameters(_ json: JSON?, of name: String) throws(ABIError) -> [ABIParameter] {
    var result = [ABIParameter]()
    for entry in json?.arrayValue ?? [] {
        result.append(
            ABIParameter(
                name: entry["name"]?.stringValue ?? "", type: try type(entry, of: name, depth: 0),
                isIndexed: entry["indexed"]?.boolValue ?? false))
    }
    return result
}

/// The type of an entry; a tuple's members stand in `components`.
private func type(_ entry: JSON, of name: String, depth: Int) throws(ABIError) -> ABIType {
    guard let text = entry["type"]?.stringValue, depth < 16 else {
        throw .malformed("an input or output of '\(name)' has no type")
    }
    guard text.hasPrefix("tuple") else { return try ABIType(parsing: text) }
    var members = [ABIType]()
    for component in entry["components"]?.arrayValue ?? [] {
        members.append(try type(component, of: name, depth: depth + 1))
    }
    var suffix = text.dropFirst(5)
    let result = try ABIType.arrays(of: .tuple(members), &suffix)
    guard suffix.isEmpty else { throw .unknownType(text) }
    return result
}
