import CKernels

/// Matrix B of a product, or the weights of a convolution, arranged once for all the calls that read them: the same bytes
/// come out as from the plain weights, and no call arranges anything.
///
///     let packed = kernels.pack(b: weights, n: 128, k: 64, transposeB: true)
///     kernels.matmul(x, packed, into: y, m: 1, bias: bias, activation: .relu)
///
/// The arrangement is the instruction set's own, so it is no format to store or to hash.
package struct PackedWeights: Sendable {
    /// Columns (output channels of a group) are rounded up to a multiple of this.
    package static let unit = Int(CAIRN_UNIT)

    enum Purpose: Hashable {
        case product(n: Int, k: Int)
        case convolution(links: Int, outChannels: Int, groups: Int)
    }

    let storage: TensorStorage
    let purpose: Purpose
    let instructionSet: InstructionSet

    var floats: UnsafeMutablePointer<Float> { storage.base.assumingMemoryBound(to: Float.self) }
}

extension Kernels {
    /// Arranges B [k, n], or [n, k] with `transposeB`.
    package func pack(b: In, n: Int, k: Int, transposeB: Bool = false) -> PackedWeights {
        let unit = Int(CAIRN_UNIT)
        let packed = PackedWeights(
            storage: TensorStorage(byteCount: (n + unit - 1) / unit * unit * k * 4), purpose: .product(n: n, k: k),
            instructionSet: instructionSet)
        table.pointee.product_pack(b, transposeB ? k : n, transposeB, n, k, packed.floats)
        return packed
    }

    /// Arranges the weights [outChannels, inChannels / groups, kernelHeight, kernelWidth]; any batch and image will do.
    package func pack(_ s: Convolution, weights: In) -> PackedWeights {
        var sizes = s.sizes
        let count = table.pointee.convolve_packed_count(&sizes)
        let packed = PackedWeights(
            storage: TensorStorage(byteCount: max(count, s.weightCount) * 4),
            purpose: .convolution(links: s.links, outChannels: s.outChannels, groups: s.groups),
            instructionSet: instructionSet)
        if count > 0 {
            table.pointee.convolve_pack(&sizes, weights, packed.floats, 0, s.outChannels)
        } else {
            packed.floats.update(from: weights, count: s.weightCount)
        }
        return packed
    }

    /// C [m, n] = A [m, k] times an arranged B; then `bias` [n] is added, then the activation applied.
    package func matmul(
        _ a: In, _ b: PackedWeights, into c: Out, m: Int, bias: In? = nil, activation: Activation = .none
    ) {
        guard case .product(let n, let k) = b.purpose, b.instructionSet == instructionSet else {
            preconditionFailure("these weights were not arranged for a product on \(instructionSet.rawValue)")
        }
        var product = cairn_product()
        product.a = a
        product.b = UnsafePointer(b.floats)
        product.c = c
        product.bias = bias
        product.m = m
        product.n = n
        product.k = k
        product.lda = k
        product.ldb = n
        product.ldc = n
        product.packed_b = true
        product.activation = activation.code
        run(product)
    }

    /// y = conv(input, arranged weights), then + bias per output channel, then the activation.
    package func convolve(
        _ s: Convolution, input: In, weights: PackedWeights, bias: In? = nil, activation: Activation = .none,
        into y: Out
    ) {
        let purpose = PackedWeights.Purpose.convolution(links: s.links, outChannels: s.outChannels, groups: s.groups)
        guard weights.purpose == purpose, weights.instructionSet == instructionSet else {
            preconditionFailure("these weights were not arranged for this convolution on \(instructionSet.rawValue)")
        }
        convolve(s, input: input, arranged: weights.floats, bias: bias, activation: activation, into: y)
    }
}
