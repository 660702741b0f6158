import Formats
import Tensor
import Training

// A checkpoint is an .npz: `cairn/...` says where the training stands and which one it is, `state/NAME` is everything that a step
// changes, `best/NAME` the same after the best epoch.
extension NetworkTraining {
    private static let aboutName = "cairn/about"

    /// Everything that going on needs.
    package func checkpoint() -> [UInt8] {
        let nan = Float.nan
        var tensors: [(name: String, tensor: Tensor)] = [
            (Self.aboutName, Tensor(Array(identity.map { "\($0.name)=\($0.value)" }.joined(separator: "\n").utf8))),
            ("cairn/losses", Tensor(losses)),
            (
                "cairn/history",
                Tensor(
                    history.flatMap { [$0.trainingLoss, $0.validationLoss ?? nan, $0.accuracy ?? nan] },
                    shape: [history.count, 3])
            ),
        ]
        tensors += Self.named("state/", trainer.state)
        if let best {
            tensors.append(("cairn/best", Tensor([Float(best.epoch), best.loss])))
            tensors += Self.named("best/", best.state)
        }
        return Npz.write(tensors)
    }

    /// Goes on from a checkpoint of the same training.
    ///
    /// - Throws: naming what is different when it is of another one.
    package func resume(_ bytes: [UInt8], name: String) throws {
        var tensors: [String: Tensor] = [:]
        for (key, tensor) in try Npz.read(bytes, name: name) { tensors[key] = tensor }
        guard let text = tensors[Self.aboutName], text.type == .uint8 else {
            throw NetworkError("\(name) is no checkpoint of a training")
        }
        let lines = String(decoding: text.values(as: UInt8.self), as: UTF8.self).split(separator: "\n")
        for (name:what, value:value) in identity where !lines.contains("\(what)=\(value)") {
            let other =
                lines.first { $0.hasPrefix("\(what)=") }.map { String($0.dropFirst(what.count + 1)) } ?? "unknown"
            throw NetworkError(
                "\(name) is of another training: its \(what) is '\(other)', this one's '\(value)'. Remove the file to begin anew"
            )
        }
        guard let points = tensors["cairn/history"], points.type == .float32, points.rank == 2, points.shape[1] == 3,
            let begun = tensors["cairn/losses"], begun.type == .float32, begun.count < stepsPerEpoch
        else { throw NetworkError("\(name) is damaged: it does not say where the training stands") }
        try trainer.load(try complete("state/", tensors, name))
        best = nil
        if let mark = tensors["cairn/best"]?.values(as: Float.self), mark.count == 2, mark[0] >= 1, mark[0] < 1e7 {
            best = (Int(mark[0]), mark[1], try complete("best/", tensors, name))
        }
        let numbers = points.values(as: Float.self)
        func known(_ value: Float) -> Float? { value.isNaN ? nil : value }
        history = (0..<points.shape[0]).map {
            EpochReport(
                epoch: $0 + 1, trainingLoss: numbers[3 * $0], validationLoss: known(numbers[3 * $0 + 1]),
                accuracy: known(numbers[3 * $0 + 2]))
        }
        losses = begun.values(as: Float.self)
    }

    private func complete(_ prefix: String, _ tensors: [String: Tensor], _ name: String) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for key in trainer.state.keys {
            guard let tensor = tensors[prefix + key] else {
                throw NetworkError("\(name) is damaged: it lacks '\(prefix + key)'")
            }
            result[key] = tensor
        }
        return result
    }

    private static func named(_ prefix: String, _ tensors: [String: Tensor]) -> [(name: String, tensor: Tensor)] {
        tensors.sorted { $0.key < $1.key }.map { (prefix + $0.key, $0.value) }
    }
}
