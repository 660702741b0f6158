import CKernels

/// A matrix where it lies.
package struct Matrix {
    let base: UnsafeMutablePointer<Float>
    /// Distance of rows, or of columns when the matrix is stored transposed.
    let leading: Int
    let isTransposed: Bool
    /// Whether it is the right operand of a product in the arrangement of the kernels.
    let isArranged: Bool

    package init(_ base: UnsafeMutablePointer<Float>, leading: Int, isTransposed: Bool = false) {
        (self.base, self.leading, self.isTransposed, isArranged) = (base, leading, isTransposed, false)
    }

    /// What `Kernels.arrange` leaves at `base`.
    package init(arrangedAt base: UnsafeMutablePointer<Float>) {
        (self.base, leading, isTransposed, isArranged) = (base, 0, false, true)
    }

    /// Elements of an arranged matrix [k, n].
    package static func arrangedCount(n: Int, k: Int) -> Int {
        (n + PackedWeights.unit - 1) / PackedWeights.unit * PackedWeights.unit * k
    }

    /// The same memory read as the transposed matrix.
    package var transposed: Matrix { Matrix(base, leading: leading, isTransposed: !isTransposed) }

    /// The matrix from a row on.
    @inline(__always)
    package func from(row: Int) -> Matrix {
        Matrix(base + row * (isTransposed ? 1 : leading), leading: leading, isTransposed: isTransposed)
    }
}

/// Many matrices of one size, each beginning anywhere.
package struct Matrices {
    private let base: UnsafeMutablePointer<Float>
    private let leading: Int
    let isTransposed: Bool
    /// Where each matrix begins.
    private let offsets: [Int]

    package var count: Int { offsets.count }

    package init(_ base: UnsafeMutablePointer<Float>, leading: Int, isTransposed: Bool = false, offsets: [Int]) {
        self.base = base
        self.leading = leading
        self.isTransposed = isTransposed
        self.offsets = offsets
    }

    /// The same memory read as the transposed matrices.
    package var transposed: Matrices {
        Matrices(base, leading: leading, isTransposed: !isTransposed, offsets: offsets)
    }

    @inline(__always)
    package subscript(_ number: Int) -> Matrix {
        Matrix(base + offsets[number], leading: leading, isTransposed: isTransposed)
    }
}

extension Kernels {
    /// C = A B wherever they lie; then `bias` [n] is added and the activation applied, where C is stored by rows.
    ///
    /// Where C is stored transposed, B^T A^T is computed, whose chains multiply the same pairs in the same order.
    package func matmul(
        _ a: Matrix, _ b: Matrix, into c: Matrix, m: Int, n: Int, k: Int, bias: In? = nil,
        activation: Activation = .none
    ) {
        if c.isTransposed {
            precondition(bias == nil && activation == .none, "what follows a product follows its rows")
            return matmul(b.transposed, a.transposed, into: c.transposed, m: n, n: m, k: k)
        }
        var product = product(a, b, into: c, m: m, n: n, k: k)
        product.bias = bias
        product.activation = activation.code
        run(product)
    }

    /// The same for each of as many matrices.
    package func matmul(_ a: Matrices, _ b: Matrices, into c: Matrices, m: Int, n: Int, k: Int) {
        if c.isTransposed {
            return matmul(b.transposed, a.transposed, into: c.transposed, m: n, n: m, k: k)
        }
        if c.count == 1 || m * n * k >= Self.forkWork * 4 && c.count < pool.threads {
            for number in 0..<c.count { matmul(a[number], b[number], into: c[number], m: m, n: n, k: k) }
            return
        }
        split(c.count, unit: 1, work: c.count * m * n * max(k, 1)) { range in
            for number in range {
                var one = product(a[number], b[number], into: c[number], m: m, n: n, k: k)
                table.pointee.product(&one)
            }
        }
    }

    /// C = A B on this thread alone, for callers that share out many products.
    package func matmulAlone(_ a: Matrix, _ b: Matrix, into c: Matrix, m: Int, n: Int, k: Int) {
        var one = product(a, b, into: c, m: m, n: n, k: k)
        canonical { table.pointee.product(&one) }
    }

    /// Arranges B [k, n] for several products; `room` holds `Matrix.arrangedCount`.
    package func arrange(_ b: Matrix, n: Int, k: Int, into room: UnsafeMutablePointer<Float>) -> Matrix {
        table.pointee.product_pack(b.base, b.leading, b.isTransposed, n, k, room)
        return Matrix(arrangedAt: room)
    }

    @inline(__always)
    private func product(_ a: Matrix, _ b: Matrix, into c: Matrix, m: Int, n: Int, k: Int) -> cairn_product {
        var product = cairn_product()
        product.a = UnsafePointer(a.base)
        product.b = UnsafePointer(b.base)
        product.c = c.base
        product.m = m
        product.n = n
        product.k = k
        product.lda = a.leading
        product.ldb = b.leading
        product.ldc = c.leading
        product.transpose_a = a.isTransposed
        product.transpose_b = b.isTransposed
        product.packed_b = b.isArranged
        return product
    }
}
