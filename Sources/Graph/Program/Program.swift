import Tensor

/// A value of a program: the result of one of its nodes.
package struct Value: Sendable, Hashable, Comparable {
    package let index: Int

    package init(_ index: Int) { self.index = index }

    package static func < (left: Value, right: Value) -> Bool { left.index < right.index }
}

/// One operation of a program with its operands and the type of its result.
package struct Node: Sendable, Equatable {
    package let name: String
    package let operation: Operation
    package let operands: [Value]
    package let type: TensorType
}

/// A flat, ordered list of operations over tensors in single assignment form, with static shapes.
///
/// A program is built with `ProgramBuilder`, which infers and checks every type; it is immutable after that.
/// `outputs` are what a caller reads after a run; `updates` name parameters that take a new value at its end.
package struct Program: Sendable, Equatable {
    /// A named result.
    package struct Output: Sendable, Equatable {
        package let name: String
        package let value: Value
    }

    /// A parameter and the value that replaces it when a run ends.
    package struct Update: Sendable, Equatable {
        package let parameter: Value
        package let value: Value
    }

    package let nodes: [Node]
    package let outputs: [Output]
    package let updates: [Update]
    /// Values whose derivative is known better than by the chain rule over their parts.
    package let derivatives: [Derivative]

    package func node(_ value: Value) -> Node { nodes[value.index] }
    package func type(_ value: Value) -> TensorType { nodes[value.index].type }

    package var inputs: [Value] { values { if case .input = $0 { true } else { false } } }
    package var parameters: [Value] { values { if case .parameter = $0 { true } else { false } } }

    /// The number of elements of all parameters together.
    package var parameterCount: Int { parameters.reduce(0) { $0 + type($1).count } }

    package func value(named name: String) -> Value? {
        nodes.firstIndex { $0.name == name }.map(Value.init)
    }

    package func output(named name: String) -> Value? {
        outputs.first { $0.name == name }?.value
    }

    private func values(where matches: (Operation) -> Bool) -> [Value] {
        nodes.indices.filter { matches(nodes[$0].operation) }.map(Value.init)
    }
}

/// A derivative rule for a composite: the parts between `result` and its sources are passed over.
package enum Derivative: Sendable, Equatable {
    /// `result` = softmax of `logits` over the last axis.
    case softmax(result: Value, logits: Value)
    /// `result` = mean over rows of the cross-entropy of `logits` `[rows, classes]` with integer `labels` `[rows]`;
    /// `probabilities` = softmax of the logits.
    case crossEntropy(result: Value, logits: Value, labels: Value, exponentials: Value, sums: Value)

    package var result: Value {
        switch self {
        case .softmax(let result, _), .crossEntropy(let result, _, _, _, _): result
        }
    }
}

/// What is wrong with a program, and where.
package struct ProgramError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The node that cannot be, by name.
    package let node: String
    package let message: String

    package init(node: String, _ message: String) {
        self.node = node
        self.message = message
    }

    package var description: String { "node '\(node)': \(message)" }
}
