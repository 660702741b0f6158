import Arguments
import Formats
import JSON
import Networks
import ONNX
import Storage
import Tensor

/// Reading and writing what the network commands work on.
enum NetworkFiles {
    static let model = Option.value("model", "file", "an ONNX model")
    static let adapters = Option.value(
        "adapters", "path",
        "LoRA adapters beside the model: a .safetensors file, or a folder as the peft library writes it")
    static let threads = Option.value(
        "threads", "n", "threads; the bytes of the result do not depend on them", default: "1",
        environment: "CAIRN_THREADS")

    /// A model and the files beside it.
    static func network(_ path: String) throws -> Network {
        let folder = folder(of: path)
        let external = ExternalData { file, offset, length in
            try? Files.read(file, inside: folder, offset: offset, count: length)
        }
        return try Network(try Files.read(path), name: path, external: external)
    }

    /// Writes a model and the data files that belong to it.
    static func write(_ files: ModelFiles, to path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        for (name, bytes) in files.data.sorted(by: { $0.key < $1.key }) { try Files.write(bytes, to: folder + name) }
        try Files.write(files.model, to: path)
    }

    /// The last part of a path.
    static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "model.onnx") }

    static func network(_ values: Values) throws -> Network { try network(try values.required("model")) }

    /// The model with the adapters that are named beside it, if any, in its weights.
    static func adapted(_ values: Values) throws -> Network {
        let network = try network(values)
        guard let path = values.string("adapters") else { return network }
        let merged = try network.merging(try adapters(path), named: "merged.onnx")
        return try Network(
            merged.model, name: network.name,
            external: ExternalData { file, offset, length in
                merged.data[file].flatMap { offset + length <= $0.count ? Array($0[offset..<offset + length]) : nil }
            })
    }

    /// Adapters in a file or in a folder of `peft`.
    static func adapters(_ path: String) throws -> AdapterFile {
        let file = Files.isDirectory(path) ? "\(path)/\(AdapterFile.weightsName)" : path
        let configuration = folder(of: file) + "/" + AdapterFile.configurationName
        return try AdapterFile(
            try Files.read(file), configuration: Files.exists(configuration) ? try Files.read(configuration) : nil,
            name: file)
    }

    /// Writes adapters as one file where the path is one of safetensors, else as a folder that `peft` opens.
    static func write(_ adapters: AdapterFile, to path: String) throws {
        guard !path.hasSuffix(".safetensors") else { return try Files.write(adapters.weights, to: path) }
        try Files.makeDirectory(path)
        try Files.write(adapters.weights, to: "\(path)/\(AdapterFile.weightsName)")
        try Files.write(adapters.configuration, to: "\(path)/\(AdapterFile.configurationName)")
    }

    /// The folder that a path lies in.
    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func threads(_ values: Values) throws -> Int { try values.integer("threads", in: 1...1024) ?? 1 }

    static func arrays(_ path: String) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (name, tensor) in try Npz.read(try Files.read(path), name: path) { result[name] = tensor }
        return result
    }

    /// Writes arrays as `.npz`, or, for one number or row of numbers per row, as CSV.
    ///
    /// - Parameter labels: words for each row, which a CSV gets as its last column, `class`.
    static func write(
        _ arrays: [(name: String, tensor: Tensor)], labels: [String]? = nil, to path: String
    ) throws {
        guard path.hasSuffix(".csv") else {
            guard labels == nil else { throw NetworkError("\(path): class names are written to a .csv only") }
            return try Files.write(Npz.write(arrays), to: path)
        }
        let rows = arrays.first?.tensor.shape.first ?? 0
        var header: [String] = []
        var columns: [(Int) -> String] = []
        for (name, tensor) in arrays {
            guard tensor.shape.first == rows, rows > 0 else {
                throw NetworkError("the output '\(name)' \(tensor.shape) is no table of rows: write to .npz")
            }
            let width = tensor.count / rows
            for column in 0..<width {
                header.append(width == 1 ? name : "\(name)_\(column)")
                if tensor.type == .float32 {
                    let values = tensor.values(as: Float.self)
                    columns.append { "\(values[$0 * width + column])" }
                } else if tensor.type == .int64 {
                    let values = tensor.values(as: Int64.self)
                    columns.append { "\(values[$0 * width + column])" }
                } else {
                    throw NetworkError("the output '\(name)' holds \(tensor.type): write to .npz")
                }
            }
        }
        if let labels {
            header.append("class")
            columns.append { labels[$0] }
        }
        var text = header.joined(separator: ",") + "\n"
        for row in 0..<rows { text += columns.map { $0(row) }.joined(separator: ",") + "\n" }
        try Files.write(Array(text.utf8), to: path)
    }

    /// The name of the most probable class of every row, by the first output that has a number for each.
    static func labels(_ outputs: [(name: String, tensor: Tensor)], _ names: [String]) throws -> [String] {
        let scores = outputs.first {
            $0.tensor.type == .float32 && $0.tensor.rank == 2 && $0.tensor.shape[1] == names.count
        }
        guard let scores, !names.isEmpty else {
            throw NetworkError("no output has \(names.count) numbers a row, one for each of --classes")
        }
        let numbers = scores.tensor.values(as: Float.self)
        return stride(from: 0, to: numbers.count, by: names.count).map { start in
            names[Reference.argmax(Array(numbers[start..<start + names.count]))]
        }
    }

    /// Refuses early what could not be written in the end.
    static func check(writable paths: String?...) throws {
        for path in paths {
            guard let path else { continue }
            let folder = folder(of: path)
            guard Files.isDirectory(folder) else {
                throw NetworkError("\(path) cannot be written: there is no folder '\(folder)'")
            }
        }
    }

    static func shapes(_ arrays: [(name: String, tensor: Tensor)]) -> JSON {
        var object = JSONObject()
        for (name, tensor) in arrays { object[name] = .array(tensor.shape.map { .integer(Int64($0)) }) }
        return .object(object)
    }
}
