import Arguments
import Formats
import Graph
import JSON
import Networks
import ONNX
import Storage
import Tensor

/// `cairn convert`: weights out of one file, and into another.
enum WeightsCommands {
    static let convert = Command(
        "convert", "Take the weights out of a model file, or put weights into one.",
        discussion: """
            From .onnx, .pt/.pth, .keras, .weights.h5, TensorFlow checkpoints (PREFIX or PREFIX.index), .safetensors and .npz to .npz or
            .safetensors. With --into, to a copy of that file, whatever its format, with the weights of the same names; it stays the same
            byte for byte outside them (and the checksums over them). Names that differ are led together by --map, a file of lines such as
            'fc1.weight -> layers/dense/vars/0 transposed', or a JSON object.
            """,
        options: [
            .value("into", "file", "the model or weights file that takes the weights"),
            .value("map", "file", "what the input's tensors are called in the output"), Shared.json,
        ],
        positionals: [Positional("input", "the file that has the weights"), Positional("output", "the file to write")]
    ) { values in
        let console = Shared.console(values)
        let (input, output) = (values.positionals[0], values.positionals[1])
        var weights = try read(input)
        if let path = values.string("map") {
            weights = try NameMap(try Files.read(path), name: path).applied(to: weights)
        }
        if let into = values.string("into") {
            weights = try put(weights, into: into, output: output, console)
        } else if output.hasSuffix(".safetensors") {
            try Files.write(SafeTensors.write(weights), to: output)
        } else if output.hasSuffix(".npz") {
            try Files.write(Npz.write(weights), to: output)
        } else {
            throw NetworkError(
                "\(output): only .npz and .safetensors are written from nothing; name with --into a file of the wanted format that has the same tensors"
            )
        }
        console.say("\(output): \(weights.count) tensors")
        console.finish(["tensors": NetworkFiles.shapes(weights)])
    }

    /// All the weights of a model or weights file.
    private static func read(_ path: String) throws -> [(name: String, tensor: Tensor)] {
        path.hasSuffix(".onnx")
            ? try NetworkFiles.network(path).model.initializers : try WeightsFile(path: path).all()
    }

    /// Writes a copy of `into` that has the weights whose names it knows; returns those.
    private static func put(
        _ weights: [(name: String, tensor: Tensor)], into: String, output: String, _ console: Console
    ) throws -> [(name: String, tensor: Tensor)] {
        let isNetwork = into.hasSuffix(".onnx")
        let network = isNetwork ? try NetworkFiles.network(into) : nil
        let file = isNetwork ? nil : try WeightsFile(path: into)
        let known = Set(network?.model.initializers.map(\.name) ?? file?.tensors.map(\.name) ?? [])
        var taken = weights.filter { known.contains($0.name) }
        if isNetwork { taken = taken.map { ($0.name, $0.tensor.widened) }.filter { $0.1.type == .float32 } }
        guard !taken.isEmpty else {
            let have = weights.prefix(8).map(\.name).joined(separator: ", ")
            throw NetworkError(
                "no tensor of the input (\(have)) has a name of \(into) (\(known.sorted().prefix(8).joined(separator: ", "))): give --map"
            )
        }
        let missing = weights.map(\.name).filter { name in !taken.contains { $0.name == name } }
        if !missing.isEmpty {
            let list = missing.prefix(8).joined(separator: ", ") + (missing.count > 8 ? ", ..." : "")
            console.say("note: \(missing.count) tensors of the input are not in \(into): \(list)")
        }
        let values = Dictionary(taken.map { ($0.name, $0.tensor) }) { first, _ in first }
        if let network {
            try NetworkFiles.write(
                try network.model.files(replacing: values, named: NetworkFiles.name(output)), to: output)
        } else if let file {
            for (part, content) in zip(file.parts, try file.replacing(values)) {
                try Files.write(content, to: file.path(of: part, under: output))
            }
        }
        return taken
    }
}
