import Bytes
package import Ethereum
import JSON

/// A contract as the compiler left it: what deploys it, and what tells others how to call it.
package struct ContractArtifact: Hashable, Sendable {
    package var name: String
    /// The compiler and its version.
    package var compiler: String
    /// The ABI as JSON.
    package var abi: String
    /// The init code without constructor arguments, in hexadecimal digits.
    package var bytecode: String

    package init(name: String, compiler: String, abi: String, bytecode: String) {
        (self.name, self.compiler, self.abi, self.bytecode) = (name, compiler, abi, bytecode)
    }

    /// The ABI, read.
    package var contractABI: ContractABI {
        // The text is the compiler's; a test reads every artefact.
        try! ContractABI(json: JSON(parsing: abi))
    }

    /// The init code with the constructor's arguments behind it.
    ///
    /// - Precondition: the arguments are what the constructor takes.
    package func deployment(_ arguments: [ABIValue]) -> [UInt8] {
        // The digits are the compiler's, the arguments the generated face's.
        try! contractABI.encodeDeployment(bytecode: Array(hex: bytecode), arguments)
    }
}

extension ContractABI {
    /// A function that the ABI has.
    ///
    /// - Precondition: it has it.
    package func known(_ name: String, _ argumentCount: Int) -> ABIFunction {
        guard let function = function(named: name, argumentCount: argumentCount) else {
            preconditionFailure("the ABI has no function \(name) with \(argumentCount) arguments")
        }
        return function
    }

    /// An event that the ABI has.
    ///
    /// - Precondition: it has it.
    package func known(event name: String) -> ABIEvent {
        guard let event = event(named: name) else { preconditionFailure("the ABI has no event \(name)") }
        return event
    }
}
