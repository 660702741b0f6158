package import Bytes
package import Crypto

extension Transaction {
    /// What the sender signs.
    package var signingHash: Hash32 {
        var encoder = RLPEncoder(reserving: 256 + data.count)
        if kind != .legacy { encoder.append(raw: kind.rawValue) }
        encoder.list { encoder in
            writeFields(to: &encoder)
            if kind == .legacy, let chainID {
                encoder.append(chainID)
                encoder.append(0 as UInt64)
                encoder.append(0 as UInt64)
            }
        }
        return keccak256(encoder.bytes)
    }

    /// The transaction signed by `key`.
    package func signed(by key: PrivateKey) -> SignedTransaction {
        SignedTransaction(transaction: self, signature: key.sign(signingHash))
    }

    /// The fields of its kind in wire order, without the signature.
    func writeFields(to encoder: inout RLPEncoder) {
        if kind != .legacy { encoder.append(chainID ?? 0) }
        encoder.append(nonce)
        switch kind {
        case .legacy, .accessList: encoder.append(gasPrice)
        case .dynamicFee, .blob, .setCode:
            encoder.append(maxPriorityFeePerGas)
            encoder.append(maxFeePerGas)
        }
        encoder.append(gasLimit)
        encoder.append(to)
        encoder.append(value)
        encoder.append(data)
        guard kind != .legacy else { return }
        encoder.list { encoder in
            for entry in accessList {
                encoder.list { encoder in
                    encoder.append(entry.address)
                    encoder.list(entry.storageKeys)
                }
            }
        }
        switch kind {
        case .legacy, .accessList, .dynamicFee: break
        case .blob:
            encoder.append(maxFeePerBlobGas)
            encoder.list(blobVersionedHashes)
        case .setCode:
            encoder.list { encoder in
                for authorization in authorizations { authorization.write(to: &encoder) }
            }
        }
    }
}

extension SignedTransaction {
    package init(transaction: Transaction, signature: Signature) {
        self.init(transaction: transaction, yParity: signature.yParity, r: signature.r, s: signature.s)
    }

    package var signature: Signature { Signature(r: r, s: s, yParity: yParity) }

    /// The `v` of the wire form: the parity itself, or for legacy transactions 27/28 or EIP-155's.
    package var v: U256 {
        guard transaction.kind == .legacy else { return U256(UInt64(yParity)) }
        guard let chainID = transaction.chainID else { return U256(27 + UInt64(yParity)) }
        return U256(UInt128(chainID) * 2 + 35 + UInt128(yParity))
    }

    /// The wire form (EIP-2718): what `eth_sendRawTransaction` takes and the transactions root commits to.
    package var encoded: [UInt8] {
        var encoder = RLPEncoder(reserving: 256 + transaction.data.count)
        write(to: &encoder)
        return encoder.bytes
    }

    /// Appends the wire form as it stands alone.
    func write(to encoder: inout RLPEncoder) {
        if transaction.kind != .legacy { encoder.append(raw: transaction.kind.rawValue) }
        encoder.list { encoder in
            transaction.writeFields(to: &encoder)
            encoder.append(v)
            encoder.append(r)
            encoder.append(s)
        }
    }

    /// The transaction's hash.
    ///
    /// - Complexity: encodes the whole transaction.
    package var hash: Hash32 { keccak256(encoded) }
}
