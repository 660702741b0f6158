import Tensor

/// A fused group of elementwise operations, run in blocks that stay in the first-level cache.
///
/// An operand that moves along with the result is read where it lies, one number is repeated, and any other operand
/// (stretched, permuted, sliced) is first gathered a block at a time, so that the operations themselves run over whole blocks
/// whatever the shapes. Large groups are shared out among the threads.
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

    /// How an operand from memory gets into a block.
    private enum Source {
        case moving(UnsafeMutableRawPointer, elementSize: Int)
        case standing
        case gathered(BlockGather)
    }

    private let kernels: Kernels
    private let instructions: UnsafeMutableBufferPointer<BlockInstruction>
    private let sources: UnsafeMutableBufferPointer<Source>
    private let result: UnsafeMutableRawPointer
    private let resultSize: Int
    private let count: Int
    /// Elements that one thread computes at a time: a multiple of a block.
    private let pieceCount: Int
    private let pieces: Int
    /// For each piece a table of pointers (operands, registers, result) and the registers.
    private let tables: UnsafeMutableBufferPointer<UnsafeMutablePointer<UnsafeMutableRawPointer>>
    private let registers: UnsafeMutableRawPointer
    private let tableWidth: Int

    init(
        kernels: Kernels, instructions: [Instruction], externals: [External], registerCount: Int,
        result: UnsafeMutableRawPointer, resultSize: Int, shape: [Int]
    ) {
        self.kernels = kernels
        self.result = result
        self.resultSize = resultSize
        let count = shape.reduce(1, *)
        self.count = count
        let sources = externals.map { external -> Source in
            let (sizes, strides) = Self.merged(shape, [external.strides])
            let steps = strides[0]
            if steps.allSatisfy({ $0 == 0 }) { return .standing }
            if steps == [1] { return .moving(external.base, elementSize: external.elementSize) }
            return .gathered(BlockGather(external.base, external.elementSize, sizes: sizes, strides: steps))
        }
        self.sources = .allocate(capacity: sources.count)
        _ = self.sources.initialize(from: sources)

        // An element of one operation costs about as much as sixteen links of a product.
        let isLarge = count * instructions.count * 16 >= Kernels.forkWork
        let wanted = isLarge ? kernels.pool.threads * 2 : 1
        pieceCount = max(1, (count + wanted * Self.block - 1) / (wanted * Self.block)) * Self.block
        pieces = max(1, (count + pieceCount - 1) / pieceCount)
        let width = externals.count + registerCount + 1
        tableWidth = width
        // Gathered operands have a block of their own.
        let blockBytes = Self.block * 4
        registers = .allocate(byteCount: pieces * max(1, width) * blockBytes, alignment: 64)
        tables = .allocate(capacity: pieces)
        for piece in 0..<pieces {
            let table = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: width)
            for place in 0..<width { (table + place).initialize(to: registers + (piece * width + place) * blockBytes) }
            for place in sources.indices { if case .standing = sources[place] { table[place] = externals[place].base } }
            tables.initializeElement(at: piece, to: table)
        }
        self.instructions = .allocate(capacity: instructions.count)
        for (index, instruction) in instructions.enumerated() {
            func place(_ slot: Slot) -> (Int, Int) {
                switch slot {
                case .external(let number): if case .standing = sources[number] { (number, 0) } else { (number, 1) }
                case .register(let number): (externals.count + number, 1)
                case .result: (width - 1, 1)
                }
            }
            let operands = instruction.sources.map(place)
            func operand(_ number: Int) -> (Int, Int) { number < operands.count ? operands[number] : (0, 1) }
            self.instructions.initializeElement(
                at: index,
                to: BlockInstruction(
                    function: instruction.function, a: operand(0).0, stepA: operand(0).1, b: operand(1).0,
                    stepB: operand(1).1, c: operand(2).0, stepC: operand(2).1, target: place(instruction.target).0))
        }
    }

    deinit {
        instructions.deinitialize()
        instructions.deallocate()
        sources.deinitialize()
        sources.deallocate()
        for table in tables { table.deallocate() }
        tables.deallocate()
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
        if pieces == 1 { return run(0) }
        kernels.pool.run(pieces: pieces) { run($0) }
    }

    private func run(_ piece: Int) {
        let table = tables[piece]
        let end = min(count, (piece + 1) * pieceCount)
        let last = sources.count
        let resultPlace = table + (instructions[instructions.count - 1].target)
        var start = piece * pieceCount
        while start < end {
            let size = min(Self.block, end - start)
            for place in 0..<last {
                switch sources[place] {
                case .moving(let base, let elementSize): table[place] = base + start * elementSize
                case .gathered(let gather):
                    let room = registers + (piece * tableWidth + place) * Self.block * 4
                    table[place] = gather.elements(from: start, count: size, room: room)
                case .standing: break
                }
            }
            resultPlace.pointee = result + start * resultSize
            for instruction in instructions { instruction.run(kernels, table, size) }
            start += size
        }
    }
}
