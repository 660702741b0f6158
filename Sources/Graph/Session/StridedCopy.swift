/// Copies elements from strided to strided memory: permutations, slices, stretching, padding and concatenation.
///
/// Axes that both sides run through alike are merged when it is made, so that the inner loop is as long as it can be.
struct StridedCopy {
    private let source: UnsafeMutableRawPointer
    private let target: UnsafeMutableRawPointer
    private let size: Int
    private var counts: [Int] = []
    private var from: [Int] = []
    private var to: [Int] = []

    /// Strides in elements; pointers at the first element.
    init(
        from source: UnsafeMutableRawPointer, _ sourceStrides: [Int], to target: UnsafeMutableRawPointer,
        _ targetStrides: [Int], shape: [Int], elementSize: Int
    ) {
        self.source = source
        self.target = target
        size = elementSize
        for axis in shape.indices where shape[axis] != 1 {
            if let last = counts.indices.last, from[last] == sourceStrides[axis] * shape[axis],
                to[last] == targetStrides[axis] * shape[axis]
            {
                counts[last] *= shape[axis]
                from[last] = sourceStrides[axis]
                to[last] = targetStrides[axis]
            } else {
                counts.append(shape[axis])
                from.append(sourceStrides[axis])
                to.append(targetStrides[axis])
            }
        }
        if counts.isEmpty {
            counts = [1]
            from = [1]
            to = [1]
        }
    }

    func run() {
        if counts.contains(0) { return }
        walk(0, source, target)
    }

    private func walk(_ axis: Int, _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) {
        if axis == counts.count - 1 {
            inner(source, target)
            return
        }
        var (s, t) = (source, target)
        for _ in 0..<counts[axis] {
            walk(axis + 1, s, t)
            s += from[axis] * size
            t += to[axis] * size
        }
    }

    private func inner(_ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer) {
        let (count, a, b) = (counts[counts.count - 1], from[from.count - 1], to[to.count - 1])
        if a == 1, b == 1 {
            target.copyMemory(from: source, byteCount: count * size)
            return
        }
        switch size {
        case 4: elements(UInt32.self, source, target, count, a, b)
        case 8: elements(UInt64.self, source, target, count, a, b)
        default: elements(UInt8.self, source, target, count, a, b)
        }
    }

    private func elements<T>(
        _ type: T.Type, _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int, _ a: Int,
        _ b: Int
    ) {
        let (x, y) = (source.assumingMemoryBound(to: type), target.assumingMemoryBound(to: type))
        for i in 0..<count { y[i &* b] = x[i &* a] }
    }
}
