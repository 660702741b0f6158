/// Brings a run of elements of a strided operand together.
struct BlockGather {
    private let base: UnsafeMutableRawPointer
    private let elementSize: Int
    /// Axes of the result along which the operand moves differently, with its strides.
    private let axes: [(size: Int, stride: Int)]

    init(_ base: UnsafeMutableRawPointer, _ elementSize: Int, sizes: [Int], strides: [Int]) {
        self.base = base
        self.elementSize = elementSize
        axes = zip(sizes, strides).map { ($0, $1) }
    }

    /// Where the elements for the positions [start, start + count) of the result are: where they lie when they are neighbours, else
    /// brought together in `room`.
    func elements(from start: Int, count: Int, room: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let (inner, step) = axes[axes.count - 1]
        if step == 1, start % inner + count <= inner {
            var (rest, column) = start.quotientAndRemainder(dividingBy: inner)
            for axis in stride(from: axes.count - 2, through: 0, by: -1) {
                let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: axes[axis].size)
                column += coordinate * axes[axis].stride
                rest = quotient
            }
            return base + column * elementSize
        }
        run(from: start, count: count, into: room)
        return room
    }

    /// The elements for the positions [start, start + count) of the result.
    func run(from start: Int, count: Int, into target: UnsafeMutableRawPointer) {
        switch elementSize {
        case 4: gather(UInt32.self, start, count, target)
        default: gather(UInt8.self, start, count, target)
        }
    }

    private func gather<T: BitwiseCopyable>(
        _ type: T.Type, _ start: Int, _ count: Int, _ target: UnsafeMutableRawPointer
    ) {
        let (source, out) = (base.assumingMemoryBound(to: type), target.assumingMemoryBound(to: type))
        let (inner, step) = axes[axes.count - 1]
        var done = 0
        while done < count {
            // The outer coordinates of this run.
            let position = start + done
            var (rest, column) = position.quotientAndRemainder(dividingBy: inner)
            var offset = 0
            var outerSize = 0
            var outerStep = 0
            for axis in stride(from: axes.count - 2, through: 0, by: -1) {
                let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: axes[axis].size)
                offset += coordinate * axes[axis].stride
                if axis == axes.count - 2 { (outerSize, outerStep) = (axes[axis].size - coordinate, axes[axis].stride) }
                rest = quotient
            }
            // Runs along the last axis, for as long as only the one before it changes.
            var runs = max(1, outerSize)
            while runs > 0, done < count {
                let size = min(inner - column, count - done)
                let from = source + offset + column * step
                if step == 0 {
                    let value = from.pointee
                    for i in 0..<size { out[done + i] = value }
                } else if step == 1 {
                    (out + done).update(from: from, count: size)
                } else {
                    for i in 0..<size { out[done + i] = from[i &* step] }
                }
                done += size
                column = 0
                offset += outerStep
                runs -= 1
            }
        }
    }
}
