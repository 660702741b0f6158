package import Bytes
import Crypto

/// What is wrong with the text of an optimiser.
package struct OptimiserError: Error, Sendable, Equatable, CustomStringConvertible {
    package let text: String
    package let message: String

    package var description: String { "optimiser '\(text)': \(message)" }
}

/// How parameters move along the gradient, as the text that a job binds.
///
/// `sgd lr=0.1 momentum=0.9 batch=32`: a method (`sgd`, `adam`, `adamw`, `adagrad`), then `name=value` in any order.
///
/// | name | of | meaning (default) |
/// |---|---|---|
/// | `lr` | all | learning rate (required) |
/// | `batch` | all | rows of a step (32) |
/// | `momentum` | sgd | velocity factor (0) |
/// | `nesterov` | sgd | 1 looks ahead (0) |
/// | `decay` | all | weight decay: added to the gradient; by `adamw` taken from the parameter itself (0) |
/// | `clip` | all | largest Euclidean norm of the whole gradient (none) |
/// | `beta1`, `beta2`, `epsilon` | adam, adamw, adagrad | (0.9, 0.999, 1e-8) |
/// | `schedule` | all | `constant`, `linear` (to 0 at the last step), `step:N:F` (times F every N epochs) (constant) |
package struct Optimiser: Sendable, Equatable {
    package enum Method: String, Sendable {
        case sgd, adam, adamw, adagrad
    }

    package enum Schedule: Sendable, Equatable {
        case constant
        case linear
        case step(epochs: Int, factor: Float)
    }

    package let text: String
    package private(set) var method = Method.sgd
    package private(set) var rate: Float = 0
    package private(set) var batch = 32
    package private(set) var momentum: Float = 0
    package private(set) var isNesterov = false
    package private(set) var decay: Float = 0
    package private(set) var clip: Float?
    package private(set) var beta1: Float = 0.9
    package private(set) var beta2: Float = 0.999
    package private(set) var epsilon: Float = 1e-8
    package private(set) var schedule = Schedule.constant

    /// What the digits job uses.
    package static let digits: Optimiser = {
        // A text of the documented form cannot be refused.
        do { return try Optimiser("sgd lr=0.1 momentum=0.9 batch=32") } catch { preconditionFailure("\(error)") }
    }()

    /// keccak256 of the text: what a job names.
    package var hash: Hash32 { keccak256(Array(text.utf8)) }

    package init(_ text: String) throws(OptimiserError) {
        self.text = text
        func refusal(_ message: String) -> OptimiserError { OptimiserError(text: text, message: message) }
        let words = text.split(separator: " ")
        guard let first = words.first, let method = Method(rawValue: String(first)) else {
            throw refusal("begins with none of sgd, adam, adamw, adagrad")
        }
        self.method = method
        var seen: Set<String> = []
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw refusal("'\(word)' is not name=value") }
            guard seen.insert(parts[0]).inserted else { throw refusal("'\(parts[0])' stands twice") }
            func number(in range: ClosedRange<Float>) throws(OptimiserError) -> Float {
                guard let value = Float(parts[1]), range.contains(value) else {
                    throw refusal("'\(word)' needs a number in \(range)")
                }
                return value
            }
            switch parts[0] {
            case "lr": rate = try number(in: 0...1000)
            case "batch":
                guard let size = Int(parts[1]), (1...65536).contains(size) else {
                    throw refusal("'\(word)' needs a whole number in 1...65536")
                }
                batch = size
            case "momentum" where method == .sgd: momentum = try number(in: 0...1)
            case "nesterov" where method == .sgd: isNesterov = try number(in: 0...1) == 1
            case "decay": decay = try number(in: 0...1)
            case "clip": clip = try number(in: 1e-6...1e6)
            case "beta1" where method == .adam || method == .adamw: beta1 = try number(in: 0...0.99999)
            case "beta2" where method == .adam || method == .adamw: beta2 = try number(in: 0...0.99999)
            case "epsilon" where method != .sgd: epsilon = try number(in: 1e-12...1)
            case "schedule": schedule = try Self.schedule(parts[1], refusal)
            default: throw refusal("'\(parts[0])' is no option of \(method.rawValue)")
            }
        }
        guard seen.contains("lr") else { throw refusal("the learning rate is missing: lr=...") }
    }

    private static func schedule(
        _ value: String, _ refusal: (String) -> OptimiserError
    ) throws(OptimiserError) -> Schedule {
        let parts = value.split(separator: ":").map(String.init)
        switch parts.first {
        case "constant" where parts.count == 1: return .constant
        case "linear" where parts.count == 1: return .linear
        case "step" where parts.count == 3:
            guard let epochs = Int(parts[1]), epochs >= 1, let factor = Float(parts[2]), (0...1).contains(factor) else {
                break
            }
            return .step(epochs: epochs, factor: factor)
        default: break
        }
        throw refusal("the schedule '\(value)' is none of constant, linear, step:N:F")
    }

    /// The learning rate of a step, by single roundings in this order.
    package func rate(epoch: Int, step: Int, of steps: Int) -> Float {
        switch schedule {
        case .constant: return rate
        case .linear: return rate * (Float(steps - step) / Float(steps))
        case .step(let epochs, let factor):
            var result = rate
            for _ in 0..<epoch / epochs { result *= factor }
            return result
        }
    }
}
