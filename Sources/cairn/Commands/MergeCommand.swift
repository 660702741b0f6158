import Arguments
import Bytes
import Crypto
import JSON
import Networks
import ONNX
import Storage

/// `cairn merge`: adapters that were saved by themselves, added into the model's weights.
enum MergeCommand {
    static let command = Command(
        "merge", "Add saved LoRA adapters into a model's weights.",
        discussion: """
            The adapters are those of 'cairn train --lora' or of the peft library; the result is the same file as that training writes,
            byte for byte. Weights are W + lora_B lora_A * lora_alpha / r; everything else in the file stays.
            """,
        options: [
            NetworkFiles.model, NetworkFiles.adapters, .value("out", "file", "the model with them in its weights"),
            Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let (path, out) = (try values.required("adapters"), try values.required("out"))
        let network = try NetworkFiles.network(values)
        try NetworkFiles.check(writable: out)
        let adapters = try NetworkFiles.adapters(path)
        let merged = try network.merging(adapters, named: NetworkFiles.name(out))
        try NetworkFiles.write(merged, to: out)
        try DataOptions.copySchema(from: network.name, to: out, console)
        let hash = keccak256(merged.model)
        console.say("\(out): \(adapters.modules.count) adapters of rank \(adapters.rank) merged, keccak256 \(hash)")
        console.finish([
            "out": .string(out), "rank": JSON(adapters.rank), "alpha": .double(Double(adapters.alpha)),
            "modules": .array(adapters.modules.map { .string($0) }), "hash": .string(hash.hex0x),
        ])
    }
}
