package import Datasets
import ONNX
import Tensor
package import Training

/// Text for a language model: each position of a window predicts the next character.
package struct TextCorpus: Sendable {
    /// The characters (Unicode scalars) by number.
    package let vocabulary: [Unicode.Scalar]
    package let name: String
    private let tokens: [Int64]

    /// - Parameter vocabulary: nil numbers the characters of this text in the order of their code points.
    /// - Throws: `DatasetError` naming line and column of a character that is not in the vocabulary, or a text that is not UTF-8.
    package init(_ bytes: [UInt8], vocabulary given: [Unicode.Scalar]? = nil, name: String) throws(DatasetError) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw DatasetError(name, "is not UTF-8 text") }
        self.name = name
        let vocabulary = given ?? Set(text.unicodeScalars).sorted()
        self.vocabulary = vocabulary
        var numbers: [Unicode.Scalar: Int64] = [:]
        for (number, scalar) in vocabulary.enumerated() { numbers[scalar] = Int64(number) }
        var tokens: [Int64] = []
        tokens.reserveCapacity(bytes.count)
        var (line, column) = (1, 1)
        for scalar in text.unicodeScalars {
            guard let number = numbers[scalar] else {
                throw DatasetError(
                    name, "line \(line), column \(column): the character '\(scalar)' is not in the training text")
            }
            tokens.append(number)
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        self.tokens = tokens
    }

    /// Windows that follow one another without overlap: `context` characters in, the same shifted by one as the target.
    package func samples(context: Int, input: String) throws -> Samples {
        let rows = (tokens.count - 1) / max(context, 1)
        guard context >= 1, rows >= 1 else {
            throw DatasetError(
                name, "\(tokens.count) characters are too few for a context of \(context): it takes \(context + 1)")
        }
        return try Samples(
            name: name,
            inputs: [.init(input, Tensor(Array(tokens[..<(rows * context)]), shape: [rows, context]))],
            target: Tensor(Array(tokens[1...(rows * context)]), shape: [rows, context]))
    }
}

extension Network {
    /// Windows of text for a network whose one input takes numbers of characters `[rows, context]`.
    ///
    /// - Parameter context: nil takes the length that the model states.
    package func samples(_ corpus: TextCorpus, context: Int? = nil) throws -> Samples {
        let input = try onlyInput()
        guard input.element == .int64 || input.element == .int32, input.shape?.count == 2 else {
            throw NetworkError(
                "\(name): the input '\(input.name)' takes no numbers of characters [rows, context]: it is no language model"
            )
        }
        var length = context
        if length == nil, let second = input.shape?[1], case .size(let size) = second { length = size }
        guard let length else {
            throw NetworkError(
                "\(name) takes texts of any length: say with --context how many characters one window has")
        }
        let samples = try corpus.samples(context: length, input: input.name)
        guard let element = input.element, let tokens = samples.inputs[0].tensor.widened(to: element) else {
            return samples
        }
        return try Samples(name: samples.name, inputs: [.init(input.name, tokens)], target: samples.target)
    }
}
