import Bytes
import Crypto
import EVM
import Ethereum
import JSON

extension BlockContext {
    /// Reads the `env` of a transition; what is absent follows from the parent's numbers where they are given.
    init(env: JSON, fork: Fork, chainID: UInt64, blobSchedule: BlobSchedule?) throws {
        self.init(fork: fork, chainID: chainID)
        if let blobSchedule { self.blobSchedule = blobSchedule }
        coinbase = try env.address("currentCoinbase")
        gasLimit = try env.number("currentGasLimit")
        number = try env.number("currentNumber")
        timestamp = try env.number("currentTimestamp")
        difficulty = try env.wordIfPresent("currentDifficulty") ?? .zero
        prevRandao = try env.wordIfPresent("currentRandom")?.hash ?? .zero
        if let fee = try env.wordIfPresent("currentBaseFee") {
            baseFee = fee
        } else if fork >= .london, let base = try env.wordIfPresent("parentBaseFee") {
            baseFee = FeeRules.nextBaseFee(
                base: base, gasUsed: try env.number("parentGasUsed"), gasLimit: try env.number("parentGasLimit"))
        }
        if let excess = try env.numberIfPresent("currentExcessBlobGas") {
            excessBlobGas = excess
        } else if fork >= .cancun {
            var parent = Header()
            parent.excessBlobGas = try env.numberIfPresent("parentExcessBlobGas") ?? 0
            parent.blobGasUsed = try env.numberIfPresent("parentBlobGasUsed") ?? 0
            parent.baseFeePerGas = try env.wordIfPresent("parentBaseFee")
            excessBlobGas = FeeRules.nextExcessBlobGas(after: parent, fork: fork, schedule: self.blobSchedule)
        }
    }
}

extension SignedTransaction {
    /// Reads a transaction of a transition: signed with `v`, `r`, `s`, or to be signed with `secretKey`.
    init(t8n fixture: JSON, chainID: UInt64, fork: Fork) throws {
        let kindNumber = try fixture.numberIfPresent("type") ?? 0
        guard let kind = Transaction.Kind(rawValue: UInt8(truncatingIfNeeded: kindNumber)), kindNumber < 256 else {
            throw FixtureError("type: \(kindNumber) is no transaction type")
        }
        let to = fixture["to"]?.stringValue ?? ""
        let isProtected = fixture["protected"]?.boolValue ?? (fork >= .spuriousDragon)
        let chain = try fixture.numberIfPresent("chainId") ?? chainID
        var transaction = Transaction(
            kind: kind, chainID: kind == .legacy && !isProtected ? nil : chain, nonce: try fixture.number("nonce"),
            gasLimit: try fixture.numberIfPresent("gas") ?? fixture.number("gasLimit"),
            to: to.isEmpty || to == "0x" ? nil : try Address(hex: to))
        transaction.gasPrice = try fixture.wordIfPresent("gasPrice") ?? .zero
        transaction.maxFeePerGas = try fixture.wordIfPresent("maxFeePerGas") ?? .zero
        transaction.maxPriorityFeePerGas = try fixture.wordIfPresent("maxPriorityFeePerGas") ?? .zero
        transaction.value = try fixture.wordIfPresent("value") ?? .zero
        transaction.data = try fixture.data(fixture["input"] == nil ? "data" : "input")
        transaction.accessList = try Transaction.accessList(fixture: fixture["accessList"]) ?? []
        transaction.authorizations = try Transaction.authorizations(fixture: fixture["authorizationList"]) ?? []
        transaction.maxFeePerBlobGas = try fixture.wordIfPresent("maxFeePerBlobGas") ?? .zero
        transaction.blobVersionedHashes = try (fixture["blobVersionedHashes"]?.arrayValue ?? []).map {
            try Hash32(hex: $0.stringValue ?? "")
        }
        if fixture["secretKey"] != nil {
            self = transaction.signed(by: try PrivateKey(try fixture.hash("secretKey")))
            return
        }
        let v = try fixture.number("v")
        if kind == .legacy { transaction.chainID = v >= 35 ? (v - 35) / 2 : nil }
        let parity = kind != .legacy ? v : v >= 35 ? (v - 35) % 2 : v &- 27
        self.init(
            transaction: transaction, yParity: UInt8(truncatingIfNeeded: parity), r: try fixture.word("r"),
            s: try fixture.word("s"))
    }
}

extension MemoryState {
    /// The state as an allocation: addresses with nonce, balance, code and storage.
    var alloc: JSON {
        var object = JSONObject()
        for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
            var entry: JSONObject = ["balance": .string(account.balance.hexQuantity)]
            if account.nonce != 0 { entry["nonce"] = .string(U256(account.nonce).hexQuantity) }
            if account.codeHash != AccountInfo.emptyCodeHash {
                entry["code"] = .string(code(account.codeHash).hex0x)
            }
            if let slots = slots[address], !slots.isEmpty {
                var storage = JSONObject()
                for (slot, value) in slots.sorted(by: { $0.key < $1.key }) {
                    storage[slot.hash.hex0x] = .string(value.hash.hex0x)
                }
                entry["storage"] = .object(storage)
            }
            object[address.hex0x] = .object(entry)
        }
        return .object(object)
    }
}
