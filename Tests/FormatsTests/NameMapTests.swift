import Formats
import Tensor
import Testing

private func mapped(_ text: String, _ tensors: [String]) throws -> [String] {
    try NameMap(Array(text.utf8), name: "m").applied(to: tensors.map { ($0, Tensor([1] as [Float])) }).map(\.name)
}

@Test func mapsNamesByTheFirstRuleThatFits() throws {
    #expect(
        try mapped("a -> b\nmodel.* -> *\nx* -> y*z", ["a", "model.w", "x1", "other"]) == ["b", "w", "y1z", "other"])
    #expect(try mapped(#"{"a": "b", "model.*": {"to": "net/*"}}"#, ["a", "model.w"]) == ["b", "net/w"])
    #expect(try mapped("# nothing\n\n", ["a"]) == ["a"])
    #expect(try mapped("aa*a -> *", ["aa"]) == ["aa"], "head and tail may not overlap")
}

@Test func permutesAxes() throws {
    let matrix = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    let turned = try NameMap(Array("w -> v transposed".utf8), name: "m").applied(to: [("w", matrix)])[0]
    #expect(turned.name == "v" && turned.tensor == Tensor([1, 4, 2, 5, 3, 6] as [Float], shape: [3, 2]))
    let cube = Tensor((0..<24).map { Int32($0) }, shape: [2, 3, 4])
    let rolled = try NameMap(Array(#"{"w": {"to": "w", "permuted": [2, 0, 1]}}"#.utf8), name: "m").applied(to: [
        ("w", cube)
    ])
    #expect(rolled[0].tensor.shape == [4, 2, 3])
    #expect(rolled[0].tensor.values(as: Int32.self).prefix(8) == [0, 4, 8, 12, 16, 20, 1, 5])
}

@Test func saysWhichRuleIsWrong() throws {
    #expect(message { _ = try mapped("a -> b\na b", []) }?.hasPrefix("m, line 2: is no rule") == true)
    #expect(
        message { _ = try mapped("a -> b sideways", []) }
            == "m, line 1: 'sideways' is not understood: 'transposed' or 'permuted 1,0' may follow a rule")
    #expect(message { _ = try mapped("a* -> b", []) } == "m: 'a* -> b': at most one * on each side, or none")
    #expect(message { _ = try mapped("a -> c\nb -> c", ["a", "b"]) } == "b: and 'a' would both be called 'c'")
    #expect(
        message { _ = try mapped("a -> b transposed", ["a"]) }
            == "a: has the shape [1], which the rule permutes by [1, 0]")
}
