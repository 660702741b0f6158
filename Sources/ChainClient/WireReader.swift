import Bytes
import Ethereum
import JSON
import Ledger

/// Reads what a node sent, naming the member that is wrong.
struct WireReader {
    let json: JSON
    /// What is being read, for errors.
    let subject: String

    init(_ json: JSON, _ subject: String) { (self.json, self.subject) = (json, subject) }

    private func nonsense(_ name: String, _ wanted: String) -> ChainError {
        let found = json[name].map { String($0.text.prefix(80)) } ?? "nothing"
        return ChainError(.unreachable, "the node's \(subject) has \(found) as \(name), want \(wanted)")
    }

    func has(_ name: String) -> Bool { json[name] != nil && json[name] != .null }

    func number(_ name: String) throws(ChainError) -> U256 {
        guard let text = json[name]?.stringValue, text.hasPrefix("0x"), let value = U256(text) else {
            throw nonsense(name, "a quantity")
        }
        return value
    }

    func uint64(_ name: String) throws(ChainError) -> UInt64 {
        guard let value = try number(name).asUInt64 else { throw nonsense(name, "a 64-bit quantity") }
        return value
    }

    func hash(_ name: String) throws(ChainError) -> Hash32 {
        guard let text = json[name]?.stringValue, let hash = try? Hash32(hex: text) else {
            throw nonsense(name, "32 bytes")
        }
        return hash
    }

    func address(_ name: String) throws(ChainError) -> Address {
        guard let text = json[name]?.stringValue, let address = try? Address(hex: text) else {
            throw nonsense(name, "an address")
        }
        return address
    }

    func optionalAddress(_ name: String) throws(ChainError) -> Address? { has(name) ? try address(name) : nil }

    func bytes(_ name: String) throws(ChainError) -> [UInt8] {
        guard let text = json[name]?.stringValue, let bytes = try? [UInt8](hex: text) else {
            throw nonsense(name, "bytes")
        }
        return bytes
    }

    func list(_ name: String) throws(ChainError) -> [JSON] {
        guard let list = json[name]?.arrayValue else { throw nonsense(name, "a list") }
        return list
    }

    /// The whole value as a quantity.
    static func number(_ json: JSON, _ subject: String) throws(ChainError) -> U256 {
        guard let text = json.stringValue, text.hasPrefix("0x"), let value = U256(text) else {
            throw ChainError(.unreachable, "the node answered \(json.text.prefix(80)) for \(subject), want a quantity")
        }
        return value
    }

    static func uint64(_ json: JSON, _ subject: String) throws(ChainError) -> UInt64 {
        guard let value = try number(json, subject).asUInt64 else {
            throw ChainError(.unreachable, "the node's \(subject) does not fit into 64 bits")
        }
        return value
    }

    /// The whole value as bytes.
    static func bytes(_ json: JSON, _ subject: String) throws(ChainError) -> [UInt8] {
        guard let text = json.stringValue, let bytes = try? [UInt8](hex: text) else {
            throw ChainError(.unreachable, "the node answered \(json.text.prefix(80)) for \(subject), want bytes")
        }
        return bytes
    }
}
