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
    static let threads = Option.value(
        "threads", "n", "threads; the bytes of the result do not depend on them", default: "1",
        environment: "CAIRN_THREADS")

    /// A model and the files beside it.
    static func network(_ path: String) throws -> Network {
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
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
            let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
            guard folder.isEmpty || Files.isDirectory(folder) else {
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
