import Tensor

/// A fused group of elementwise operations, run in blocks that stay in the first-level cache.
///
/// Operands that stretch have stride 0 along an axis; axes along which every operand moves alike are merged first, so that most
/// groups are one flat loop.
final class ElementwiseStep {
    /// Elements of a block.
    static let block = 512

    /// Where an instruction reads or writes.
    enum Slot {
        case register(Int)
        case external(Int)
        case result
    }

    struct Instruction {
        /// Nil converts a bool to float32.
        let function: ScalarFunction?
        let sources: [Slot]
        let target: Slot
    }

    /// An operand that comes from memory.
    struct External {
        let base: UnsafeMutableRawPointer
        let elementSize: Int
        /// Stride in elements per axis of the result, 0 where it stretches.
        let strides: [Int]
    }

    private let kernels: Kernels
    private let instructions: UnsafeMutableBufferPointer<BlockInstruction>
    private let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private let registers: UnsafeMutableRawPointer
    private let externalCount: Int
    private let externals: [External]
    private let result: UnsafeMutableRawPointer
    private let resultSize: Int
    private let resultIndex: Int
    private let sizes: [Int]
    private let steps: [Int]
    private let strides: [[Int]]
    private var counter: [Int]

    init(
        kernels: Kernels, instructions: [Instruction], externals: [External], registerCount: Int,
        result: UnsafeMutableRawPointer, resultSize: Int, shape: [Int]
    ) {
        self.kernels = kernels
        self.externals = externals
        self.result = result
        self.resultSize = resultSize
        externalCount = externals.count
        (sizes, strides) = Self.merged(shape, externals.map(\.strides))
        counter = [Int](repeating: 0, count: sizes.count)
        registers = .allocate(byteCount: max(1, registerCount) * Self.block * 4, alignment: 64)
        pointers = .allocate(capacity: externals.count + registerCount + 1)
        for index in 0..<registerCount {
            (pointers + externals.count + index).initialize(to: registers + index * Self.block * 4)
        }
        for index in externals.indices { (pointers + index).initialize(to: externals[index].base) }
        resultIndex = externals.count + registerCount
        (pointers + resultIndex).initialize(to: result)
        self.instructions = .allocate(capacity: instructions.count)
        steps = strides.map { $0.last ?? 0 }
        for (index, instruction) in instructions.enumerated() {
            func place(_ slot: Slot) -> (Int, Int) {
                switch slot {
                case .external(let number): (number, sizes.isEmpty ? 1 : steps[number])
                case .register(let number): (externals.count + number, 1)
                case .result: (resultIndex, 1)
                }
            }
            let sources = instruction.sources.map(place)
            func source(_ number: Int) -> (Int, Int) { number < sources.count ? sources[number] : (0, 1) }
            self.instructions.initializeElement(
                at: index,
                to: BlockInstruction(
                    function: instruction.function, a: source(0).0, stepA: source(0).1, b: source(1).0,
                    stepB: source(1).1, c: source(2).0, stepC: source(2).1, target: place(instruction.target).0))
        }
    }

    deinit {
        instructions.deinitialize()
        instructions.deallocate()
        pointers.deallocate()
        registers.deallocate()
    }

    /// Merges neighbouring axes along which every operand moves as one; axes of size 1 vanish.
    static func merged(_ shape: [Int], _ operands: [[Int]]) -> ([Int], [[Int]]) {
        var sizes: [Int] = []
        var strides = [[Int]](repeating: [], count: operands.count)
        for axis in shape.indices where shape[axis] != 1 {
            let joins =
                !sizes.isEmpty
                && operands.indices.allSatisfy { strides[$0][sizes.count - 1] == operands[$0][axis] * shape[axis] }
            if joins {
                sizes[sizes.count - 1] *= shape[axis]
                for operand in operands.indices { strides[operand][sizes.count - 1] = operands[operand][axis] }
            } else {
                sizes.append(shape[axis])
                for operand in operands.indices { strides[operand].append(operands[operand][axis]) }
            }
        }
        return (sizes, strides)
    }

    func run() {
        let inner = sizes.last ?? 1
        let outerAxes = max(0, sizes.count - 1)
        var outer = 1
        for axis in 0..<outerAxes {
            outer *= sizes[axis]
            counter[axis] = 0
        }
        if inner == 0 || outer == 0 { return }
        var output = result
        for _ in 0..<outer {
            for index in 0..<externalCount {
                var offset = 0
                for axis in 0..<outerAxes { offset += counter[axis] * strides[index][axis] }
                pointers[index] = externals[index].base + offset * externals[index].elementSize
            }
            runRow(inner, output)
            output += inner * resultSize
            var axis = outerAxes - 1
            while axis >= 0 {
                counter[axis] += 1
                if counter[axis] < sizes[axis] { break }
                counter[axis] = 0
                axis -= 1
            }
        }
    }

    /// One run of elements along the last axis.
    private func runRow(_ count: Int, _ output: UnsafeMutableRawPointer) {
        var done = 0
        while done < count {
            let size = min(Self.block, count - done)
            pointers[resultIndex] = output + done * resultSize
            for instruction in instructions { instruction.run(kernels, pointers, size) }
            done += size
            if done == count { break }
            for index in 0..<externalCount where steps[index] == 1 {
                pointers[index] += size * externals[index].elementSize
            }
        }
    }
}
