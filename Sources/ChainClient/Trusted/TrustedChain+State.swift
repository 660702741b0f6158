package import Bytes
import Crypto
package import Ethereum
import JSON
package import Ledger

extension TrustedChain {
    package func balance(of address: Address, at block: BlockTag) async throws(ChainError) -> U256 {
        try await proof(of: address, slots: [], at: block).account.balance
    }

    package func nonce(of address: Address, at block: BlockTag) async throws(ChainError) -> UInt64 {
        try await proof(of: address, slots: [], at: block).account.nonce
    }

    package func code(of address: Address, at block: BlockTag) async throws(ChainError) -> [UInt8] {
        let header = try await existing(block)
        let account = try await proof(of: address, slots: [], at: block).account
        guard ![.zero, .emptyKeccak].contains(account.codeHash) else { return [] }
        let code = try await client.code(of: address, at: .number(header.header.number))
        guard keccak256(code) == account.codeHash else { throw Self.lie("the code of \(address) has another hash") }
        return code
    }

    package func storage(of address: Address, slot: U256, at block: BlockTag) async throws(ChainError) -> Hash32 {
        let proof = try await proof(of: address, slots: [slot], at: block)
        guard let found = proof.storage.first, found.key == slot.hash else {
            throw Self.lie("no proof of slot \(slot.hexQuantity) of \(address)")
        }
        return found.value.hash
    }

    /// An account with the slots asked for, proved against the state root of a verified block.
    package func proof(of address: Address, slots: [U256], at block: BlockTag) async throws(ChainError) -> AccountProof
    {
        let header = try await existing(block)
        let json = try await client.transport.call(
            "eth_getProof", .string(address.hex0x), .array(slots.map { .string($0.hash.hex0x) }),
            .quantity(header.header.number))
        let proof = try WireReader(json, "proof").accountProof(of: address)
        do { try proof.verify(stateRoot: header.header.stateRoot) } catch {
            throw Self.lie("state of block \(header.header.number): \(error)")
        }
        guard proof.storage.map(\.key) == slots.map(\.hash) else {
            throw Self.lie("proofs of other slots of \(address)")
        }
        return proof
    }
}

extension WireReader {
    /// The answer of `eth_getProof`.
    func accountProof(of address: Address) throws(ChainError) -> AccountProof {
        let account = TrieAccount(
            nonce: try uint64("nonce"), balance: try number("balance"), storageRoot: try hash("storageHash"),
            codeHash: try hash("codeHash"))
        var slots: [AccountProof.Slot] = []
        for json in try list("storageProof") {
            let reader = WireReader(json, "storage proof")
            // Keys come back as hashes or as quantities.
            guard let text = json["key"]?.stringValue, let key = U256(text) else {
                throw ChainError(.unreachable, "the node's storage proof has no key")
            }
            slots.append(
                AccountProof.Slot(key: key.hash, value: try reader.number("value"), proof: try reader.nodes("proof")))
        }
        return AccountProof(address: address, account: account, accountProof: try nodes("accountProof"), storage: slots)
    }

    private func nodes(_ name: String) throws(ChainError) -> [[UInt8]] {
        var nodes: [[UInt8]] = []
        for json in try list(name) { nodes.append(try WireReader.bytes(json, name)) }
        return nodes
    }
}
