import Tensor

/// A group of elementwise operations and folds over the rows of a matrix, some rows at a time.
///
/// Operands that lie as the matrix does are read in place, others (stretched, permuted, sliced) are gathered; what
/// lies between is kept in registers the size of the rows in hand. Many rows are shared out among the threads.
final class RowStep {
    /// Elements of the rows in hand, where rows are not longer.
    static let block = 1024

    /// How an operand lies under the rows in hand.
    enum Layout: Sendable {
        /// Element by element.
        case full
        /// A number for each row.
        case narrow
        /// One row for all.
        case column
        /// One number for all.
        case standing

        func row(_ width: Int) -> Int {
            switch self {
            case .full: width
            case .narrow: 1
            case .column, .standing: 0
            }
        }

        var step: Int { self == .full || self == .column ? 1 : 0 }
    }

    /// A place in the table of pointers.
    enum Source {
        /// Memory that moves along with the rows: bytes from row to row.
        case moving(UnsafeMutableRawPointer, rowBytes: Int)
        /// The block of scores that whoever runs the step has in hand.
        case block
        /// Memory that stays.
        case fixed(UnsafeMutableRawPointer)
        /// Brought together into a register of its own, of so many elements for each row.
        case gathered(BlockGather, rowCount: Int)
        case register(rowBytes: Int)
    }

    enum Instruction {
        /// Over all elements of the rows, or over one number for each.
        case each(BlockInstruction, isFull: Bool)
        case pairs(BinaryOperation, Place, Place, target: Int)
        case fma(Place, Place, Place, target: Int)
        case fold(RowFold, source: Int, target: Int)
        case softmax(source: Int, target: Int)
        /// Spreads a narrow or column operand over a full register.
        case spread(Place, elementSize: Int, target: Int)
    }

    /// An operand of an instruction.
    struct Place {
        let number: Int
        let layout: Layout
    }

    let kernels: Kernels
    let width: Int
    let rows: Int
    /// Rows in hand.
    private let hand: Int
    private let instructions: [Instruction]
    private let sources: [Source]
    private let piecesRows: Int
    let pieces: Int
    private let tables: UnsafeMutableBufferPointer<UnsafeMutablePointer<UnsafeMutableRawPointer>>
    /// Where the registers of each piece begin in `memory`, by place.
    private let registers: UnsafeMutableBufferPointer<UnsafeMutablePointer<UnsafeMutableRawPointer>>
    private let memory: UnsafeMutableRawPointer

    /// - Parameter pieces: how many may run at once; nil for as many as the work deserves.
    init(
        kernels: Kernels, instructions: [Instruction], sources: [Source], rows: Int, width: Int,
        pieces wanted: Int? = nil
    ) {
        self.kernels = kernels
        self.instructions = instructions
        self.sources = sources
        self.rows = rows
        self.width = width
        hand = max(1, Self.block / width)
        // An element of one operation costs about as much as sixteen links of a product.
        let isLarge = rows * width * instructions.count * 16 >= Kernels.forkWork
        let most = wanted ?? (isLarge ? kernels.pool.threads * 2 : 1)
        piecesRows = max(1, (rows + most * hand - 1) / (most * hand)) * hand
        pieces = wanted ?? max(1, (rows + piecesRows - 1) / piecesRows)
        var sizes: [Int] = []
        for source in sources {
            switch source {
            case .gathered(_, let rowCount): sizes.append((rowCount * hand * 4 + 63) & ~63)
            case .register(let rowBytes): sizes.append((rowBytes * hand + 63) & ~63)
            default: sizes.append(0)
            }
        }
        let total = max(64, sizes.reduce(0, +))
        memory = .allocate(byteCount: total * pieces, alignment: 64)
        tables = .allocate(capacity: pieces)
        registers = .allocate(capacity: pieces)
        for piece in 0..<pieces {
            let table = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(1, sources.count))
            let own = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(1, sources.count))
            var offset = piece * total
            for place in sources.indices {
                (own + place).initialize(to: memory + offset)
                (table + place).initialize(to: memory + offset)
                if case .fixed(let base) = sources[place] { table[place] = base }
                offset += sizes[place]
            }
            tables.initializeElement(at: piece, to: table)
            registers.initializeElement(at: piece, to: own)
        }
    }

    deinit {
        for table in tables { table.deallocate() }
        for own in registers { own.deallocate() }
        tables.deallocate()
        registers.deallocate()
        memory.deallocate()
    }

    func run() {
        if pieces == 1 { return run(0..<rows, piece: 0, block: nil) }
        kernels.pool.run(pieces: pieces) { piece in
            let start = piece * piecesRows
            run(start..<min(rows, start + piecesRows), piece: piece, block: nil)
        }
    }

    /// Computes a range of rows with the registers of one piece; `block` holds what a product gave for the first of them on.
    func run(_ range: Range<Int>, piece: Int, block: UnsafeMutableRawPointer?) {
        let (table, own) = (tables[piece], registers[piece])
        var start = range.lowerBound
        while start < range.upperBound {
            let count = min(hand, range.upperBound - start)
            for place in sources.indices {
                switch sources[place] {
                case .moving(let base, let rowBytes): table[place] = base + start * rowBytes
                case .gathered(let gather, let rowCount):
                    table[place] = gather.elements(from: start * rowCount, count: count * rowCount, room: own[place])
                case .block:
                    if let block { table[place] = block + (start - range.lowerBound) * width * 4 }
                case .fixed, .register: break
                }
            }
            for instruction in instructions { run(instruction, table, rows: count) }
            start += count
        }
    }

    @inline(__always)
    private func run(_ instruction: Instruction, _ table: UnsafeMutablePointer<UnsafeMutableRawPointer>, rows: Int) {
        func floats(_ number: Int) -> UnsafeMutablePointer<Float> { table[number].assumingMemoryBound(to: Float.self) }
        func operand(_ place: Place) -> Kernels.RowOperand {
            Kernels.RowOperand(floats(place.number), row: place.layout.row(width), step: place.layout.step)
        }
        switch instruction {
        case .each(let instruction, let isFull): instruction.run(kernels, table, isFull ? rows * width : rows)
        case .pairs(let operation, let a, let b, let target):
            kernels.binaryRows(operation, operand(a), operand(b), into: floats(target), rows: rows, cols: width)
        case .fma(let a, let b, let c, let target):
            kernels.fmaRows(operand(a), operand(b), operand(c), into: floats(target), rows: rows, cols: width)
        case .fold(let fold, let source, let target):
            kernels.foldRows(fold, floats(source), into: floats(target), rows: rows, cols: width)
        case .softmax(let source, let target):
            kernels.softmaxRows(floats(source), into: floats(target), rows: rows, cols: width)
        case .spread(let place, let size, let target):
            let row = place.layout.row(width)
            if size == 4 {
                Self.spread(UInt32.self, table[place.number], row, place.layout.step, table[target], rows, width)
            } else {
                Self.spread(UInt8.self, table[place.number], row, place.layout.step, table[target], rows, width)
            }
        }
    }

    private static func spread<T: BitwiseCopyable>(
        _ type: T.Type, _ source: UnsafeMutableRawPointer, _ row: Int, _ step: Int, _ target: UnsafeMutableRawPointer,
        _ rows: Int, _ width: Int
    ) {
        let (x, y) = (source.assumingMemoryBound(to: type), target.assumingMemoryBound(to: type))
        for r in 0..<rows {
            for c in 0..<width { y[r &* width &+ c] = x[r &* row &+ c &* step] }
        }
    }
}
