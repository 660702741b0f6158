import Graph
import Tensor
import Testing

@testable import ONNX

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Functions that are spelled out in the operation set, against double precision.
@Suite struct DerivedFunctionTests {
    private func values(
        _ inputs: [Float], _ body: (inout ProgramBuilder, Value) throws -> Value
    ) throws -> [Float] {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [inputs.count]))
        builder.output("y", try body(&builder, x))
        let result = try builder.finish().run(["x": Tensor(inputs, shape: [inputs.count])])
        return try #require(result["y"]).values(as: Float.self)
    }

    /// Units in the last place between a float and the exact number.
    private func distance(_ got: Float, _ exact: Double, least: Double) -> Double {
        if got.isNaN || exact.isNaN { return got.isNaN == exact.isNaN ? 0 : .infinity }
        if Double(got) == exact { return 0 }
        if exact.isInfinite { return .infinity }
        return abs(Double(got) - exact) / max(abs(exact), least) * 0x1p23
    }

    typealias Body = @Sendable (inout ProgramBuilder, Value) throws -> Value

    static let functions: [(name: String, body: Body, exact: @Sendable (Double) -> Double, range: ClosedRange<Float>)] =
        [
            ("sin", { try $0.sine($1) }, { sin($0) }, -1000...1000),
            ("cos", { try $0.cosine($1) }, { cos($0) }, -1000...1000),
            ("atan", { try $0.arcTangent($1) }, { atan($0) }, -50...50),
            ("asin", { try $0.arcSine($1) }, { asin($0) }, -1...1),
            ("acos", { try $0.arcCosine($1) }, { acos($0) }, -1...1),
            ("sinh", { try $0.hyperbolicSine($1) }, { sinh($0) }, -89...89),
            ("cosh", { try $0.hyperbolicCosine($1) }, { cosh($0) }, -89...89),
            ("asinh", { try $0.inverseHyperbolicSine($1) }, { asinh($0) }, -1e20...1e20),
            ("acosh", { try $0.inverseHyperbolicCosine($1) }, { acosh($0) }, 1...1e20),
            ("atanh", { try $0.inverseHyperbolicTangent($1) }, { atanh($0) }, -1...1),
        ]

    @Test(arguments: functions.indices) func functionsAreAccurate(_ index: Int) throws {
        let function = Self.functions[index]
        let (low, high) = (function.range.lowerBound, function.range.upperBound)
        var inputs = (0...4000).map { low + (high - low) * Float($0) / 4000 }
        inputs += (-20...20).map { Float(sign: .plus, exponent: $0, significand: 1.25) }.filter(function.range.contains)
        inputs += [low, high]
        let got = try values(inputs, function.body)
        // Near zeros of sine and cosine the error is one of the size 1.
        let least = function.name == "sin" || function.name == "cos" ? 0.01 : 0
        for (x, y) in zip(inputs, got) {
            let error = distance(y, function.exact(Double(x)), least: least)
            #expect(error <= 8, "\(function.name)(\(x)) = \(y)")
        }
    }

    /// Every finite half, its neighbours halfway and just beside, and the ends.
    @Test func halvesRoundToEven() throws {
        var inputs: [Float] = [
            0, -0.0, .infinity, -.infinity, .nan, 65519.996, 65520, -65520, 1e30, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-133,
        ]
        var wanted: [Float] = [
            0, -0.0, .infinity, -.infinity, .nan, 65504, .infinity, -.infinity, .infinity, 0x1p-24, 0, 0x1p-24, 0,
        ]
        for exponent in [-14, -10, -1, 0, 3, 15] {
            for fraction in [0, 1, 2, 511, 512, 1022] {
                let unit = Float(sign: .plus, exponent: exponent - 10, significand: 1)
                let base = Float(1024 + fraction) * unit
                let even = fraction % 2 == 0 ? base : base + unit
                inputs += [base, base + unit * 0.5, base + unit * 0.498, base + unit * 0.502]
                wanted += [base, even, base, base + unit]
            }
        }
        let got = try values(inputs) { try $0.rounded($1, fraction: 10, least: -14, greatest: 65504) }
        for (index, x) in inputs.enumerated() {
            #expect(
                got[index].bitPattern == wanted[index].bitPattern || (got[index].isNaN && wanted[index].isNaN), "\(x)")
        }
    }

    @Test func brainFloatsRoundToEven() throws {
        var inputs: [Float] = [0, .infinity, .nan, 0x1.fep127, 0x1.ffp127, 0x1p-133, 0x1.8p-133, 0x1p-134]
        for bits in stride(from: UInt32(0x0080_0000), to: 0x7f00_0000, by: 0x0123_4567) {
            inputs.append(Float(bitPattern: bits))
        }
        let got = try values(inputs) { try $0.rounded($1, fraction: 7, least: -126, greatest: 0x1.fep127) }
        for (x, y) in zip(inputs, got) where !x.isNaN {
            let bits = x.bitPattern
            let rounded = (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000
            #expect(y.bitPattern == rounded, "\(x)")
        }
    }

    @Test func remaindersAreThoseOfC() throws {
        var builder = ProgramBuilder()
        let pairs: [(Float, Float)] = [
            (5.5, 2), (-5.5, 2), (5.5, -2), (1e6, 0.1), (3, .infinity), (0.3, 0.1), (6, 3), (-6, 3), (7.25, 1.5),
        ]
        let (a, b) = (pairs.map(\.0), pairs.map(\.1))
        let x = try builder.input("a", TensorType(.float32, [a.count]))
        let y = try builder.input("b", TensorType(.float32, [b.count]))
        builder.output("r", try builder.floatRemainder(x, y))
        let result = try builder.finish().run(["a": Tensor(a, shape: [a.count]), "b": Tensor(b, shape: [b.count])])
        #expect(try #require(result["r"]).values(as: Float.self) == zip(a, b).map { fmodf($0, $1) })
    }
}
