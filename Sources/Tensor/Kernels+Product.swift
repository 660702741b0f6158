import CKernels

extension Kernels {
    /// C = op(A) op(B), row-major; then `bias` [n] is added, then the activation applied.
    ///
    /// With `transposeA`, A is stored [k, m]; with `transposeB`, B is stored [n, k]. Weights are best stored [k, n]: one
    /// row of output then runs several times faster.
    package func matmul(
        _ a: In, _ b: In, into c: Out, m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false,
        bias: In? = nil, activation: Activation = .none
    ) {
        var product = cairn_product()
        product.a = a
        product.b = b
        product.c = c
        product.bias = bias
        product.m = m
        product.n = n
        product.k = k
        product.lda = transposeA ? m : k
        product.ldb = transposeB ? k : n
        product.ldc = n
        product.transpose_a = transposeA
        product.transpose_b = transposeB
        product.activation = activation.code
        run(product)
    }

    /// One product, cut along its longer side when it is large.
    func run(_ product: cairn_product) {
        let work = product.m * product.n * max(product.k, 1)
        if pool.threads == 1 || work < Self.forkWork {
            var whole = product
            canonical { table.pointee.product(&whole) }
        } else if product.n >= product.m || product.n >= 128 * pool.threads {
            let column = product.packed_b ? product.k : product.transpose_b ? product.ldb : 1
            // Few rows wait for B from memory, which comes faster in long stretches: two pieces for each thread.
            let stretch = product.m <= 4 ? product.n / (2 * pool.threads) : 0
            let unit = Int(CAIRN_UNIT) * max(1, stretch / Int(CAIRN_UNIT))
            split(product.n, unit: unit, work: work) { range in
                var piece = product
                piece.n = range.count
                piece.b = product.b + range.lowerBound * column
                piece.c = product.c + range.lowerBound
                if let bias = product.bias, !product.bias_per_row { piece.bias = bias + range.lowerBound }
                table.pointee.product(&piece)
            }
        } else {
            split(product.m, unit: 14, work: work) { range in
                var piece = product
                piece.m = range.count
                piece.a = product.a + range.lowerBound * (product.transpose_a ? 1 : product.lda)
                piece.c = product.c + range.lowerBound * product.ldc
                if let bias = product.bias, product.bias_per_row { piece.bias = bias + range.lowerBound }
                table.pointee.product(&piece)
            }
        }
    }
}
