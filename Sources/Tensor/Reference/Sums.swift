/// Reductions.
extension Reference {
    /// Chunks of 4096; in a chunk, lane l of sixteen adds x[l], x[l + 16], ... from +0; lanes fold 8+8, 4+4, 2+2, 1+1;
    /// chunk sums are added left to right.
    package static func sum(_ x: some Collection<Float>) -> Float {
        var total: Float = 0
        var lane = [Float](repeating: 0, count: lanes)
        var position = 0
        var chunks = 0
        func closeChunk() {
            for half in [8, 4, 2, 1] {
                for l in 0..<half { lane[l] += lane[l + half] }
            }
            total = chunks == 0 ? lane[0] : total + lane[0]
            chunks += 1
            for l in 0..<lanes { lane[l] = 0 }
        }
        for value in x {
            lane[position % lanes] += value
            position += 1
            if position % sumChunk == 0 { closeChunk() }
        }
        if position % sumChunk != 0 { closeChunk() }
        return canonical(total)
    }

    package static func mean(_ x: some Collection<Float>) -> Float { divide(sum(x), Float(x.count)) }

    package static func maximum(_ x: some Collection<Float>) -> Float {
        x.dropFirst().reduce(canonical(x.first ?? nan), maximum)
    }

    package static func minimum(_ x: some Collection<Float>) -> Float {
        x.dropFirst().reduce(canonical(x.first ?? nan), minimum)
    }

    /// The first position of the largest; the first NaN if there is one.
    package static func argmax(_ x: [Float]) -> Int {
        if let i = x.firstIndex(where: \.isNaN) { return i }
        var best = 0
        for i in x.indices where x[i].totalOrderKey > x[best].totalOrderKey { best = i }
        return best
    }

    package static func argmin(_ x: [Float]) -> Int {
        if let i = x.firstIndex(where: \.isNaN) { return i }
        var best = 0
        for i in x.indices where x[i].totalOrderKey < x[best].totalOrderKey { best = i }
        return best
    }

    /// Folds the middle axis of x [outer, n, inner]: each column by itself.
    package static func along(
        _ x: [Float], outer: Int, n: Int, inner: Int, _ fold: ([Float]) -> Float
    ) -> [Float] {
        var y: [Float] = []
        for o in 0..<outer {
            for i in 0..<inner { y.append(fold((0..<n).map { x[(o * n + $0) * inner + i] })) }
        }
        return y
    }
}
