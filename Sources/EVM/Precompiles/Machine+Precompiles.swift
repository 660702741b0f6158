import Bytes
import Crypto
import Pairing

extension Machine {
    /// Runs a precompile on `input`; its output goes to the return data.
    @inline(never)
    func execute(_ precompile: Precompile, _ input: UnsafeRawBufferPointer, gas: Int64) -> PrecompileResult {
        let fork = environment.pointee.fork
        guard let cost = precompile.price(input, fork: fork) else { return .failure(.precompileFailure) }
        if cost > UInt64(gas) { return .failure(.outOfGas) }
        let priced = PrecompileResult.success(Int64(cost))
        switch precompile {
        case .ecRecover:
            if let address = recover(input) {
                returnData.pointee.replace(with: U256(address).bytes)
            } else {
                returnData.pointee.clear()
            }
        case .sha256: returnData.pointee.replace(with: Digest.sha256.hash(input))
        case .ripemd160:
            returnData.pointee.replace(with: [UInt8](repeating: 0, count: 12) + Digest.ripemd160.hash(input))
        case .identity:
            let target = returnData.pointee.resize(to: input.count)
            if let start = input.baseAddress, input.count > 0 {
                target.update(from: start.assumingMemoryBound(to: UInt8.self), count: input.count)
            }
        case .modExp: returnData.pointee.replace(with: ModExp(input).result())
        case .bn254Add: return curve(priced, Bn254.add([UInt8](input)))
        case .bn254Mul: return curve(priced, Bn254.multiply([UInt8](input)))
        case .bn254Pairing: return curve(priced, Bn254.pairingCheck([UInt8](input)))
        case .blake2f:
            guard let output = blake2f(input) else { return .failure(.precompileFailure) }
            returnData.pointee.replace(with: output)
        case .p256Verify:
            returnData.pointee.replace(with: verifyP256(input) ? U256.one.bytes : [])
        case .kzgPointEvaluation: return curve(priced, KZG.verify([UInt8](input)))
        case .blsG1Add: return curve(priced, BLS12.g1Add([UInt8](input)))
        case .blsG1MSM: return curve(priced, BLS12.g1MultiScalar([UInt8](input)))
        case .blsG2Add: return curve(priced, BLS12.g2Add([UInt8](input)))
        case .blsG2MSM: return curve(priced, BLS12.g2MultiScalar([UInt8](input)))
        case .blsPairing: return curve(priced, BLS12.pairingCheck([UInt8](input)))
        case .blsMapG1: return curve(priced, BLS12.mapToG1([UInt8](input)))
        case .blsMapG2: return curve(priced, BLS12.mapToG2([UInt8](input)))
        }
        return priced
    }

    /// The output of a curve operation, or the failure that its input means.
    private func curve(_ priced: PrecompileResult, _ output: [UInt8]?) -> PrecompileResult {
        guard let output else { return .failure(.precompileFailure) }
        returnData.pointee.replace(with: output)
        return priced
    }

    private func recover(_ input: UnsafeRawBufferPointer) -> Address? {
        let input = PaddedInput(input)
        let v = input.word(1)
        guard v == 27 || v == 28 else { return nil }
        let signature = Signature(r: input.word(2), s: input.word(3), yParity: UInt8(v.l0 - 27))
        return recoverAddress(hash: input.word(0).hash, signature: signature)
    }

    private func verifyP256(_ input: UnsafeRawBufferPointer) -> Bool {
        guard input.count == 160 else { return false }
        let input = PaddedInput(input)
        return P256.verify(
            hash: input.word(0).hash, r: input.word(1), s: input.word(2), x: input.word(3), y: input.word(4))
    }
}

/// Precompile input as if zeros went on behind its end.
struct PaddedInput {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The big-endian word at `32 * index`.
    func word(_ index: Int) -> U256 { U256(bigEndian: slice(32 * index, 32)) }

    /// `count` bytes from `start`.
    func slice(_ start: Int, _ count: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        if start < bytes.count {
            let available = min(count, bytes.count - start)
            for index in 0..<available { result[index] = bytes[start + index] }
        }
        return result
    }
}
