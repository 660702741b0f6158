import Graph
import ONNX
import Tensor
import Training

// Files are exported for any number of rows, or for one. The graph of the latter is led to others where every row then gives what it
// gives alone; where it is not, the file is asked in pieces of the rows that it states.
extension Network {
    /// Refuses other numbers of rows than the file was exported for where it was exported for one only and cannot be led to others.
    func checkRows(_ rows: Int...) throws {
        guard let stated = model.statedBatch, rows.contains(where: { $0 != stated }) else { return }
        try checkRebinding(from: stated)
    }

    /// The rows of one run of inference on so many rows: all of them, or those that the file was exported for.
    func piece(of rows: Int, atMost most: Int) -> Int {
        guard let stated = model.statedBatch, stated != rows else { return min(rows, most) }
        return (try? checkRebinding(from: stated)) == nil ? stated : min(rows, most)
    }

    /// The outputs for rows of every input, a piece at a time; the last one is filled up with its last row where it has too few.
    func predict(rows columns: [Samples.Column], threads: Int) throws -> [(name: String, tensor: Tensor)] {
        let rows = columns.first?.tensor.shape.first ?? 0
        let size = piece(of: rows, atMost: 1024)
        guard size != rows, size > 0 else {
            return try answer(Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.tensor) }), threads: threads)
        }
        let isWhole = model.statedBatch == size
        var sessions: [Int: Session] = [:]
        var results: [String: Tensor] = [:]
        for start in stride(from: 0, to: rows, by: size) {
            let range = start..<min(start + size, rows)
            let places = Array(range) + [Int](repeating: rows - 1, count: isWhole ? size - range.count : 0)
            let session: Session
            if let known = sessions[places.count] {
                session = known
            } else {
                var shapes: [String: [Int]] = [:]
                for column in columns { shapes[column.name] = [places.count] + column.rowShape }
                session = try model.imported(shapes: shapes, mode: .inference).session(kernels: kernels(threads))
                sessions[places.count] = session
            }
            for column in columns {
                guard let value = session.plan.program.value(named: column.name) else { continue }
                try session.write(value, column.tensor.gathering(places[...]))
            }
            try session.run()
            for output in session.plan.program.outputs {
                let type = session.plan.program.type(output.value)
                guard type.shape.first == places.count else {
                    throw NetworkError(
                        "\(name): the output '\(output.name)' \(type.shape) has no row for each of the \(places.count): give at most \(size) rows"
                    )
                }
                // The rows of this piece go to their place among all.
                let rowBytes = type.byteCount / places.count
                let found = UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(session.memory(of: output.value))[..<(range.count * rowBytes)])
                results[output.name, default: Tensor(shape: [rows] + type.shape.dropFirst(), type: type.element)]
                    .withUnsafeMutableBytes { bytes in
                        UnsafeMutableRawBufferPointer(rebasing: bytes[(start * rowBytes)...]).copyMemory(from: found)
                    }
            }
        }
        return model.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
    }

    /// Compares two batches at once with one after the other, on made-up rows: the same bits, or rows depend on one another.
    private func checkRebinding(from stated: Int) throws {
        let advice =
            "export it with a first axis of any size (torch: dynamo=False, dynamic_axes={'\(model.inputs[0].name)': {0: 'N'}}; or python -m cairn_export)"
        do {
            let single = try model.inputShapes(rows: stated)
            let double = try model.imported(shapes: try model.inputShapes(rows: 2 * stated), mode: .inference)
            let rows = try madeUpRows(2 * stated)
            let together = try double.run(rows)
            let alone = try model.imported(shapes: single, mode: .inference)
            for part in 0..<2 {
                let range = part * stated..<(part + 1) * stated
                let results = try alone.run(rows.mapValues { $0.rows(range) })
                for (output, tensor) in results where together[output]?.part(range, like: tensor) != tensor {
                    throw NetworkError("in the output '\(output)' rows of a batch depend on one another")
                }
            }
        } catch { throw NetworkError("\(name): \(error); \(advice)") }
    }

    /// Inputs that differ from row to row: floats in [0, 1), whole numbers 0 and 1, which are places in any table.
    private func madeUpRows(_ rows: Int) throws -> [String: Tensor] {
        let shapes = try model.inputShapes(rows: rows)
        var result: [String: Tensor] = [:]
        for (name, type) in try model.inputTypes(batch: rows) {
            let shape = shapes[name] ?? type.shape
            let numbers = (0..<shape.reduce(1, *)).map { ($0 * 7919 + $0 / 13 * 31) % 1021 }
            result[name] =
                type.element == .float32
                ? Tensor(numbers.map { Float($0) / 1021 }, shape: shape)
                : Tensor(numbers.map { Int64($0 & 1) }, shape: shape).widened(to: type.element)
                    ?? Tensor(shape: shape, type: type.element)
        }
        return result
    }
}

extension Tensor {
    /// Some of the rows, which are along the one axis that is longer here than in `other`.
    fileprivate func part(_ range: Range<Int>, like other: Tensor) -> Tensor? {
        guard rank == other.rank, let axis = shape.indices.first(where: { shape[$0] != other.shape[$0] }) else {
            return self
        }
        let outer = shape[..<axis].reduce(1, *)
        let rows = reshaped([outer, shape[axis...].reduce(1, *)])
        let width = other.shape[axis...].reduce(1, *)
        let start = range.lowerBound / max(1, range.count) * width
        guard start + width <= rows.shape[1] else { return nil }
        var result = Tensor(shape: other.shape, type: type)
        let size = type.size
        result.withUnsafeMutableBytes { target in
            withUnsafeBytes { source in
                for row in 0..<outer {
                    let from = (row * rows.shape[1] + start) * size
                    target[(row * width * size)...].copyBytes(from: source[from..<from + width * size])
                }
            }
        }
        return result
    }
}
