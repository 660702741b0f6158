import Graph
import Tensor

/// Sums of products in Einstein's notation, as products of matrices.
extension Operators {
    static let einstein: [String: Lowering.Operator] = ["Einsum": einsum]

    /// A tensor and a letter for each of its axes.
    private struct Term {
        var value: Value
        var axes: [Character]
    }

    private static func einsum(_ lowering: Lowering) throws {
        let equation = lowering.text("equation", "").filter { $0 != " " }
        let sides = equation.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let left = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard left.count == lowering.node.inputs.count, left.count <= 26 else {
            throw lowering.refusal("'\(equation)' has \(left.count) terms for \(lowering.node.inputs.count) inputs")
        }
        var sizes: [Character: Int] = [:]
        var terms = try left.enumerated().map { index, text -> Term in
            let value = try lowering.input(index)
            guard lowering.builder.type(value).element == .float32 else { throw lowering.refusal("needs floats") }
            let axes = try letters(text, rank: lowering.shape(value).count, lowering)
            return try diagonal(lowering, Term(value: value, axes: axes), &sizes)
        }
        let output: [Character]
        let ellipsis = Set(terms.flatMap(\.axes)).filter(\.isNumber).sorted()
        if sides.count == 2 {
            guard sides[1].first == ">" else { throw lowering.refusal("'\(equation)' is no equation") }
            let text = String(sides[1].dropFirst())
            output = try letters(
                text, rank: text.filter(\.isLetter).count + (text.contains(".") ? ellipsis.count : 0), lowering)
        } else {
            // Without a right side: the axes that stand once, in the order of the alphabet.
            let all = left.joined().filter(\.isLetter)
            output = ellipsis + all.filter { letter in all.filter { $0 == letter }.count == 1 }.sorted()
        }
        guard Set(output).count == output.count, output.allSatisfy({ sizes[$0] != nil }) else {
            throw lowering.refusal("the result of '\(equation)' cannot be")
        }
        while terms.count > 1 {
            let (a, b) = (terms[0], terms[1])
            let later = Set(terms[2...].flatMap(\.axes)).union(output)
            terms.replaceSubrange(0..<2, with: [try product(lowering, a, b, keeping: later, sizes)])
        }
        var result = try summed(lowering, terms[0], keeping: Set(output))
        // Axes of the result that no term was left with have size 1.
        for axis in output where !result.axes.contains(axis) {
            result.value = try lowering.builder.reshape(result.value, lowering.shape(result.value) + [1])
            result.axes.append(axis)
        }
        let ordered = try lowering.builder.permute(
            result.value, output.map { axis in result.axes.firstIndex(of: axis) ?? 0 })
        lowering.set(0, try lowering.builder.broadcast(ordered, output.map { sizes[$0] ?? 1 }))
    }

    /// The letters of a term; the axes of its ellipsis are digits, counted from the last.
    private static func letters(_ text: String, rank: Int, _ lowering: Lowering) throws -> [Character] {
        let named = text.filter(\.isLetter).count
        let parts = text.components(around: "...")
        guard parts.count <= 2, parts.joined().allSatisfy(\.isLetter), rank - named <= 10,
            parts.count == 2 ? rank >= named : rank == named
        else { throw lowering.refusal("the term '\(text)' does not fit \(rank) axes") }
        let dots = (0..<rank - named).reversed().map { Character("\($0)") }
        return parts.count == 2 ? Array(parts[0]) + dots + Array(parts[1]) : Array(text)
    }

