package import Bytes

/// An ECDSA signature over secp256k1 with the parity that lets the signer be recovered.
package struct Signature: Hashable, Sendable {
    package var r, s: U256
    /// The parity of y of the nonce point: 0 or 1.
    package var yParity: UInt8

    package init(r: U256, s: U256, yParity: UInt8) { (self.r, self.s, self.yParity) = (r, s, yParity) }

    /// Reads `r || s || v` with v as 0, 1, 27 or 28; nil for anything else.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 65 else { return nil }
        switch bytes[64] {
        case 0, 27: yParity = 0
        case 1, 28: yParity = 1
        default: return nil
        }
        r = U256(bigEndian: bytes[0..<32])
        s = U256(bigEndian: bytes[32..<64])
    }

    /// `r || s || v` with v as 27 or 28: 65 bytes, as wallets exchange them.
    package var bytes: [UInt8] { r.bytes + s.bytes + [27 + yParity] }

    /// The order of the curve's group.
    package static let order = U256(
        l0: 0xbfd2_5e8c_d036_4141, l1: 0xbaae_dce6_af48_a03b, l2: 0xffff_ffff_ffff_fffe, l3: 0xffff_ffff_ffff_ffff)

    /// Half the order, rounded down: the greatest `s` that a transaction may carry (EIP-2).
    package static let halfOrder = order >> 1
}
