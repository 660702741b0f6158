package import Bytes
import Crypto
package import Datasets
package import Tensor

/// Examples to learn from: an array for every input of a graph, whose first axis counts the examples, and what the output should be.
package struct Samples: Sendable, Equatable {
    /// One input's array.
    package struct Column: Sendable, Equatable {
        package let name: String
        package let tensor: Tensor

        package init(_ name: String, _ tensor: Tensor) { (self.name, self.tensor) = (name, tensor) }

        /// The shape of one example.
        package var rowShape: [Int] { Array(tensor.shape.dropFirst()) }
    }

    package let name: String
    package let inputs: [Column]
    /// Classes as int64, or numbers as float32; the first axis counts the examples.
    package let target: Tensor
    /// What the classes are called; empty where the target holds numbers.
    package let classNames: [String]
    /// Where the rows stood in their file, from 1; nil where they are all of it in order.
    let rowNumbers: [Int]?

    package var rows: Int { target.shape.first ?? 0 }

    /// - Throws: when an array has another number of examples than the target, or the target is of another type.
    package init(name: String, inputs: [Column], target: Tensor, classNames: [String] = []) throws(TrainingError) {
        try self.init(name, inputs, target, classNames, nil)
    }

    private init(
        _ name: String, _ inputs: [Column], _ target: Tensor, _ classNames: [String], _ rowNumbers: [Int]?
    ) throws(TrainingError) {
        self.name = name
        self.inputs = inputs
        self.target = target
        self.classNames = classNames
        self.rowNumbers = rowNumbers
        guard target.rank >= 1, target.type == .int64 || target.type == .float32 else {
            throw TrainingError(
                "\(name): the target is \(target.type.name)\(target.shape): it must be classes (int64) or numbers (float32), one or more a row"
            )
        }
        for input in inputs where input.tensor.shape.first != rows {
            throw TrainingError(
                "\(name): the array '\(input.name)' \(input.tensor.shape) and the target \(target.shape) differ in their first axis, the rows"
            )
        }
    }

    /// Labelled rows, as the only input of a graph, whose one row has the given shape.
    package init(_ data: Dataset, input: String, rowShape: [Int]) throws(TrainingError) {
        let count = rowShape.reduce(1, *)
        guard data.columns == count else {
            throw TrainingError(
                "'\(data.name)' has \(data.columns) features, the input '\(input)' takes \(count) (\(rowShape)): choose columns with --features"
            )
        }
        try self.init(
            name: data.name, inputs: [Column(input, Tensor(data.features, shape: [data.rows] + rowShape))],
            target: Tensor(data.labels.map(Int64.init), shape: [data.rows]), classNames: data.classNames)
    }

    // MARK: Choosing

    /// The examples at the given positions, in that order.
    package func selecting(_ places: [Int]) -> Samples {
        Samples(
            self, inputs.map { Column($0.name, $0.tensor.gathering(places[...])) }, target.gathering(places[...]),
            rowNumbers: places.map(number(ofRow:)))
    }

    /// The same examples with another target of as many rows.
    package func retargeted(_ target: Tensor) throws(TrainingError) -> Samples {
        try Samples(name, inputs, target, classNames, rowNumbers)
    }

    /// The same examples as those at the given places of their file; nil where they are all of it.
    package func numbered(_ places: [Int]?) -> Samples {
        Samples(self, inputs, target, rowNumbers: places?.map { $0 + 1 })
    }

    /// How errors call a row: its number in the file.
    func number(ofRow row: Int) -> Int { rowNumbers?[row] ?? row + 1 }

    private init(_ other: Samples, _ inputs: [Column], _ target: Tensor, rowNumbers: [Int]?) {
        (name, classNames) = (other.name, other.classNames)
        (self.inputs, self.target, self.rowNumbers) = (inputs, target, rowNumbers)
    }
}

extension Tensor {
    /// Copies rows of the first axis into memory that has room for them.
    func copyRows(_ rows: ArraySlice<Int>, to target: UnsafeMutableRawBufferPointer) {
        let size = shape.dropFirst().reduce(type.size, *)
        precondition(rows.count * size <= target.count, "the rows do not fit")
        guard size > 0, let base = target.baseAddress else { return }
        withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            for (place, row) in rows.enumerated() {
                (base + place * size).copyMemory(from: start + row * size, byteCount: size)
            }
        }
    }

    /// Rows of the first axis as a tensor.
    package func gathering(_ rows: ArraySlice<Int>) -> Tensor {
        var result = Tensor(shape: [rows.count] + shape.dropFirst(), type: type)
        result.withUnsafeMutableBytes { copyRows(rows, to: $0) }
        return result
    }
}

extension Samples {
    /// - Throws: naming the first row that holds what is no finite number.
    package func checkFinite() throws(TrainingError) {
        for column in inputs + [Column("target", target)] where column.tensor.type == .float32 {
            let wrong = column.tensor.withUnsafe(Float.self) { $0.firstIndex { !$0.isFinite } }
            guard let wrong else { continue }
            let row = number(ofRow: wrong / max(1, column.rowShape.reduce(1, *)))
            throw TrainingError("\(name), row \(row): '\(column.name)' holds a number that is not finite")
        }
    }

    /// keccak256 of names, types, shapes and elements: the same for the same data.
    package var fingerprint: Hash32 {
        var hasher = Keccak256()
        for column in inputs + [Column("target", target)] {
            hasher.update(Array("\(column.name) \(column.tensor.type.name)\(column.tensor.shape)".utf8) + [0])
            column.tensor.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }
}
