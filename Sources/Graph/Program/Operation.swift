package import Tensor

/// Where a two-dimensional window moves over an image (NCHW), shared by convolution and pooling.
package struct Window: Sendable, Hashable {
    package var kernel: [Int]
    package var stride: [Int]
    package var dilation: [Int]
    /// Padding before, per axis (top, left).
    package var before: [Int]
    /// Padding after, per axis (bottom, right).
    package var after: [Int]

    package init(
        kernel: [Int], stride: [Int] = [1, 1], dilation: [Int] = [1, 1], before: [Int] = [0, 0], after: [Int] = [0, 0]
    ) {
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.before = before
        self.after = after
    }

    /// The size of the output along an axis for an input of `size`, or a number below 1 when nothing fits.
    package func outputSize(_ axis: Int, of size: Int) -> Int {
        let reach = dilation[axis] * (kernel[axis] - 1) + 1
        let room = size + before[axis] + after[axis] - reach
        return room < 0 ? 0 : room / stride[axis] + 1
    }

    /// True when every number is in the range that a window may have.
    package var isValid: Bool {
        let positive = (kernel + stride + dilation).allSatisfy { $0 >= 1 && $0 <= 1 << 20 }
        let nonNegative = (before + after).allSatisfy { $0 >= 0 && $0 <= 1 << 20 }
        return positive && nonNegative && [kernel, stride, dilation, before, after].allSatisfy { $0.count == 2 }
    }
}

/// How a reduction folds its elements.
package enum Reduction: UInt8, Sendable, Hashable {
    /// Chunks of 4096, sixteen lanes (ARITHMETIC, "sum").
    case sum = 1
    case maximum = 2
    case minimum = 3
    /// Left to right from 1.
    case product = 4
    /// Index of the first greatest element, int64; one axis only.
    case firstMaximum = 5
    case firstMinimum = 6

    package var name: String { String(describing: self) }
}

/// The operation set of programs. Everything else is derived from these.
///
/// An operation has one result. Operands come before in the program. Which elements of which operands
/// an output element depends on, and by which scalar program, is in `Recipe.swift`.
package enum Operation: Sendable, Equatable {
    /// Supplied with every run: data, labels, noise.
    case input
    /// State that lives between runs: weights, moments, counters.
    case parameter
    case constant(Tensor)
    /// A scalar function of every element; operands have equal rank and an axis of size 1 stretches.
    case map(ScalarFunction)
    /// float32 to an integer truncates towards zero and saturates (NaN gives 0); to bool asks for "not zero".
    case cast(ElementType)
    case reshape([Int])
    /// Axis i of the result is axis `permutation[i]` of the operand.
    case permute([Int])
    /// Stretches axes of size 1 to the given shape of equal rank.
    case broadcast([Int])
    /// Element c of the result is element `start + c * step` of the operand, per axis; steps may be negative.
    case slice(start: [Int], step: [Int], shape: [Int])
    /// Zeros around (false for bool).
    case pad(before: [Int], after: [Int])
    case concatenate(axis: Int)
    /// `gather(axis)`: operand 1 (integers, any shape) replaces the axis of operand 0. Indices must be in range.
    case gather(axis: Int)
    /// The transpose of gather: operand 0 are updates, operand 1 indices of rank 1; sums into `size` places, ascending, from +0.
    case scatterAdd(axis: Int, size: Int)
    /// Element c of the result is element c of operand 0, with the coordinate on `axis` replaced by operand 1 at c.
    case pick(axis: Int)
    case reduce(Reduction, axes: [Int])
    /// `[..., m, k] x [..., k, n]`; the flags say that the last two axes of an operand are swapped first.
    case matmul(transposeA: Bool, transposeB: Bool)
    /// NCHW image, OIHW weights.
    case convolve(Window, groups: Int)
    /// Operands: gradient of the output, weights. `shape` is the image's. Also the forward of a transposed convolution.
    case convolveInputGradient(Window, groups: Int, shape: [Int])
    /// Operands: image, gradient of the output. `shape` is the weights'.
    case convolveWeightGradient(Window, groups: Int, shape: [Int])
    /// Padding never wins.
    case maxPool(Window)
    /// Operands: image, gradient of the output; each gradient goes to the window's first greatest element.
    case maxPoolGradient(Window)
    /// The canonical sum of every window, +0 in the padding. An average is this over the number of elements.
    case sumPool(Window)
    /// Operand: gradient of the output; every image element adds those of its windows, by ascending position. `shape` is the image's.
    case sumPoolGradient(Window, shape: [Int])
    /// Operand: `[rows, features]`; result: `[rows, targets]`.
    case trees(TreeEnsemble)

    package var name: String {
        switch self {
        case .input: "input"
        case .parameter: "parameter"
        case .constant: "constant"
        case .map(let function): function.name
        case .cast(let type): "cast_\(type)"
        case .reshape: "reshape"
        case .permute: "permute"
        case .broadcast: "broadcast"
        case .slice: "slice"
        case .pad: "pad"
        case .concatenate: "concatenate"
        case .gather: "gather"
        case .scatterAdd: "scatter_add"
        case .pick: "pick"
        case .reduce(let kind, _): "reduce_\(kind.name)"
        case .matmul: "matmul"
        case .convolve: "convolve"
        case .convolveInputGradient: "convolve_input_gradient"
        case .convolveWeightGradient: "convolve_weight_gradient"
        case .maxPool: "max_pool"
        case .maxPoolGradient: "max_pool_gradient"
        case .sumPool: "sum_pool"
        case .sumPoolGradient: "sum_pool_gradient"
        case .trees: "trees"
        }
    }

    /// How many operands, or nil for any number from one.
    package var operandCount: Int? {
        switch self {
        case .input, .parameter, .constant: 0
        case .map(let function): function.arity
        case .concatenate: nil
        case .gather, .scatterAdd, .pick, .matmul, .convolve, .convolveInputGradient, .convolveWeightGradient,
            .maxPoolGradient:
            2
        default: 1
        }
    }
}
