import Graph
import Tensor

/// Branches and loops, which are taken apart while importing: programs have none.
extension Operators {
    static let control: [String: Lowering.Operator] = ["If": branch, "Loop": loop, "Scan": scan]

    /// The branch that is known to be taken; else both, and a choice between what they give.
    private static func branch(_ lowering: Lowering) throws {
        let condition = try lowering.input(0)
        if let known = try lowering.known(condition), known.type == .bool, known.count == 1 {
            let isTrue = known.values(as: Bool.self)[0]
            let results = try lowering.inlined(try lowering.graph(isTrue ? "then_branch" : "else_branch"), [])
            for (index, result) in results.enumerated() { lowering.set(index, result) }
            return
        }
        let yes = try lowering.inlined(try lowering.graph("then_branch"), [])
        let no = try lowering.inlined(try lowering.graph("else_branch"), [])
        guard yes.count == no.count, lowering.builder.type(condition).count == 1 else {
            throw lowering.refusal("its branches differ in what they give")
        }
        for (index, pair) in zip(yes, no).enumerated() {
            let (first, second) = (try lowering.tensor(pair.0), try lowering.tensor(pair.1))
            let (a, b) = (lowering.builder.type(first.value), lowering.builder.type(second.value))
            guard a == b else {
                throw lowering.dependence(
                    "depends on the data and gives \(a) or \(b): only shapes that are known before running are supported"
                )
            }
            let flat = try lowering.builder.reshape(condition, [])
            let result = try lowering.builder.select(flat, first.value, second.value)
            lowering.set(index, try lowering.builder.reshape(result, a.shape), kind: first.kind)
        }
    }

    /// Unrolled: how often it runs must be known before.
    private static func loop(_ lowering: Lowering) throws {
        let body = try lowering.graph("body")
        var trips = Int.max
        if lowering.hasInput(0) { trips = try lowering.integers(0).first ?? 0 }
        var goesOn = true
        if lowering.hasInput(1) { goesOn = try truth(lowering, try lowering.input(1)) }
        var carried = try lowering.node.inputs.indices.dropFirst(2).map { try lowering.held($0) }
        let scans = body.outputs.count - 1 - carried.count
        guard scans >= 0 else {
            throw lowering.refusal(
                "its body gives \(body.outputs.count) values, too few for \(carried.count) carried ones")
        }
        var stacked = [[Lowering.Argument]](repeating: [], count: scans)
        var trip = 0
        while trip < trips, goesOn {
            let number = lowering.builder.constant(Tensor([Int64(trip)], shape: []))
            let condition = lowering.builder.constant(Tensor([true], shape: []))
            let results = try lowering.inlined(
                body, [.tensor((number, .int64)), .tensor((condition, .bool))] + carried)
            goesOn = try truth(lowering, try lowering.tensor(results[0]).value)
            carried = Array(results[1..<1 + carried.count])
            for index in 0..<scans {
                stacked[index].append(try lowering.tensor(results[1 + carried.count + index]))
            }
            trip += 1
        }
        for (index, result) in carried.enumerated() { lowering.set(index, result) }
        for (index, parts) in stacked.enumerated() {
            try stack(lowering, parts, axis: 0, output: carried.count + index)
        }
    }

    private static func truth(_ lowering: Lowering, _ value: Value) throws -> Bool {
        guard let known = try lowering.known(value), known.type == .bool, known.count == 1 else {
            throw lowering.dependence("how often it runs depends on the data, which is not supported")
        }
        return known.values(as: Bool.self)[0]
    }

    /// Joins one slice from each turn along a new axis.
    private static func stack(_ lowering: Lowering, _ parts: [Lowering.Argument], axis: Int, output: Int) throws {
        guard lowering.wantsOutput(output) else { return }
        guard let first = parts.first else { throw lowering.refusal("gives nothing, since it never runs") }
        let rank = lowering.shape(first.value).count + 1
        let place = try lowering.axis(axis, rank: rank)
        let slices = try parts.map { part -> Value in
            var shape = lowering.shape(part.value)
            shape.insert(1, at: place)
            return try lowering.builder.reshape(part.value, shape)
        }
        let joined = slices.count == 1 ? slices[0] : try lowering.builder.append(.concatenate(axis: place), slices)
        lowering.set(output, joined, kind: first.kind)
    }

    private static func scan(_ lowering: Lowering) throws {
        guard lowering.opset >= 9 else { throw lowering.refusal("is supported from operator set 9 on") }
        let body = try lowering.graph("body")
        let count = lowering.int("num_scan_inputs", 0)
        let inputs = try lowering.node.inputs.indices.map { try lowering.argument($0) }
        guard count >= 1, count <= inputs.count, body.inputs.count == inputs.count else {
            throw lowering.refusal("its \(inputs.count) inputs do not fit its body of \(body.inputs.count)")
        }
        var carried = inputs.dropLast(count).map { Lowering.Held.tensor($0) }
        let scanned = Array(inputs.suffix(count))
        let axes = lowering.ints("scan_input_axes") ?? [Int](repeating: 0, count: count)
        let directions = lowering.ints("scan_input_directions") ?? [Int](repeating: 0, count: count)
        let outputs = body.outputs.count - carried.count
        let outputAxes = lowering.ints("scan_output_axes") ?? [Int](repeating: 0, count: max(0, outputs))
        let outputDirections = lowering.ints("scan_output_directions") ?? [Int](repeating: 0, count: max(0, outputs))
        guard axes.count == count, directions.count == count, outputs >= 0, outputAxes.count == outputs,
            outputDirections.count == outputs
        else { throw lowering.refusal("its axes or directions do not fit") }
        let places = try zip(scanned, axes).map { try lowering.axis($1, rank: lowering.shape($0.value).count) }
        let lengths = Set(zip(scanned, places).map { lowering.shape($0.value)[$1] })
        guard let length = lengths.first, lengths.count == 1 else {
            throw lowering.refusal("scans axes of different sizes")
        }
        var stacked = [[Lowering.Argument]](repeating: [], count: outputs)
        for turn in 0..<length {
            let slices = try scanned.indices.map { index -> Lowering.Held in
                let from = directions[index] == 1 ? length - 1 - turn : turn
                var shape = lowering.shape(scanned[index].value)
                let slice = try lowering.builder.slice(scanned[index].value, axis: places[index], from: from, count: 1)
                shape.remove(at: places[index])
                return .tensor((try lowering.builder.reshape(slice, shape), scanned[index].kind))
            }
            let results = try lowering.inlined(body, carried + slices)
            carried = Array(results[..<carried.count])
            for index in 0..<outputs {
                stacked[index].append(try lowering.tensor(results[carried.count + index]))
            }
        }
        for (index, result) in carried.enumerated() { lowering.set(index, result) }
        for (index, parts) in stacked.enumerated() {
            let ordered = outputDirections[index] == 1 ? Array(parts.reversed()) : parts
            try stack(lowering, ordered, axis: outputAxes[index], output: carried.count + index)
        }
    }
}