    /// Takes the diagonal of axes that one term names twice, and notes all sizes.
    private static func diagonal(
        _ lowering: Lowering, _ term: Term, _ sizes: inout [Character: Int]
    ) throws -> Term {
        var result = term
        while let axis = result.axes.first(where: { letter in result.axes.filter { $0 == letter }.count > 1 }),
            let first = result.axes.firstIndex(of: axis), let second = result.axes.lastIndex(of: axis)
        {
            let shape = lowering.shape(result.value)
            guard shape[first] == shape[second] else { throw lowering.refusal("'\(axis)' has two sizes") }
            let rest = shape.indices.filter { $0 != first && $0 != second }
            let moved = try lowering.builder.permute(result.value, rest + [first, second])
            let flat = try lowering.builder.reshape(moved, rest.map { shape[$0] } + [shape[first] * shape[second]])
            let places = lowering.constant((0..<shape[first]).map { $0 * (shape[first] + 1) })
            result.value = try lowering.builder.append(.gather(axis: rest.count), [flat, places])
            result.axes = rest.map { result.axes[$0] } + [axis]
        }
        for (axis, size) in zip(result.axes, lowering.shape(result.value)) {
            let known = sizes[axis] ?? 1
            guard known == size || known == 1 || size == 1 else {
                throw lowering.refusal("'\(axis)' has the sizes \(known) and \(size)")
            }
            sizes[axis] = max(known, size)
            if size == 0 { sizes[axis] = 0 }
        }
        return result
    }

    /// Sums over the axes that nothing needs.
    private static func summed(_ lowering: Lowering, _ term: Term, keeping: Set<Character>) throws -> Term {
        let gone = term.axes.indices.filter { !keeping.contains(term.axes[$0]) }
        guard !gone.isEmpty else { return term }
        return Term(
            value: try lowering.builder.sum(term.value, axes: gone, keepsAxes: false),
            axes: term.axes.filter { keeping.contains($0) })
    }

    /// Batch axes stand in both and stay, inner ones stand in both and are summed, the others stay.
    private static func product(
        _ lowering: Lowering, _ a: Term, _ b: Term, keeping: Set<Character>, _ sizes: [Character: Int]
    ) throws -> Term {
        let left = try summed(lowering, a, keeping: keeping.union(b.axes))
        let right = try summed(lowering, b, keeping: keeping.union(a.axes))
        let shared = left.axes.filter { right.axes.contains($0) }
        let (batch, inner) = (shared.filter { keeping.contains($0) }, shared.filter { !keeping.contains($0) })
        let rows = left.axes.filter { !shared.contains($0) }
        let columns = right.axes.filter { !shared.contains($0) }
        func arranged(_ term: Term, _ groups: [[Character]]) throws -> Value {
            let order = groups.joined().map { axis in term.axes.firstIndex(of: axis) ?? 0 }
            let moved = try lowering.builder.permute(term.value, order)
            // Shared axes of size 1 stretch to the other's.
            let wide = try lowering.builder.broadcast(
                moved, zip(groups.joined(), lowering.shape(moved)).map { shared.contains($0) ? sizes[$0] ?? $1 : $1 })
            let shape = lowering.shape(wide)
            let counts = groups.dropFirst().reduce(into: [shape.prefix(groups[0].count).reduce(1, *)]) {
                counts, group in
                let start = groups.prefix(counts.count).joined().count
                counts.append(shape[start..<start + group.count].reduce(1, *))
            }
            return try lowering.builder.reshape(wide, counts)
        }
        let x = try arranged(left, [batch, rows, inner])
        let y = try arranged(right, [batch, inner, columns])
        let result = try lowering.builder.matmul(x, y)
        func shape(_ term: Term, _ axes: [Character]) -> [Int] {
            axes.map { axis in lowering.shape(term.value)[term.axes.firstIndex(of: axis) ?? 0] }
        }
        let target = batch.map { sizes[$0] ?? 1 } + shape(left, rows) + shape(right, columns)
        return Term(value: try lowering.builder.reshape(result, target), axes: batch + rows + columns)
    }
}

extension String {
    /// The parts before and after a separator, which may be absent.
    fileprivate func components(around separator: String) -> [String] {
        var parts = [""]
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix(separator) {
                parts.append("")
                rest = rest.dropFirst(separator.count)
            } else {
                parts[parts.count - 1].append(first)
                rest = rest.dropFirst()
            }
        }
        return parts
    }
}
