import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let state: [String: RPCMethod] = [
        "eth_getBalance": RPCMethod(2) { service, parameters in
            let (address, block) = (try parameters.read(0, as: Address.self), try parameters.block(1))
            return .quantity(try service.chain.balance(of: address, at: block))
        },
        "eth_getTransactionCount": RPCMethod(2) { service, parameters in
            let (address, block) = (try parameters.read(0, as: Address.self), try parameters.block(1))
            return .quantity(try service.chain.nonce(of: address, at: block))
        },
        "eth_getCode": RPCMethod(2) { service, parameters in
            let (address, block) = (try parameters.read(0, as: Address.self), try parameters.block(1))
            return .data(try service.chain.code(of: address, at: block))
        },
        "eth_getStorageAt": RPCMethod(3) { service, parameters in
            let (address, slot) = (try parameters.read(0, as: Address.self), try parameters.slot(1))
            let block = try parameters.block(2)
            return .hash(
                try service.chain.storage(of: address, slot: slot.number, at: block))
        },
        "eth_getStorageValues": RPCMethod(2, .measured) { service, parameters in
            try service.storageValues(parameters.read(0), at: parameters.block(1))
        },
        "eth_getProof": RPCMethod(3, .measured) { service, parameters in
            let slots = try parameters.read(1, as: WireList<StorageKey>.self).elements
            return try service.proof(parameters.read(0), slots: slots, at: parameters.block(2))
        },
        "eth_getAccount": RPCMethod(2) { service, parameters in
            try service.account(parameters.read(0), at: parameters.block(1))
        },
    ]
}

/// A storage key as it came: proofs answer with the same text form.
struct StorageKey: WireReadable {
    var number: U256
    /// Whether it was written with all 64 digits.
    var isWhole: Bool

    package init(wire json: JSON) throws(WireError) {
        guard case .string(var text) = json else { throw .cannotUnmarshal(json.goKind, into: "string") }
        if text.hasPrefix("0x") || text.hasPrefix("0X") { text.removeFirst(2) }
        guard text.utf8.count <= 64 else {
            throw WireError("unable to decode storage key: hex string too long, want at most 32 bytes")
        }
        isWhole = text.utf8.count == 64
        if !text.utf8.count.isMultiple(of: 2) { text = "0" + text }
        guard let bytes = try? [UInt8](hex: text) else {
            throw WireError("unable to decode storage key: hex string invalid")
        }
        number = U256(bigEndian: bytes)
    }

    var json: JSON { isWhole ? .hash(number.hash) : .quantity(number) }
}

extension Parameters {
    func slot(_ index: Int) throws -> StorageKey {
        guard let json = self[index] else { throw RPCError.missing(index) }
        do { return try StorageKey(wire: json) } catch { throw RPCError.server(error.message) }
    }
}

extension NodeService {
    func storageValues(_ request: JSON, at block: BlockTag) throws -> JSON {
        guard case .object(let object) = request else {
            throw RPCError.invalid(0, "want an object of slots by address")
        }
        var answer = JSONObject()
        for (name, keys) in object {
            var values: [JSON] = []
            do throws(WireError) {
                let address = try Address(wire: .string(name))
                for key in try WireList<StorageKey>(wire: keys).elements {
                    do throws(ChainError) {
                        values.append(.hash(try chain.storage(of: address, slot: key.number, at: block)))
                    } catch { throw WireError(error.message) }
                }
            } catch { throw RPCError.invalid(0, error.message) }
            answer[name] = .array(values)
        }
        return .object(answer)
    }

    func proof(_ address: Address, slots: [StorageKey], at block: BlockTag) throws -> JSON {
        guard slots.count <= 1024 else { throw RPCError.invalidParameters("too many slots (max 1024)") }
        let proof = try chain.proof(of: address, slots: slots.map(\.number.hash), at: block)
        return [
            "address": .address(address),
            "accountProof": .array(proof.accountProof.map { .data($0) }),
            "balance": .quantity(proof.account.balance),
            "codeHash": .hash(proof.account.codeHash),
            "nonce": .quantity(proof.account.nonce),
            "storageHash": .hash(proof.account.storageRoot),
            "storageProof": .array(
                zip(slots, proof.storage).map { slot, entry in
                    [
                        "key": slot.json, "value": .quantity(entry.value),
                        "proof": .array(entry.proof.map { .data($0) }),
                    ]
                }),
        ]
    }

    func account(_ address: Address, at block: BlockTag) throws -> JSON {
        let proof = try chain.proof(of: address, slots: [], at: block)
        return [
            "codeHash": .hash(proof.account.codeHash), "storageRoot": .hash(proof.account.storageRoot),
            "balance": .quantity(proof.account.balance), "nonce": .quantity(proof.account.nonce),
        ]
    }
}
