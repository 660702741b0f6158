package import Bytes
import Crypto

extension Address {
    /// The address of the contract that `sender` creates with its transaction or `CREATE` number `nonce`.
    package static func created(by sender: Address, nonce: UInt64) -> Address {
        var encoder = RLPEncoder(reserving: 32)
        encoder.list { encoder in
            encoder.append(sender)
            encoder.append(nonce)
        }
        return Address(truncating: U256(keccak256(encoder.bytes)))
    }

    /// The address of the contract that `creator` makes with `CREATE2` (EIP-1014).
    package static func created(by creator: Address, salt: Hash32, initCodeHash: Hash32) -> Address {
        withUnsafeTemporaryAllocation(byteCount: 85, alignment: 8) { scratch in
            let base = scratch.baseAddress!  // 85 bytes were asked for
            scratch[0] = 0xFF
            creator.write(to: base + 1)
            salt.write(to: base + 21)
            initCodeHash.write(to: base + 53)
            return Address(truncating: U256(keccak256(UnsafeRawBufferPointer(scratch))))
        }
    }
}
