package import Bytes

/// Why a party cannot do its part, in words that say what to do.
package enum FederationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The job's program is none that this process knows.
    case unknownProgram(Hash32)
    /// The job's optimiser is none that this process knows.
    case unknownOptimiser(Hash32)
    /// The shard's columns are not the program's inputs.
    case wrongShape(columns: Int, wanted: Int)
    /// The stored parameters do not hash to what the chain says.
    case wrongParameters(round: Int, expected: Hash32, found: Hash32)
    /// An update that the round needs is in no store.
    case missingUpdate(round: Int, holder: Address, hash: Hash32)
    /// A store is needed for parameters that do not live on chain, and there is none.
    case noStore(String)
    /// A stored update is no vector of int32.
    case malformedUpdate(round: Int, holder: Address)

    package var description: String {
        switch self {
        case .unknownProgram(let hash):
            "the job's program \(hash) is unknown here; get its text from the initiator and add it to the catalogue"
        case .unknownOptimiser(let hash):
            "the job's optimiser \(hash) is unknown here; get its text from the initiator and add it to the catalogue"
        case .wrongShape(let columns, let wanted):
            "the data has \(columns) feature columns, but the program takes \(wanted)"
        case .wrongParameters(let round, let expected, let found):
            "the parameters after round \(round) hash to \(found), but the chain says \(expected); do not train from them"
        case .missingUpdate(let round, let holder, let hash):
            "the update \(hash) of \(holder) for round \(round) is in no store; fetch it from the holder"
        case .noStore(let what): "\(what) live outside the chain; name a blob store"
        case .malformedUpdate(let round, let holder):
            "the update of \(holder) for round \(round) is not a vector of int32"
        }
    }
}
