import Tensor

/// Two products with a group over the rows between them, some rows of one matrix at a time: their scores are made, turned into
/// weights and used while they are in the cache.
final class AttentionStep {
    /// Bytes of the scores in hand, where rows are not longer.
    private static let block = 1 << 16
    /// Rows in hand at least: as many as a tile of the product has.
    private static let fewestRows = 14

    /// What the step multiplies, and where it all lies.
    struct Operands {
        let queries: Matrices
        let keys: Matrices
        let values: Matrices
        let result: Matrices
        /// Where the weights are stored, if they are: matrices one after the other.
        let weights: UnsafeMutablePointer<Float>?
        /// Rows and columns of the scores, links of the first product, columns of the second.
        let rows: Int
        let columns: Int
        let links: Int
        let width: Int
    }

    private let kernels: Kernels
    private let group: RowStep
    private let operands: Operands
    private let pieces: Int
    private let blockRows: Int
    private let blocks: Int
    /// For each piece room for a block of scores and, where a matrix has several blocks, for keys and values as products read them.
    private let room: UnsafeMutablePointer<Float>
    private let roomCount: Int
    private let keyCount: Int
    private let valueCount: Int

    /// How many pieces may run at once.
    static func pieces(_ kernels: Kernels, _ o: Operands) -> Int {
        let isLarge = o.result.count * o.rows * o.columns * (o.links + o.width + 16) >= Kernels.forkWork
        let blockRows = blockRows(o.rows, o.columns)
        let blocks = (o.rows + blockRows - 1) / blockRows
        return isLarge && kernels.pool.threads > 1 ? min(o.result.count * blocks, kernels.pool.threads * 4) : 1
    }

    private static func blockRows(_ rows: Int, _ columns: Int) -> Int {
        let fitting = block / 4 / columns / fewestRows * fewestRows
        return rows * columns * 4 <= block ? rows : min(rows, max(fewestRows, fitting))
    }

    init(kernels: Kernels, group: RowStep, _ operands: Operands, pieces: Int) {
        self.kernels = kernels
        self.group = group
        self.operands = operands
        self.pieces = pieces
        blockRows = Self.blockRows(operands.rows, operands.columns)
        blocks = (operands.rows + blockRows - 1) / blockRows
        keyCount = blocks > 1 ? Matrix.arrangedCount(n: operands.columns, k: operands.links) : 0
        valueCount = blocks > 1 ? Matrix.arrangedCount(n: operands.width, k: operands.columns) : 0
        let scores = (blockRows * operands.columns + 15) & ~15
        roomCount = scores + keyCount + valueCount
        room = UnsafeMutableRawPointer.allocate(byteCount: max(64, roomCount * pieces * 4), alignment: 64)
            .bindMemory(to: Float.self, capacity: max(16, roomCount * pieces))
    }

    deinit { room.deallocate() }

    func run() {
        if pieces == 1 { return run(0) }
        kernels.pool.run(pieces: pieces) { run($0) }
    }

    private func run(_ piece: Int) {
        let (o, count) = (operands, operands.result.count * blocks)
        let scores = room + piece * roomCount
        let keyRoom = scores + roomCount - keyCount - valueCount
        var (number, keys, values) = (-1, o.keys[0], o.values[0])
        for unit in piece * count / pieces..<(piece + 1) * count / pieces {
            let block = unit % blocks
            if number != unit / blocks {
                number = unit / blocks
                (keys, values) = (o.keys[number], o.values[number])
                if blocks > 1 {
                    keys = kernels.arrange(keys, n: o.columns, k: o.links, into: keyRoom)
                    values = kernels.arrange(values, n: o.width, k: o.columns, into: keyRoom + keyCount)
                }
            }
            let rows = block * blockRows..<min(o.rows, (block + 1) * blockRows)
            kernels.matmulAlone(
                o.queries[number].from(row: rows.lowerBound), keys, into: Matrix(scores, leading: o.columns),
                m: rows.count, n: o.columns, k: o.links)
            let first = number * o.rows + rows.lowerBound
            group.run(first..<first + rows.count, piece: piece, block: scores)
            let weights = Matrix(o.weights.map { $0 + first * o.columns } ?? scores, leading: o.columns)
            kernels.matmulAlone(
                weights, values, into: o.result[number].from(row: rows.lowerBound), m: rows.count, n: o.width,
                k: o.columns)
        }
    }
}
