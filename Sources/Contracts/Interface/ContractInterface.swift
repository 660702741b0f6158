package import Bytes
package import Ethereum
import JSON
package import Ledger

/// A compiled contract's functions and events, ready to encode and decode.
///
/// The bindings of this module and the artefacts are built together, so a name or type on which they disagree is a
/// mistake of the build and stops the process with the name.
package struct ContractInterface: Sendable {
    package let artifact: ContractArtifact
    private let abi: ContractABI

    package init(_ artifact: ContractArtifact) {
        self.artifact = artifact
        do {
            abi = try ContractABI(json: JSON(parsing: artifact.abi))
        } catch {
            preconditionFailure("the artefact of \(artifact.name) is malformed: \(error)")
        }
    }

    /// The function of that name.
    package func function(_ name: String, inputs count: Int? = nil) -> ABIFunction {
        do {
            return try abi.function(name, inputs: count)
        } catch { preconditionFailure("\(artifact.name): \(error)") }
    }

    /// The event of that name.
    package func event(_ name: String) -> ABIEvent {
        do {
            return try abi.event(name)
        } catch { preconditionFailure("\(artifact.name): \(error)") }
    }

    /// The calldata of a call.
    package func data(_ name: String, _ values: [ABIValue]) -> [UInt8] {
        do {
            return try function(name, inputs: values.count).call(values)
        } catch { preconditionFailure("\(artifact.name).\(name): \(error)") }
    }

    /// The transaction that deploys the contract.
    package func deployment(_ values: [ABIValue] = []) -> ContractCall {
        do {
            let code = try [UInt8](hex: artifact.bytecode)
            return ContractCall(to: nil, data: code + (try ABI.encode(values, as: abi.constructor.map(\.type))))
        } catch { preconditionFailure("\(artifact.name)'s constructor: \(error)") }
    }

    /// The arguments in calldata, or nil where it calls another function or is malformed.
    package func arguments(_ name: String, of calldata: [UInt8]) -> ABIFields? {
        guard let values = try? function(name).arguments(of: calldata) else { return nil }
        return ABIFields(values, of: "\(artifact.name).\(name)")
    }
}

/// Decoded values, taken one after the other.
package struct ABIFields: Sendable {
    private var values: ArraySlice<ABIValue>
    private let source: String

    package init(_ values: [ABIValue], of source: String) { (self.values, self.source) = (values[...], source) }

    private mutating func next<Value>(_ kind: String, _ take: (ABIValue) -> Value?) throws(ChainError) -> Value {
        guard let value = values.popFirst(), let taken = take(value) else {
            throw ChainError(.invalidRequest, "\(source) gave no \(kind) where one belongs; is it another contract?")
        }
        return taken
    }

    package mutating func number() throws(ChainError) -> U256 { try next("number", \.number) }
    package mutating func uint64() throws(ChainError) -> UInt64 { try next("64-bit number", \.uint64) }
    package mutating func int() throws(ChainError) -> Int { try next("63-bit number") { $0.number?.asInt } }
    package mutating func address() throws(ChainError) -> Address { try next("address", \.address) }
    package mutating func bool() throws(ChainError) -> Bool { try next("bool", \.bool) }
    package mutating func bytes() throws(ChainError) -> [UInt8] { try next("bytes", \.bytes) }
    package mutating func hash() throws(ChainError) -> Hash32 { try next("bytes32", \.hash) }
    package mutating func string() throws(ChainError) -> String { try next("string", \.string) }
    package mutating func addresses() throws(ChainError) -> [Address] {
        try next("list of addresses") { value in
            guard let list = value.list else { return nil }
            let addresses = list.compactMap(\.address)
            return addresses.count == list.count ? addresses : nil
        }
    }
    /// The members of a struct.
    package mutating func fields() throws(ChainError) -> ABIFields {
        ABIFields(try next("struct", \.list), of: source)
    }
}
