package import Bytes
package import JSON

/// The interface of a contract, as compilers describe it in JSON.
package struct ContractABI: Hashable, Sendable {
    /// The parameters of the constructor; none where there is no constructor.
    package let constructorInputs: [ABIParameter]
    package let functions: [ABIFunction]
    package let events: [ABIEvent]
    /// Errors of the contract's own, in the shape of functions: revert data are like calls.
    package let errors: [ABIFunction]

    package init(json: JSON) throws(ABIError) {
        guard let entries = json.arrayValue else {
            throw .malformedType(String(json.text.prefix(80)), reason: "a JSON ABI is an array")
        }
        var constructorInputs = [ABIParameter]()
        var (functions, events, errors) = ([ABIFunction](), [ABIEvent](), [ABIFunction]())
        for entry in entries {
            switch entry["type"]?.stringValue ?? "function" {
            case "constructor": constructorInputs = try ABIParameter.list(entry["inputs"])
            case "function": functions.append(try ABIFunction(json: entry))
            case "event": events.append(try ABIEvent(json: entry))
            case "error": errors.append(try ABIFunction(json: entry))
            case "fallback", "receive": break
            case let other: throw .malformedType(other, reason: "unknown kind of ABI entry")
            }
        }
        self.constructorInputs = constructorInputs
        (self.functions, self.events, self.errors) = (functions, events, errors)
    }

    /// The function with this name; where it is overloaded, the one with so many arguments, if given.
    package func function(named name: String, argumentCount: Int? = nil) -> ABIFunction? {
        functions.first { $0.name == name && (argumentCount == nil || $0.inputs.count == argumentCount) }
    }

    /// The function that the first four bytes of a call name.
    package func function(selector: some Collection<UInt8>) -> ABIFunction? {
        functions.first { $0.selector.elementsEqual(selector.prefix(4)) }
    }

    package func event(named name: String) -> ABIEvent? { events.first { $0.name == name } }

    package func event(topic: Hash32) -> ABIEvent? { events.first { $0.topic == topic && !$0.isAnonymous } }

    /// The contract's own error that revert data name.
    package func error(selector: some Collection<UInt8>) -> ABIFunction? {
        errors.first { $0.selector.elementsEqual(selector.prefix(4)) }
    }

    /// What a creating transaction carries: the code with the constructor's arguments behind it.
    package func encodeDeployment(bytecode: [UInt8], _ arguments: [ABIValue] = []) throws(ABIError) -> [UInt8] {
        bytecode + (try ABI.encode(arguments, as: constructorInputs.map(\.type)))
    }
}
