import Testing

import Tensor

/// The vectors that an independent implementation in Python integers computed from the definition.
struct VectorTests {
    @Test func scalars() throws {
        guard let rows = try SharedVectors.rows("scalar.csv.gz") else { return }
        try checkScalars(rows)
        #expect(rows.count == 24_000)
    }

    @Test func functionsOfTheReference() throws {
        guard let rows = try SharedVectors.rows("functions.csv.gz") else { return }
        try checkReferenceFunctions(rows)
        #expect(rows.count == 6021)
    }

    @Test(arguments: everyKernels)
    func functionsOfTheKernels(_ kernels: Kernels) throws {
        guard let rows = try SharedVectors.rows("functions.csv.gz") else { return }
        try checkKernelFunctions(rows, kernels)
    }

    @Test func tensorsOfTheReference() throws {
        guard let bytes = try SharedVectors.bytes("tensors.npz") else { return }
        try checkReferenceTensors(try BitArrays(npz: bytes))
    }

    @Test(arguments: everyKernels)
    func tensorsOfTheKernels(_ kernels: Kernels) throws {
        guard let bytes = try SharedVectors.bytes("tensors.npz") else { return }
        try checkKernelTensors(try BitArrays(npz: bytes), kernels)
    }
}

private let functionColumns: [UnaryOperation] = [.exp, .log, .tanh, .erf, .gelu, .geluTanh, .sigmoid]

func checkScalars(_ rows: [[Substring]]) throws {
    for row in rows {
        let a = try #require(Float(hex: row[1]))
        let b = Float(hex: row[2]) ?? 0
        let c = Float(hex: row[3]) ?? 0
        let found: Float
        switch row[0] {
        case "fma": found = Reference.fma(a, b, c)
        case "add": found = Reference.add(a, b)
        case "sub": found = Reference.subtract(a, b)
        case "mul": found = Reference.multiply(a, b)
        case "div": found = Reference.divide(a, b)
        case "sqrt": found = Reference.sqrt(a)
        default:
            Issue.record("no such operation: \(row[0])")
            return
        }
        let expected = try #require(Float(hex: row[4]))
        if found.bitPattern != expected.bitPattern { Issue.record("\(row): \(found.hex)") }
    }
}

func checkReferenceFunctions(_ rows: [[Substring]]) throws {
    for (column, operation) in functionColumns.enumerated() {
        let xs = rows.compactMap { Float(hex: $0[0]) }
        let expected = rows.compactMap { Float(hex: $0[column + 1]) }
        let found = xs.map { Reference.apply(operation, $0) }
        #expect(difference(found, expected) == nil, "\(operation)")
    }
}

func checkKernelFunctions(_ rows: [[Substring]], _ kernels: Kernels) throws {
    let xs = rows.compactMap { Float(hex: $0[0]) }
    for (column, operation) in functionColumns.enumerated() {
        let expected = rows.compactMap { Float(hex: $0[column + 1]) }
        let found = output(xs.count) { kernels.unary(operation, xs, into: $0, count: xs.count) }
        #expect(difference(found, expected) == nil, "\(operation)")
    }
}

func checkReferenceTensors(_ arrays: BitArrays) throws {
    var index = 0
    while let a = arrays["matmul_\(index)_a"], let b = arrays["matmul_\(index)_b"], let c = arrays["matmul_\(index)_c"]
    {
        let found = Reference.matmul(a.floats, b.floats, m: a.shape[0], n: b.shape[1], k: a.shape[1])
        #expect(difference(found, c.floats) == nil, "matmul \(index)")
        index += 1
    }
    #expect(index == 30)
    index = 0
    while let x = arrays["sum_\(index)_x"], let y = arrays["sum_\(index)_y"], let m = arrays["max_\(index)_y"] {
        #expect(difference([Reference.sum(x.floats)], y.floats) == nil, "sum \(index)")
        #expect(difference([Reference.maximum(x.floats)], m.floats) == nil, "max \(index)")
        index += 1
    }
    #expect(index == 12)
    index = 0
    while let s = try RowVectors(arrays, index) {
        var (y, normal, loss, gradient): ([Float], [Float], [Float], [Float]) = ([], [], [], [])
        for r in 0..<s.rows {
            let x = Array(s.x[(r * s.cols)..<((r + 1) * s.cols)])
            y += Reference.softmax(x)
            normal += Reference.layerNorm(x, gamma: s.gamma, beta: s.beta, epsilon: 1e-5).y
            let entropy = Reference.crossEntropy(x, target: Int(s.targets[r]), rows: s.rows)
            loss.append(entropy.loss)
            gradient += entropy.gradient
        }
        #expect(difference(y, s.softmax) == nil)
        #expect(difference(normal, s.normal) == nil)
        #expect(difference(loss, s.loss) == nil)
        #expect(difference(gradient, s.gradient) == nil)
        let columns = Reference.along(s.x, outer: 1, n: s.rows, inner: s.cols) { Reference.sum($0) }
        #expect(difference(columns, s.columnSums) == nil)
        index += 1
    }
    #expect(index == 4)
}

