import JSON
package import Tensor

/// What the tensors of one file are called in another, and how their axes lie there.
///
/// Lines of text, or a JSON object of the same:
///
///     # torch keeps [out, in], Keras [in, out]
///     fc1.weight -> layers/dense/vars/0 transposed
///     conv.weight -> layers/conv2d/vars/0 permuted 2,3,1,0
///     model.* -> *
///
///     {"fc1.weight": {"to": "layers/dense/vars/0", "permuted": [1, 0]}, "model.*": "*"}
///
/// The first rule that fits decides; a `*` stands for the same text on both sides. A tensor that no rule fits keeps its name.
package struct NameMap: Sendable, Equatable {
    struct Rule: Sendable, Equatable {
        let source: String
        let target: String
        /// Axis `i` of the result is axis `axes[i]` of the source; nil leaves them.
        let axes: [Int]?
    }

    let rules: [Rule]

    /// - Throws: `FormatError` naming the line or key that is no rule.
    package init(_ bytes: [UInt8], name: String) throws(FormatError) {
        let text = String(decoding: bytes, as: UTF8.self)
        let isJSON = text.first { !$0.isWhitespace } == "{"
        rules = isJSON ? try Self.rules(json: bytes, name: name) : try Self.rules(lines: text, name: name)
        for rule in rules
        where rule.source.count(where: { $0 == "*" }) != rule.target.count(where: { $0 == "*" })
            || rule.source.count(where: { $0 == "*" }) > 1
        {
            throw FormatError(name, "'\(rule.source) -> \(rule.target)': at most one * on each side, or none")
        }
    }

    /// The tensors under their new names.
    ///
    /// - Throws: where axes do not fit, or two tensors get one name.
    package func applied(
        to tensors: [(name: String, tensor: Tensor)]
    ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
        var (result, origins): ([(name: String, tensor: Tensor)], [String: String]) = ([], [:])
        for (name, tensor) in tensors {
            var mapped = (name: name, tensor: tensor)
            for rule in rules {
                guard let target = rule.target(for: name) else { continue }
                mapped.name = target
                if let axes = rule.axes {
                    guard axes.sorted() == Array(0..<tensor.shape.count) else {
                        throw FormatError(name, "has the shape \(tensor.shape), which the rule permutes by \(axes)")
                    }
                    mapped.tensor = tensor.permuted(axes)
                }
                break
            }
            if let other = origins.updateValue(name, forKey: mapped.name) {
                throw FormatError(name, "and '\(other)' would both be called '\(mapped.name)'")
            }
            result.append(mapped)
        }
        return result
    }

    private static func rules(lines text: String, name: String) throws(FormatError) -> [Rule] {
        var rules: [Rule] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0.isWhitespace }.map(String.init)
            if words.isEmpty { continue }
            let place = "\(name), line \(number + 1)"
            guard words.count >= 3, words[1] == "->" else {
                throw FormatError(
                    place, "is no rule: write 'name -> name', 'name -> name transposed' or 'name -> name permuted 1,0'")
            }
            var axes: [Int]?
            switch (words.count, words.dropFirst(3).first) {
            case (3, _): break
            case (4, "transposed"): axes = [1, 0]
            case (5, "permuted"):
                let numbers = words[4].split(separator: ",").map { Int($0) }
                guard numbers.allSatisfy({ $0 != nil }) else {
                    throw FormatError(place, "'\(words[4])' is no list of axes")
                }
                axes = numbers.compactMap { $0 }
            default:
                throw FormatError(
                    place, "'\(words[3])' is not understood: 'transposed' or 'permuted 1,0' may follow a rule")
            }
            rules.append(Rule(source: words[0], target: words[2], axes: axes))
        }
        return rules
    }

    private static func rules(json bytes: [UInt8], name: String) throws(FormatError) -> [Rule] {
        let object: JSONObject
        do { object = try JSON(parsing: bytes).objectValue ?? JSONObject() } catch {
            throw FormatError(name, "is no JSON: \(error)")
        }
        return try object.map { source, value throws(FormatError) in
            if let target = value.stringValue { return Rule(source: source, target: target, axes: nil) }
            let axes = value["permuted"]?.arrayValue?.map(\.intValue)
            guard let target = value["to"]?.stringValue, axes?.allSatisfy({ $0 != nil }) ?? true else {
                throw FormatError(name, "'\(source)' needs a name, or {\"to\": name, \"permuted\": [axes]}")
            }
            return Rule(source: source, target: target, axes: axes?.compactMap { $0 })
        }
    }
}

extension NameMap.Rule {
    /// The new name of a tensor that the rule fits.
    func target(for name: String) -> String? {
        guard let star = source.firstIndex(of: "*") else { return name == source ? target : nil }
        let (head, tail) = (source[..<star], source[source.index(after: star)...])
        guard name.utf8.count >= head.utf8.count + tail.utf8.count, name.hasPrefix(head), name.hasSuffix(tail) else {
            return nil
        }
        let middle = name.dropFirst(head.count).dropLast(tail.count)
        return target.split(separator: "*", omittingEmptySubsequences: false).joined(separator: String(middle))
    }
}

extension Tensor {
    /// The tensor whose axis `i` is axis `axes[i]` of this one.
    ///
    /// - Precondition: `axes` holds each axis once.
    func permuted(_ axes: [Int]) -> Tensor {
        let strides = self.strides
        var result = Tensor(shape: axes.map { shape[$0] }, type: type)
        result.withUnsafeMutableBytes { target in
            withUnsafeBytes { source in
                var taken = 0
                StoredTensor.forEachRun(
                    shape: axes.map { shape[$0] }, strides: axes.map { strides[$0] }, size: type.size, offset: 0
                ) { offset, bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[taken..<taken + bytes]).copyBytes(
                        from: source[offset..<offset + bytes])
                    taken += bytes
                }
            }
        }
        return result
    }
}
