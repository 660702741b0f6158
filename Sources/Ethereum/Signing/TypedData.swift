package import Bytes
import Crypto
package import JSON

/// Why typed data cannot be signed.
package struct TypedDataError: Error, Equatable, CustomStringConvertible {
    /// Where: a member's path such as `message.to.wallet`, or a type.
    package let place: String
    package let reason: String

    init(_ place: String, _ reason: String) { (self.place, self.reason) = (place, reason) }

    package var description: String { "typed data: \(place): \(reason)" }
}

/// Structured data as wallets show and sign them (EIP-712).
package struct TypedData: Sendable {
    struct Member: Sendable {
        let name: String
        let type: String
    }

    let types: [String: [Member]]
    package let primaryType: String
    let domain: JSON
    let message: JSON

    /// Reads the argument of `eth_signTypedData_v4`.
    package init(json: JSON) throws(TypedDataError) {
        guard let listed = json["types"]?.objectValue else { throw TypedDataError("types", "is missing") }
        var types = [String: [Member]]()
        for (name, members) in listed {
            guard let members = members.arrayValue else { throw TypedDataError("types.\(name)", "is no array") }
            var list = [Member]()
            for member in members {
                guard let memberName = member["name"]?.stringValue, let type = member["type"]?.stringValue else {
                    throw TypedDataError("types.\(name)", "a member has no name or type")
                }
                list.append(Member(name: memberName, type: type))
            }
            types[name] = list
        }
        guard let primaryType = json["primaryType"]?.stringValue else {
            throw TypedDataError("primaryType", "is missing")
        }
        guard let domain = json["domain"], domain.objectValue != nil else {
            throw TypedDataError("domain", "is missing")
        }
        self.domain = domain
        if types["EIP712Domain"] == nil { types["EIP712Domain"] = TypedData.domainMembers(of: domain) }
        self.types = types
        guard types[primaryType] != nil else {
            throw TypedDataError("primaryType", "\"\(primaryType)\" is not among the types")
        }
        self.primaryType = primaryType
        message = json["message"] ?? .object([:])
    }

    /// The domain's type where the data leave it out: the standard fields that are there, in standard order.
    private static func domainMembers(of domain: JSON) -> [Member] {
        let standard = [
            ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"),
            ("salt", "bytes32"),
        ]
        return standard.filter { domain[$0.0] != nil }.map { Member(name: $0.0, type: $0.1) }
    }

    /// The hash that is signed.
    package func hash() throws(TypedDataError) -> Hash32 {
        var hasher = Keccak256()
        hasher.update([0x19, 0x01])
        hasher.update(try domainSeparator())
        // A domain alone may be signed; it has no message.
        if primaryType != "EIP712Domain" {
            hasher.update(try hashStruct(primaryType, message, at: "message", depth: 32))
        }
        return hasher.finalize()
    }

    package func domainSeparator() throws(TypedDataError) -> Hash32 {
        try hashStruct("EIP712Domain", domain, at: "domain", depth: 32)
    }

    /// `Mail(Person from,Person to,string contents)Person(string name,address wallet)`.
    package func encodeType(_ name: String) throws(TypedDataError) -> String {
        var found: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            guard found.insert(next).inserted else { continue }
            for member in types[next] ?? [] {
                let base = TypedData.base(of: member.type)
                if types[base] != nil { open.append(base) }
            }
        }
        found.remove(name)
        var text = ""
        for type in [name] + found.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let members = types[type] else { throw TypedDataError(type, "is no type of the data") }
            text += type + "(" + members.map { "\($0.type) \($0.name)" }.joined(separator: ",") + ")"
        }
        return text
    }

    /// A type without its array suffixes.
    static func base(of type: String) -> String { String(type.prefix { $0 != "[" }) }
}