func checkKernelTensors(_ arrays: BitArrays, _ kernels: Kernels) throws {
    var index = 0
    while let a = arrays["matmul_\(index)_a"], let b = arrays["matmul_\(index)_b"], let c = arrays["matmul_\(index)_c"]
    {
        let (m, n, k) = (a.shape[0], b.shape[1], a.shape[1])
        let found = output(m * n) { kernels.matmul(a.floats, b.floats, into: $0, m: m, n: n, k: k) }
        #expect(difference(found, c.floats) == nil, "matmul \(index)")
        index += 1
    }
    #expect(index == 30)
    index = 0
    while let x = arrays["sum_\(index)_x"], let y = arrays["sum_\(index)_y"], let m = arrays["max_\(index)_y"] {
        let n = x.bits.count
        #expect(difference(output(1) { kernels.sum(x.floats, into: $0, outer: 1, n: n) }, y.floats) == nil)
        #expect(difference(output(1) { kernels.maximum(x.floats, into: $0, outer: 1, n: n) }, m.floats) == nil)
        index += 1
    }
    #expect(index == 12)
    index = 0
    while let s = try RowVectors(arrays, index) {
        let (rows, cols, count) = (s.rows, s.cols, s.rows * s.cols)
        let y = output(count) { kernels.softmax(s.x, into: $0, rows: rows, cols: cols) }
        #expect(difference(y, s.softmax) == nil)
        let normal = output(count) {
            kernels.layerNorm(s.x, gamma: s.gamma, beta: s.beta, epsilon: 1e-5, into: $0, rows: rows, cols: cols)
        }
        #expect(difference(normal, s.normal) == nil)
        var loss: [Float] = []
        let gradient = output(count) { gradient in
            loss = output(rows) {
                kernels.crossEntropy(s.x, targets: s.targets, loss: $0, gradient: gradient, rows: rows, cols: cols)
            }
        }
        #expect(difference(loss, s.loss) == nil)
        #expect(difference(gradient, s.gradient) == nil)
        let columns = output(cols) { kernels.sum(s.x, into: $0, outer: 1, n: rows, inner: cols) }
        #expect(difference(columns, s.columnSums) == nil)
        index += 1
    }
    #expect(index == 4)
}

/// The arrays of one case of row operations.
private struct RowVectors {
    let rows, cols: Int
    let x, softmax, gamma, beta, normal, loss, gradient, columnSums: [Float]
    let targets: [Int32]

    init?(_ arrays: BitArrays, _ index: Int) throws {
        guard let x = arrays["softmax_\(index)_x"] else { return nil }
        func get(_ name: String) throws -> BitArrays.Entry { try #require(arrays[name]) }
        self.x = x.floats
        rows = x.shape[0]
        cols = x.shape[1]
        softmax = try get("softmax_\(index)_y").floats
        gamma = try get("layernorm_\(index)_gamma").floats
        beta = try get("layernorm_\(index)_beta").floats
        normal = try get("layernorm_\(index)_y").floats
        loss = try get("xent_\(index)_loss").floats
        gradient = try get("xent_\(index)_grad").floats
        columnSums = try get("colsum_\(index)_y").floats
        targets = try get("xent_\(index)_target").bits.map { Int32(bitPattern: $0) }
    }
}
