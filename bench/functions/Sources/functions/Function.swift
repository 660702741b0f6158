import Foundation
import Tensor

/// A function of one number as the definition has it, as the kernels have it, and as mathematics does.
struct Function: Sendable {
    let name: String
    let reference: @Sendable (Float) -> Float
    let fast: @Sendable (Kernels, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
    /// In double precision; nil where the scalar operation is exact or correctly rounded by definition.
    let truth: (@Sendable (Double) -> Double)?

    static let all = UnaryOperation.allCases.map(Self.init) + [bfloat16]

    private init(_ operation: UnaryOperation) {
        name = "\(operation)"
        reference = { Reference.apply(operation, $0) }
        fast = { $0.unary(operation, $1, into: $2, count: $3) }
        truth =
            switch operation {
            case .exp: { exp($0) }
            case .log: { log($0) }
            case .tanh: { tanh($0) }
            case .erf: { erf($0) }
            case .sigmoid: { 1 / (1 + exp(-$0)) }
            // 1 + erf and 1 + tanh would cancel below zero.
            case .gelu: { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }
            case .geluTanh: { $0 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            case .relu, .negate, .abs, .sqrt, .reciprocal, .square, .copy: nil
            }
    }

    /// To bfloat16 and back.
    private static let bfloat16 = Function(
        name: "bfloat16",
        reference: { Reference.widen(Reference.narrow($0)) },
        fast: { kernels, x, y, count in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { narrow in
                guard let narrow = narrow.baseAddress else { return }
                kernels.narrow(x, into: narrow, count: count)
                kernels.widen(narrow, into: y, count: count)
            }
        })

    private init(
        name: String, reference: @escaping @Sendable (Float) -> Float,
        fast: @escaping @Sendable (Kernels, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
    ) {
        (self.name, self.reference, self.fast, truth) = (name, reference, fast, nil)
    }
}
