package import Bytes
import Crypto
package import Contracts
import Datasets
import Ledger
package import Storage
package import Training

/// A model's version, loaded and checked: what any server computes from it, any other computes to the bit.
package struct ServedVersion: Sendable {
    package let model: Model
    package let parameters: [Float]

    /// - Parameters:
    ///   - model: the program that the registry names.
    ///   - bytes: the version's parameters as they stand on chain or in a store: int32, big-endian.
    ///   - scaleBits: a parameter is an integer over `2^scaleBits`.
    package init(model: Model, bytes: [UInt8], scaleBits: Int) throws {
        let values = try FixedPoint.values(bytes)
        guard values.count == model.parameterCount else {
            throw ServingError.wrongParameterCount(expected: model.parameterCount, found: values.count)
        }
        (self.model, parameters) = (model, FixedPoint(scaleBits: scaleBits).decode(values))
    }

    /// The canonical result for one input: class probabilities, float32, big-endian.
    ///
    /// - Parameter input: the features, float32, big-endian.
    /// - Throws: `ServingError.wrongInput` where the input does not fit the program.
    package func result(request: UInt64, input: [UInt8]) throws -> [UInt8] {
        guard input.count == 4 * model.features, let features = floats(bigEndian: input) else {
            throw ServingError.wrongInput(request: request, expected: 4 * model.features, found: input.count)
        }
        let trainer = try Trainer(model: model, optimiser: .digits, threads: 1)
        return bigEndianBytes(of: try trainer.probabilities(parameters, features: features))
    }
}

/// Loads the versions of models from the registry, and checks them against it.
package struct VersionLoader: Sendable {
    package let contracts: ProtocolContracts
    /// Where parameters of large models are kept.
    package let blobs: BlobStore?
    /// The programs that are known here, by hash.
    package let programs: [Hash32: Model]
    /// A parameter is an integer over `2^scaleBits` where the job that trained it does not say otherwise.
    package let scaleBits: Int

    package init(contracts: ProtocolContracts, blobs: BlobStore?, programs: [Model] = [.digits], scaleBits: Int = 20) {
        (self.contracts, self.blobs, self.scaleBits) = (contracts, blobs, scaleBits)
        self.programs = Dictionary(programs.map { ($0.programHash, $0) }) { first, _ in first }
    }

    /// - Parameters:
    ///   - id: the model.
    ///   - number: its version.
    package func version(_ id: Hash32, _ number: Int) async throws -> ServedVersion {
        let registered = try await contracts.models.events(ModelRegistry.ModelRegistered.self, topics: [id])
        guard let program = registered.last?.event.program, let model = programs[program] else {
            throw ServingError.unknownProgram(model: id, program: registered.last?.event.program ?? .zero)
        }
        let version = try await contracts.models.version(id, number)
        let bytes: [UInt8]
        if version.isWhole {
            bytes = try await contracts.models.parameters(id, number)
        } else {
            guard let blobs else { throw ServingError.noStore(model: id) }
            bytes = try blobs.get(version.contentHash)
        }
        let found = keccak256(bytes)
        guard found == version.contentHash else {
            throw ServingError.wrongParameters(
                model: id, version: number, expected: version.contentHash, found: found)
        }
        var scaleBits = scaleBits
        if !version.jobs.isZero, version.jobs == contracts.jobs.address {
            scaleBits = try await contracts.jobs.terms(version.jobID).scaleBits
        }
        return try ServedVersion(model: model, bytes: bytes, scaleBits: scaleBits)
    }
}
