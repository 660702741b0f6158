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
        return try await codes(of: [(address, account.codeHash)], after: header)[0]
    }

    /// The code of accounts whose code hashes are proved, in one request.
    package func codes(
        of accounts: [(address: Address, hash: Hash32)], after header: BlockHeader
    ) async throws(ChainError) -> [[UInt8]] {
        let calls = accounts.map {
            RPCTransport.Call("eth_getCode", .string($0.address.hex0x), .quantity(header.header.number))
        }
        var codes: [[UInt8]] = []
        for (account, answer) in zip(accounts, try await client.transport.all(calls)) {
            let code = try WireReader.bytes(try answer.value, "code")
            guard keccak256(code) == account.hash else {
                throw Self.lie("the code of \(account.address) has another hash")
            }
            codes.append(code)
        }
        return codes
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
        try await proofs(of: [(address, slots)], after: try await existing(block))[0]
    }

    /// Several accounts with slots, in one request; each proved against the state root of a verified block.
    package func proofs(
        of wanted: [(address: Address, slots: [U256])], after header: BlockHeader
    ) async throws(ChainError) -> [AccountProof] {
        let calls = wanted.map {
            RPCTransport.Call(
                "eth_getProof", .string($0.address.hex0x), .array($0.slots.map { .string($0.hash.hex0x) }),
                .quantity(header.header.number))
        }
        var proofs: [AccountProof] = []
        for (wish, answer) in zip(wanted, try await client.transport.all(calls)) {
            let proof = try WireReader(try answer.value, "proof").accountProof(of: wish.address)
            do { try proof.verify(stateRoot: header.header.stateRoot) } catch {
                throw Self.lie("state of block \(header.header.number): \(error)")
            }
            guard proof.storage.map(\.key) == wish.slots.map(\.hash) else {
                throw Self.lie("proofs of other slots of \(wish.address)")
            }
            proofs.append(proof)
        }
        return proofs
    }

    /// What the node thinks that a message touches: a hint that saves requests, and nothing that is believed.
    package func touched(by message: CallMessage, after header: BlockHeader) async -> [AccessListEntry] {
        let answer = try? await client.transport.one(
            .init("eth_createAccessList", .message(message), .quantity(header.header.number)))
        guard case .success(let json)? = answer else { return [] }
        return (try? WireReader(json, "access list").accessList()) ?? []
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
