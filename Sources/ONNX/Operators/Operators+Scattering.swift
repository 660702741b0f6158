import Graph
import Tensor

/// Reading and writing of elements by tables of coordinates.
extension Operators {
    static let scattering: [String: Lowering.Operator] = [
        "GatherND": { lowering in
            let (data, indices) = (try lowering.input(0), try lowering.input(1))
            let (shape, table) = (lowering.shape(data), lowering.shape(indices))
            let batch = lowering.int("batch_dims", 0)
            guard let width = table.last, batch >= 0, batch < table.count, width >= 1, batch + width <= shape.count,
                shape[..<batch] == table[..<batch]
            else { throw lowering.refusal("coordinates \(table) do not fit \(shape)") }
            let flat = try positions(lowering, indices, shape, batch: batch, width: width)
            let inner = Array(shape[(batch + width)...])
            let rows = try lowering.builder.reshape(
                data, [shape[..<(batch + width)].reduce(1, *), inner.reduce(1, *)])
            let found = try lowering.builder.append(.gather(axis: 0), [rows, flat])
            lowering.set(0, try lowering.builder.reshape(found, table.dropLast() + inner))
        },
        "ScatterND": { lowering in
            let (data, indices, updates) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
            let (shape, table) = (lowering.shape(data), lowering.shape(indices))
            guard let width = table.last, width >= 1, width <= shape.count else {
                throw lowering.refusal("coordinates \(table) do not fit \(shape)")
            }
            let flat = try positions(lowering, indices, shape, batch: 0, width: width)
            let inner = shape[width...].reduce(1, *)
            let result = try scattered(
                lowering, try lowering.builder.reshape(data, [shape[..<width].reduce(1, *), inner]), flat,
                try lowering.builder.reshape(updates, [table.dropLast().reduce(1, *), inner]))
            lowering.set(0, try lowering.builder.reshape(result, shape))
        },
        "ScatterElements": scatterElements, "Scatter": scatterElements,
        "ReverseSequence": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            let (time, batch) = (lowering.int("time_axis", 0), lowering.int("batch_axis", 1))
            guard shape.count >= 2, Set([time, batch]) == [0, 1] else { throw lowering.refusal("its axes cannot be") }
            try lowering.limit(shape[time])
            var row = [Int](repeating: 1, count: shape.count)
            row[batch] = shape[batch]
            let lengths = try lowering.builder.reshape(
                try lowering.builder.cast(try lowering.input(1), to: .int64), row)
            row[batch] = 1
            row[time] = shape[time]
            let step = try lowering.builder.reshape(lowering.constant(Array(0..<shape[time])), row)
            // Place t of a sequence of n reads n - 1 - t while t < n.
            let isInside = try lowering.builder.map(.less, step, lengths)
            let last = try lowering.builder.subtract(lengths, try lowering.whole(1, like: lengths))
            let source = try lowering.builder.select(isInside, try lowering.builder.subtract(last, step), step)
            let places = try lowering.builder.broadcast(source, shape)
            lowering.set(0, try lowering.builder.append(.pick(axis: time), [x, places]))
        },
        "NonZero": { lowering in
            let tensor = try lowering.tensor(0)
            let isSet = ReferenceBits.isSet(tensor)
            let places = isSet.indices.filter { isSet[$0] }.map { TensorType.coordinates(of: $0, in: tensor.shape) }
            let rows = (0..<tensor.rank).flatMap { axis in places.map { Int64($0[axis]) } }
            lowering.set(0, lowering.builder.constant(Tensor(rows, shape: [tensor.rank, places.count])), kind: .int64)
        },
        "Compress": { lowering in
            var x = try lowering.input(0)
            let isSet = ReferenceBits.isSet(try lowering.tensor(1))
            var axis = 0
            if lowering.has("axis") {
                axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            } else {
                x = try lowering.builder.reshape(x, [lowering.builder.type(x).count])
            }
            guard isSet.count <= lowering.shape(x)[axis] else { throw lowering.refusal("has too many conditions") }
            let places = lowering.constant(isSet.indices.filter { isSet[$0] })
            lowering.set(0, try lowering.builder.append(.gather(axis: axis), [x, places]))
        },
        "EyeLike": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard shape.count == 2 else { throw lowering.refusal("needs a matrix") }
            try lowering.limit(shape[0], shape[1])
            let shift = lowering.int("k", 0)
            let cells = (0..<shape[0] * shape[1]).map { Int64($0 % shape[1] - $0 / shape[1] == shift ? 1 : 0) }
            let kind = ONNXTensor.DataType(rawValue: lowering.int("dtype", 0)) ?? lowering.kind(0)
            let eye = lowering.builder.constant(Tensor(cells, shape: shape))
            let element = lowering.has("dtype") ? kind?.element ?? .float32 : lowering.builder.type(x).element
            lowering.set(0, try lowering.builder.cast(eye, to: element), kind: kind)
        },
    ]

    /// Row-major positions in the axes that coordinates name, the batch's own before them; as a list.
    private static func positions(
        _ lowering: Lowering, _ indices: Value, _ shape: [Int], batch: Int, width: Int
    ) throws -> Value {
        let table = lowering.shape(indices)
        let rows = table.dropLast().reduce(1, *)
        let flat = try lowering.builder.reshape(try lowering.builder.cast(indices, to: .int64), [rows, width])
        let sizes = Array(shape[batch..<batch + width])
        let size = lowering.constant(sizes)
        let isNegative = try lowering.builder.map(.less, flat, try lowering.whole(0, like: flat))
        let positive = try lowering.builder.select(isNegative, try lowering.builder.add(flat, size), flat)
        // A coordinate outside its axis must not reach a neighbour: it goes where no element is.
        let isInside = try lowering.builder.map(
            .and, try lowering.builder.map(.less, positive, size),
            try lowering.builder.map(.lessOrEqual, try lowering.whole(0, like: positive), positive))
        let steps = lowering.constant(TensorType.strides(of: sizes))
        let outside = try lowering.whole(-1 << 40, like: positive)
        let parts = try lowering.builder.select(isInside, try lowering.builder.multiply(positive, steps), outside)
        var result = try lowering.builder.sum(parts, axes: [1], keepsAxes: false)
        if batch > 0 {
            try lowering.limit(rows)
            let each = rows / max(1, shape[..<batch].reduce(1, *))
            let start = (0..<rows).map { $0 / max(1, each) * sizes.reduce(1, *) }
            result = try lowering.builder.add(result, lowering.constant(start))
        }
        return result
    }

    private static func scatterElements(_ lowering: Lowering) throws {
        let (data, indices, updates) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let (shape, table) = (lowering.shape(data), lowering.shape(indices))
        let axis = try lowering.axis(lowering.int("axis", 0), rank: shape.count)
        guard table.count == shape.count, lowering.shape(updates) == table,
            shape.indices.allSatisfy({ $0 == axis || table[$0] <= shape[$0] })
        else { throw lowering.refusal("indices \(table) do not fit \(shape)") }
        try lowering.limit(table.reduce(1, *))
        let whole = try lowering.builder.cast(indices, to: .int64)
        let size = try lowering.whole(shape[axis], like: whole)
        let isNegative = try lowering.builder.map(.less, whole, try lowering.whole(0, like: whole))
        let place = try lowering.builder.select(isNegative, try lowering.builder.add(whole, size), whole)
        let isInside = try lowering.builder.map(
            .and, try lowering.builder.map(.less, place, size),
            try lowering.builder.map(.lessOrEqual, try lowering.whole(0, like: place), place))
        let strides = TensorType.strides(of: shape)
        let count = table.reduce(1, *)
        let others = (0..<count).map { position -> Int64 in
            let at = TensorType.coordinates(of: position, in: table)
            return Int64(shape.indices.reduce(0) { $0 + ($1 == axis ? 0 : at[$1] * strides[$1]) })
        }
        let along = try lowering.builder.multiply(place, try lowering.whole(strides[axis], like: place))
        let position = try lowering.builder.add(along, lowering.builder.constant(Tensor(others, shape: table)))
        let flat = try lowering.builder.select(isInside, position, try lowering.whole(-1, like: position))
        let result = try scattered(
            lowering, try lowering.builder.reshape(data, [shape.reduce(1, *), 1]),
            try lowering.builder.reshape(flat, [count]), try lowering.builder.reshape(updates, [count, 1]))
        lowering.set(0, try lowering.builder.reshape(result, shape))
    }

    /// `data` `[n, w]` with rows replaced by, or combined with, `updates` `[m, w]` at `places` `[m]`.
    private static func scattered(
        _ lowering: Lowering, _ data: Value, _ places: Value, _ updates: Value
    ) throws -> Value {
        let reduction = lowering.text("reduction", "none")
        let size = lowering.shape(data)[0]
        if let known = try lowering.known(places) {
            let rows = known.values(as: Int64.self).map { Int($0) }
            guard rows.allSatisfy({ $0 >= 0 && $0 < size }) else { throw lowering.refusal("an index is out of range") }
            return try scattered(lowering, data, rows, updates, reduction)
        }
        guard lowering.builder.type(data).element == .float32, reduction == "none" || reduction == "add" else {
            return try compared(lowering, data, places, updates, reduction)
        }
        let sums = try lowering.builder.append(.scatterAdd(axis: 0, size: size), [updates, places])
        if reduction == "add" { return try lowering.builder.add(data, sums) }
        let ones = [Float](repeating: 1, count: lowering.shape(updates)[0])
        let hits = try lowering.builder.append(
            .scatterAdd(axis: 0, size: size),
            [lowering.builder.constant(Tensor(ones, shape: [ones.count, 1])), places])
        let isHit = try lowering.builder.map(.less, lowering.builder.scalar(0), hits)
        return try lowering.builder.select(isHit, sums, data)
    }

    /// Every row of the result looks at every update: whether it is its own, and which one is the last, the greatest...
    private static func compared(
        _ lowering: Lowering, _ data: Value, _ places: Value, _ updates: Value, _ reduction: String
    ) throws -> Value {
        let (size, count) = (lowering.shape(data)[0], lowering.shape(updates)[0])
        let (width, element) = (lowering.shape(data)[1], lowering.builder.type(data).element)
        try lowering.limit(size, count, width)
        let own = try lowering.builder.map(
            .equal, try lowering.builder.reshape(places, [1, count]),
            try lowering.builder.reshape(lowering.constant(Array(0..<size)), [size, 1]))
        if reduction == "none" {
            let numbers = lowering.constant(Array(0..<count))
            let none = try lowering.whole(-1, like: numbers)
            let last = try lowering.builder.reduce(
                .maximum, try lowering.builder.select(own, numbers, none), axes: [1])
            let zero = try lowering.whole(0, like: last)
            let rows = try lowering.builder.reshape(try lowering.builder.map(.maximum, last, zero), [size])
            let taken = try lowering.builder.append(.gather(axis: 0), [updates, rows])
            return try lowering.builder.select(try lowering.builder.map(.lessOrEqual, zero, last), taken, data)
        }
        guard element != .bool else { throw lowering.refusal("the reduction '\(reduction)' of truth values") }
        let kind: Reduction
        switch reduction {
        case "add": kind = .sum
        case "mul": kind = .product
        case "max": kind = .maximum
        case "min": kind = .minimum
        default: throw lowering.refusal("the reduction '\(reduction)' is not supported")
        }
        // The row's own element takes part; an update of another row counts as it once more, as 0 in sums or 1 in products.
        let current = try lowering.builder.reshape(data, [size, 1, width])
        let filler: Value
        switch kind {
        case .sum: filler = try lowering.builder.cast(lowering.builder.scalar(0), to: element)
        case .product: filler = try lowering.builder.cast(lowering.builder.scalar(1), to: element)
        default: filler = current
        }
        let parts = try lowering.builder.select(
            try lowering.builder.reshape(own, [size, count, 1]),
            try lowering.builder.reshape(updates, [1, count, width]), filler)
        let all = try lowering.builder.append(.concatenate(axis: 1), [current, parts])
        return try lowering.builder.reduce(kind, all, axes: [1], keepsAxes: false)
    }

    /// With known places every row of the result is a row of the data or of the updates; what meets in one place is
    /// combined round by round.
    private static func scattered(
        _ lowering: Lowering, _ data: Value, _ rows: [Int], _ updates: Value, _ reduction: String
    ) throws -> Value {
        let size = lowering.shape(data)[0]
        try lowering.limit(size)
        var rounds: [[(row: Int, update: Int)]] = []
        var count = [Int: Int]()
        for (update, row) in rows.enumerated() {
            let round = reduction == "none" ? 0 : count[row, default: 0]
            count[row] = round + 1
            if round == rounds.count { rounds.append([]) }
            rounds[round].append((row, update))
        }
        guard rounds.count <= 256 else { throw lowering.refusal("more than 256 updates of one element") }
        var result = data
        for round in rounds {
            var sources = Array(0..<size)
            // Of several that write to one place, the last stays.
            for (row, update) in round { sources[row] = size + update }
            let joined = try lowering.builder.append(.concatenate(axis: 0), [result, updates])
            let taken = try lowering.builder.append(.gather(axis: 0), [joined, lowering.constant(sources)])
            let isHit = sources.map { $0 >= size }
            let mask = lowering.builder.constant(Tensor(isHit, shape: [size, 1]))
            let combined: Value
            switch reduction {
            case "none":
                result = taken
                continue
            case "add": combined = try lowering.builder.add(result, taken)
            case "mul": combined = try lowering.builder.multiply(result, taken)
            case "max": combined = try lowering.builder.map(.maximum, result, taken)
            case "min": combined = try lowering.builder.map(.minimum, result, taken)
            default: throw lowering.refusal("the reduction '\(reduction)' is not supported")
            }
            result = try lowering.builder.select(mask, combined, result)
        }
        return result
    }
}

/// Elements as truth values.
enum ReferenceBits {
    static func isSet(_ tensor: Tensor) -> [Bool] {
        tensor.type == .float32
            ? tensor.values(as: Float.self).map { $0 != 0 } : ReferenceExecutor.elementBits(tensor).map { $0 != 0 }
    }
}
