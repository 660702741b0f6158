package import Bytes

/// Why a request cannot be served or made, in words that say what to do.
package enum ServingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The model's program is none that this process knows.
    case unknownProgram(model: Hash32, program: Hash32)
    /// The parameters that were found do not hash to what the registry says.
    case wrongParameters(model: Hash32, version: Int, expected: Hash32, found: Hash32)
    /// The parameters have another number than the program needs.
    case wrongParameterCount(expected: Int, found: Int)
    /// The input is not the program's number of float32 values.
    case wrongInput(request: UInt64, expected: Int, found: Int)
    /// A store is needed for parameters that do not live on chain, and there is none.
    case noStore(model: Hash32)
    /// No version of the model serves.
    case notDeployed(model: Hash32)
    /// There is no such request.
    case unknownRequest(UInt64)
    /// The request ended without a majority.
    case noMajority(request: UInt64)
    /// Waiting ended before the request did.
    case timedOut(request: UInt64)

    package var description: String {
        switch self {
        case .unknownProgram(let model, let program):
            "the program \(program) of model \(model) is unknown here; add it to the catalogue or serve other models"
        case .wrongParameters(let model, let version, let expected, let found):
            "version \(version) of model \(model) should hash to \(expected), but what was found hashes to \(found); "
                + "fetch the parameters again"
        case .wrongParameterCount(let expected, let found):
            "the program needs \(expected) parameters, but the version holds \(found)"
        case .wrongInput(let request, let expected, let found):
            "request \(request) carries \(found) bytes of input; the program takes \(expected) (float32, big-endian)"
        case .noStore(let model):
            "the parameters of model \(model) live outside the chain; name a blob store that holds them"
        case .notDeployed(let model): "no version of model \(model) is deployed; ask its owner to deploy one"
        case .unknownRequest(let id): "request \(id) is unknown; list the requests to see which there are"
        case .noMajority(let id):
            "request \(id) ended without a majority of equal answers; the fee is back, ask again or ask more servers"
        case .timedOut(let id): "request \(id) is still open; ask for its result later"
        }
    }
}
