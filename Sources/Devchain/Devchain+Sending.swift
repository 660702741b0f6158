package import Bytes
import Crypto
package import Ethereum
package import Ledger

extension Devchain {
    /// Hands in a signed transaction; where blocks are made automatically and the transaction can be executed, it is in
    /// a block when this returns. Neither is lost with the process; whoever sees the block sees it on the disk.
    package func send(raw transaction: [UInt8]) async throws(ChainError) -> Hash32 {
        let entry = try Self.decode(transaction)
        return try await submit([entry])[0].get()
    }

    /// Hands in many signed transactions at once; those that can be executed go into one block, as far as they fit.
    package func send(raws transactions: [[UInt8]]) async -> [Result<Hash32, ChainError>] {
        var answers = [Result<Hash32, ChainError>](
            repeating: .failure(ChainError(.rejected, "not sent")), count: transactions.count)
        var entries: [PooledTransaction] = []
        var places: [Int] = []
        for (index, raw) in transactions.enumerated() {
            do throws(ChainError) {
                entries.append(try Self.decode(raw))
                places.append(index)
            } catch {
                answers[index] = .failure(error)
            }
        }
        for (place, answer) in zip(places, await submit(entries)) { answers[place] = answer }
        return answers
    }

    /// Hands in a transaction in the name of an account that is impersonated.
    ///
    /// It carries a signature that nobody can make: `s` is zero and `r` is the sender's address.
    package func send(unsigned transaction: Transaction, from sender: Address) async throws(ChainError) -> Hash32 {
        guard isImpersonated(sender) else {
            throw ChainError(.rejected, "no key for \(sender.checksummed), and it is not impersonated")
        }
        let signed = SignedTransaction(transaction: transaction, yParity: 0, r: U256(sender), s: .zero)
        let raw = signed.encoded
        let entry = PooledTransaction(hash: keccak256(raw), sender: sender, signed: signed, raw: raw)
        return try await submit([entry])[0].get()
    }

    /// Reads a transaction and finds who signed it.
    static func decode(_ raw: [UInt8]) throws(ChainError) -> PooledTransaction {
        do {
            let signed = try SignedTransaction(decoding: raw)
            return PooledTransaction(hash: keccak256(raw), sender: try signed.sender(), signed: signed, raw: raw)
        } catch {
            throw ChainError(.rejected, "\(error)")
        }
    }
}

extension SignedTransaction {
    /// The sender of a transaction that was mined: its signer, or who was impersonated.
    func minedSender() -> Address? {
        if s.isZero, r < U256.one << 160 { return Address(truncating: r) }
        return try? sender()
    }
}
