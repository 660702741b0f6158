package import Bytes
package import Crypto

extension Authorization {
    /// What the authority signs (EIP-7702).
    package var signingHash: Hash32 { Authorization.signingHash(chainID: chainID, address: address, nonce: nonce) }

    /// The authority: the account whose code the authorization sets; nil where the signature is invalid.
    package var authority: Address? {
        guard yParity <= .one, s <= Signature.halfOrder else { return nil }
        return recoverAddress(hash: signingHash, signature: Signature(r: r, s: s, yParity: UInt8(yParity.l0)))
    }

    /// An authorization signed by `key`; chain id 0 allows every chain.
    package init(chainID: U256, address: Address, nonce: UInt64, signedBy key: PrivateKey) {
        let signature = key.sign(Authorization.signingHash(chainID: chainID, address: address, nonce: nonce))
        self.init(
            chainID: chainID, address: address, nonce: nonce, yParity: U256(UInt64(signature.yParity)),
            r: signature.r, s: signature.s)
    }

    private static func signingHash(chainID: U256, address: Address, nonce: UInt64) -> Hash32 {
        var encoder = RLPEncoder()
        encoder.append(raw: 0x05)
        encoder.list { encoder in
            encoder.append(chainID)
            encoder.append(address)
            encoder.append(nonce)
        }
        return keccak256(encoder.bytes)
    }

    func write(to encoder: inout RLPEncoder) {
        encoder.list { encoder in
            encoder.append(chainID)
            encoder.append(address)
            encoder.append(nonce)
            encoder.append(yParity)
            encoder.append(r)
            encoder.append(s)
        }
    }

    init(from reader: inout RLPReader) throws(RLPError) {
        var fields = try reader.list()
        self.init(
            chainID: try fields.u256(), address: try fields.address(), nonce: try fields.uint64(),
            yParity: try fields.u256(), r: try fields.u256(), s: try fields.u256())
        // The parity is a byte on the wire; a value above one makes the authorization invalid, not the transaction.
        guard yParity < 256 else { throw .integerTooLarge(bits: 8, offset: fields.offset) }
        try fields.end()
    }
}
