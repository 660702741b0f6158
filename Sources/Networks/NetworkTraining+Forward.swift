import Datasets
import Graph
import ONNX
import Tensor
import Training

extension NetworkTraining {
    /// The network as a graph that can be trained on samples as the settings say: what moves, and the adapters in it.
    struct Forward {
        let graph: TrainableGraph
        let adapters: LowRankAdapters?
        let warnings: [String]

        init(_ network: Network, _ samples: Samples, _ settings: TrainingSettings) throws {
            let model = network.model
            let rest = samples.rows % settings.optimiser.batch
            try network.checkRows(settings.optimiser.batch, rest > 0 ? rest : settings.optimiser.batch)
            func imported(_ rows: Int, _ mode: ExecutionMode) throws -> ImportedProgram {
                var shapes: [String: [Int]] = [:]
                for input in samples.inputs { shapes[input.name] = [rows] + input.rowShape }
                return try model.imported(shapes: shapes, mode: mode)
            }
            let first = try imported(settings.optimiser.batch, .training)
            var trainable = first.trainable
            guard !trainable.isEmpty else {
                throw NetworkError("\(network.name) has no named float weights: there is nothing to train")
            }
            if let pattern = settings.trainable {
                trainable = trainable.filter(pattern.matches)
                guard !trainable.isEmpty else {
                    throw NetworkError(
                        "no weight of \(network.name) is called '\(pattern.text)'; there are \(shortList(first.trainable))"
                    )
                }
            }
            var parameters = first.parameters
            adapters = try settings.adapters.map { try Self.adapters($0, first.program, network) }
            if let adapters {
                if let begun = settings.adapters?.begun { parameters.merge(begun.parameters(adapters)) { $1 } }
                for (number, site) in adapters.sites.enumerated() where parameters[site.a] == nil {
                    var stream = RandomStream(key: settings.seed, purpose: "cairn lora", [number])
                    // Uniform within 1 / sqrt(inputs), as peft begins; B begins at zero, so that nothing changes at first.
                    let bound = 1 / Float(site.inputs).squareRoot()
                    let a = (0..<adapters.rank * site.inputs).map { _ in (2 * stream.uniform() - 1) * bound }
                    parameters[site.a] = Tensor(a, shape: [adapters.rank, site.inputs])
                    parameters[site.b] = Tensor(shape: [site.outputs, adapters.rank])
                }
                trainable = Set(adapters.sites.flatMap { [$0.a, $0.b] })
            }
            let chosen = adapters
            graph = TrainableGraph(
                inputs: samples.inputs.map { .init($0.name, $0.tensor.type, $0.rowShape) }, parameters: parameters,
                trainable: trainable
            ) { rows, isTraining in
                let program = try imported(rows, isTraining ? .training : .inference).program
                return try chosen.map { try program.adapted($0) } ?? program
            }
            warnings = first.warnings
        }

        private static func adapters(
            _ wanted: TrainingSettings.Adapters, _ program: Program, _ network: Network
        ) throws -> LowRankAdapters {
            if let begun = wanted.begun { return try begun.placed(in: program, of: network.name) }
            let able = program.adaptableWeights
            let sites = able.filter { wanted.targets?.matches($0.weight) ?? true }
            guard !sites.isEmpty else {
                throw NetworkError(
                    able.isEmpty
                        ? "\(network.name) has no matrix products with weights: there is no place for adapters"
                        : "no weight of a matrix product is called '\(wanted.targets?.text ?? "")'; there are \(shortList(Set(able.map(\.weight))))"
                )
            }
            if let small = sites.first(where: { wanted.rank > min($0.inputs, $0.outputs) }) {
                throw NetworkError(
                    "adapters of rank \(wanted.rank) are no smaller than the weight '\(small.weight)' [\(small.inputs), \(small.outputs)]: take a lower rank, or other weights with --lora-targets"
                )
            }
            return LowRankAdapters(rank: wanted.rank, alpha: wanted.alpha, sites: sites)
        }
    }
}
