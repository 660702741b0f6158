import Formats
import Graph
import JSON
package import ONNX
import Tensor

/// Low-rank adapters in a file of their own, as the `peft` library keeps them: `base_model.model.MODULE.lora_A.weight` `[rank, in]` and
/// `lora_B.weight` `[out, rank]` as safetensors, rank and alpha in `adapter_config.json` beside it, or in the file's own metadata.
package struct AdapterFile: Sendable, Equatable {
    /// The names that `peft` gives the two files of its folder.
    package static let weightsName = "adapter_model.safetensors"
    package static let configurationName = "adapter_config.json"
    private static let prefix = "base_model.model."

    /// The two matrices beside one weight.
    struct Pair: Sendable, Equatable {
        let a: Tensor
        let b: Tensor
    }

    package let name: String
    package let rank: Int
    package let alpha: Float
    /// By the module's name: the weight's without `.weight`.
    let pairs: [String: Pair]

    /// Reads adapters.
    ///
    /// - Parameter configuration: `adapter_config.json`, where there is one.
    /// - Throws: naming the tensor or the setting that is not understood.
    package init(_ weights: [UInt8], configuration: [UInt8]?, name: String) throws {
        let (tensors, metadata) = try SafeTensors.read(weights, name: name)
        var halves: [String: (a: Tensor?, b: Tensor?)] = [:]
        for (key, tensor) in tensors {
            let place = try Self.place(key, in: name)
            guard tensor.type == .float32 || tensor.type == .bfloat16, tensor.rank == 2 else {
                throw NetworkError("\(name): '\(key)' is \(tensor.type.name)\(tensor.shape), not a matrix of floats")
            }
            let matrix = tensor.type == .float32 ? tensor : tensor.widened
            if place.isA {
                halves[place.module, default: (nil, nil)].a = matrix
            } else {
                halves[place.module, default: (nil, nil)].b = matrix
            }
        }
        guard let rank = halves.values.lazy.compactMap(\.a).first?.shape[0] else {
            throw NetworkError("\(name) holds no adapters: there is no tensor called '...lora_A.weight'")
        }
        var pairs: [String: Pair] = [:]
        for (module, half) in halves {
            guard let a = half.a, let b = half.b else {
                throw NetworkError("\(name): of '\(module)' there is only one of lora_A and lora_B")
            }
            guard a.shape[0] == rank, b.shape[1] == rank, rank > 0 else {
                throw NetworkError(
                    "\(name): lora_A \(a.shape) and lora_B \(b.shape) of '\(module)' are not of the rank \(rank) that the others have"
                )
            }
            pairs[module] = Pair(a: a, b: b)
        }
        (self.name, self.rank, self.pairs) = (name, rank, pairs)
        if let configuration {
            alpha = try Self.alpha(configuration, rank: rank)
        } else if let text = metadata["lora_alpha"], let value = Float(text), value.isFinite {
            alpha = value
        } else {
            throw NetworkError(
                "\(name) does not say its alpha: put the \(Self.configurationName) of the training beside it")
        }
    }

    init(_ adapters: LowRankAdapters, _ weights: [String: Tensor], name: String) {
        (self.name, rank, alpha) = (name, adapters.rank, adapters.alpha)
        var pairs: [String: Pair] = [:]
        for site in adapters.sites {
            if let a = weights[site.a], let b = weights[site.b] { pairs[site.module] = Pair(a: a, b: b) }
        }
        self.pairs = pairs
    }

    /// Splits a tensor's name; a state dictionary that was not saved by `peft` names the adapter too (`lora_A.default.weight`).
    private static func place(_ key: String, in name: String) throws(NetworkError) -> (module: String, isA: Bool) {
        let path = key.hasPrefix(prefix) ? key.dropFirst(prefix.count) : key[...]
        for (mark, isA) in [("lora_A", true), ("lora_B", false)] {
            for ending in [".\(mark).weight", ".\(mark).default.weight"] where path.hasSuffix(ending) {
                return (String(path.dropLast(ending.count)), isA)
            }
        }
        throw NetworkError(
            "\(name): '\(key)' is no adapter of a matrix product (MODULE.lora_A.weight, MODULE.lora_B.weight)")
    }

    /// What the products count, times the rank.
    private static func alpha(_ configuration: [UInt8], rank: Int) throws -> Float {
        func refusal(_ message: String) -> NetworkError { NetworkError("\(configurationName): \(message)") }
        let json: JSON
        do { json = try JSON(parsing: configuration) } catch { throw refusal("is no JSON: \(error)") }
        if let kind = json["peft_type"]?.stringValue, kind != "LORA" {
            throw refusal("is for '\(kind)'; only LORA is read")
        }
        if json["use_dora"]?.boolValue == true { throw refusal("uses DoRA, which is not read") }
        for key in ["rank_pattern", "alpha_pattern"] where json[key]?.objectValue?.isEmpty == false {
            throw refusal("has a '\(key)': only one rank and alpha for all is read")
        }
        guard let alpha = json["lora_alpha"]?.doubleValue, alpha.isFinite else { throw refusal("has no 'lora_alpha'") }
        return json["use_rslora"]?.boolValue == true ? Float(alpha) * Float(rank).squareRoot() : Float(alpha)
    }

    /// The modules that have an adapter, sorted.
    package var modules: [String] { pairs.keys.sorted() }

    // MARK: Writing

    /// The matrices as safetensors; rank and alpha are in the metadata.
    package var weights: [UInt8] {
        let tensors = pairs.sorted { $0.key < $1.key }.flatMap { module, pair in
            [
                (name: "\(Self.prefix)\(module).lora_A.weight", tensor: pair.a),
                (name: "\(Self.prefix)\(module).lora_B.weight", tensor: pair.b),
            ]
        }
        return SafeTensors.write(tensors, metadata: [("format", "pt"), ("r", "\(rank)"), ("lora_alpha", "\(alpha)")])
    }

    /// `adapter_config.json`, as `peft` reads it.
    package var configuration: [UInt8] {
        let whole = Int64(exactly: alpha).map { JSON.integer($0) }
        let json: JSON = [
            "peft_type": "LORA", "task_type": nil, "base_model_name_or_path": nil, "inference_mode": true,
            "r": JSON(rank), "lora_alpha": whole ?? .double(Double(alpha)), "lora_dropout": 0.0, "bias": "none",
            "fan_in_fan_out": false, "modules_to_save": nil,
            "target_modules": .array(pairs.keys.sorted().map { .string($0) }),
        ]
        return json.bytes + [0x0a]
    }

    // MARK: Use

    /// The adapters beside the weights of a program, and their matrices by parameter.
    ///
    /// - Throws: naming a module that the program does not have, or whose weight has another shape.
    func placed(in program: Program, of network: String) throws(NetworkError) -> LowRankAdapters {
        var sites: [LowRankAdapters.Site] = []
        let able = program.adaptableWeights
        for (module, pair) in pairs.sorted(by: { $0.key < $1.key }) {
            guard let site = able.first(where: { $0.module == module }) else {
                throw NetworkError(
                    "\(name): \(network) has no matrix product with a weight of '\(module)'; there are \(shortList(Set(able.map(\.module))))"
                )
            }
            guard pair.a.shape[1] == site.inputs, pair.b.shape[0] == site.outputs else {
                throw NetworkError(
                    "\(name): the adapter of '\(module)' is for \(pair.a.shape[1]) inputs and \(pair.b.shape[0]) outputs, the weight in \(network) has \(site.inputs) and \(site.outputs)"
                )
            }
            sites.append(site)
        }
        return LowRankAdapters(rank: rank, alpha: alpha, sites: sites)
    }

    /// The matrices by the names of the parameters that `Program.adapted` makes.
    func parameters(_ adapters: LowRankAdapters) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for site in adapters.sites {
            result[site.a] = pairs[site.module]?.a
            result[site.b] = pairs[site.module]?.b
        }
        return result
    }
}

extension Network {
    /// The model file with adapters added into its weights: W + B A * alpha / rank, as training with them merges them.
    ///
    /// - Throws: naming an adapter that has no place in the model.
    package func merging(_ file: AdapterFile, named name: String) throws -> ModelFiles {
        let shapes = try model.inputShapes(rows: model.statedBatch ?? 2)
        let imported = try model.imported(shapes: shapes, mode: .inference)
        let adapters = try file.placed(in: imported.program, of: self.name)
        let merged = try adapters.merged(imported.parameters.merging(file.parameters(adapters)) { $1 })
        return try model.files(replacing: merged, named: name)
    }
}

extension Tensor {
    /// bfloat16 storage as the float32 numbers that it stands for.
    fileprivate var widened: Tensor {
        Tensor(values(as: BFloat16.self).map { Float(bitPattern: UInt32($0.bits) << 16) }, shape: shape)
    }
}

func shortList(_ names: Set<String>) -> String {
    let sorted = names.sorted()
    return sorted.prefix(8).joined(separator: ", ") + (sorted.count > 8 ? ", ... (\(sorted.count))" : "")
}
