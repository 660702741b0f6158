import Tensor
import Training

extension NetworkTraining {
    /// The adapters as they are now (the best ones under early stopping), to be saved by themselves.
    ///
    /// - Throws: when the training has no adapters.
    package func adapterFile() throws -> AdapterFile {
        guard let adapters else { throw NetworkError("there are no adapters to write: the whole weights were trained") }
        return AdapterFile(adapters, trainer.parameters.merging(best?.state ?? [:]) { $1 }, name: network.name)
    }
}
