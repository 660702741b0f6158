import Formats
import Graph
import Tensor
import Training

extension NetworkTraining {
    /// The adapters as a `.safetensors` file with the names that the `peft` library gives them; rank and alpha are in its metadata.
    ///
    /// - Throws: when the training has no adapters.
    package func adapterBytes() throws -> [UInt8] {
        guard let adapters else { throw NetworkError("there are no adapters to write: the whole weights were trained") }
        let weights = trainer.parameters.merging(best?.state ?? [:]) { $1 }
        let tensors = adapters.sites.flatMap { site in
            [site.a, site.b].compactMap { name in weights[name].map { (name: "base_model.model." + name, tensor: $0) } }
        }
        return SafeTensors.write(
            tensors, metadata: [("format", "pt"), ("r", "\(adapters.rank)"), ("lora_alpha", "\(adapters.alpha)")])
    }
}
