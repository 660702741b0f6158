import Bytes
import Ethereum
package import EVM
package import JSON

// Reading the values of official fixtures: hexadecimal text throughout.

extension JSON {
    func text(_ key: String) throws -> String { try string(key) }

    /// A number member; `0x` alone is zero, as old fixtures write it.
    func word(_ key: String) throws -> U256 { try JSON.word(try string(key), key) }

    func wordIfPresent(_ key: String) throws -> U256? {
        guard let value = self[key], !value.isNull else { return nil }
        return try word(key)
    }

    func number(_ key: String) throws -> UInt64 {
        guard let value = try word(key).asUInt64 else { throw FixtureError("\(key): does not fit into 64 bits") }
        return value
    }

    func numberIfPresent(_ key: String) throws -> UInt64? {
        guard let value = self[key], !value.isNull else { return nil }
        return try number(key)
    }

    func hash(_ key: String) throws -> Hash32 { try Hash32(hex: try string(key)) }
    func address(_ key: String) throws -> Address { try Address(hex: try string(key)) }
    func data(_ key: String) throws -> [UInt8] { try [UInt8](hex: try string(key)) }

    static func word(_ text: String, _ key: String) throws -> U256 {
        if text == "0x" || text.isEmpty { return .zero }
        // Some fixtures pad numbers beyond 64 digits.
        let digits = text.hasPrefix("0x") ? "0x" + text.dropFirst(2).drop { $0 == "0" } : text
        if digits == "0x" { return .zero }
        guard let value = U256(digits) else { throw FixtureError("\(key): \(text) is no 256-bit number") }
        return value
    }
}

extension MemoryState {
    /// Reads an allocation: addresses with `nonce`, `balance`, `code`, `storage`.
    package init(alloc: JSON) throws {
        self.init()
        for (key, account) in alloc.objectValue ?? JSONObject() {
            var storage: [U256: U256] = [:]
            for (slot, value) in account["storage"]?.objectValue ?? JSONObject() {
                storage[try JSON.word(slot, "storage")] = try JSON.word(value.stringValue ?? "", slot)
            }
            set(
                try Address(hex: key), nonce: try account.numberIfPresent("nonce") ?? 0,
                balance: try account.wordIfPresent("balance") ?? .zero,
                code: account["code"] == nil ? [] : try account.data("code"), storage: storage)
        }
    }
}

extension BlobSchedule {
    /// Reads `target`, `max` and `baseFeeUpdateFraction`.
    init(fixture: JSON) throws {
        self.init(
            target: try fixture.number("target"), max: try fixture.number("max"),
            updateFraction: try fixture.number("baseFeeUpdateFraction"))
    }
}

extension Transaction {
    static func accessList(fixture: JSON?) throws -> [AccessListEntry]? {
        guard let list = fixture?.arrayValue else { return nil }
        return try list.map { entry in
            AccessListEntry(
                address: try entry.address("address"),
                storageKeys: try entry.array("storageKeys").map { try JSON.word($0.stringValue ?? "", "key").hash })
        }
    }

    static func authorizations(fixture: JSON?) throws -> [Authorization]? {
        guard let list = fixture?.arrayValue else { return nil }
        return try list.map { entry in
            Authorization(
                chainID: try entry.word("chainId"), address: try entry.address("address"),
                nonce: try entry.word("nonce").asUInt64 ?? .max,
                yParity: try entry.wordIfPresent("yParity") ?? entry.word("v"), r: try entry.word("r"),
                s: try entry.word("s"))
        }
    }
}
