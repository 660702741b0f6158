import Arguments
import Ledger
import Storage

/// What a script can tell from the process's end.
enum ExitCode: Int32 {
    case done = 0
    /// Something was checked and is wrong, or a contract refused it.
    case refused = 1
    /// The command line cannot be understood.
    case usage = 2
    /// A file or value from outside is wrong or missing.
    case badInput = 3
    /// The chain cannot be reached, or failed.
    case chain = 4
    /// Ctrl-C.
    case interrupted = 130
}

/// A failed command: its words for people and its code for scripts.
struct Failure: Error {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) { (self.code, self.message) = (code, message) }

    /// Sorts any error of the modules below.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ArgumentError: self.init(.usage, error.description)
        case let error as ChainError:
            self.init([.reverted, .overtaken].contains(error.kind) ? .refused : .chain, error.message)
        case is CancellationError: self.init(.interrupted, "interrupted")
        default: self.init(.badInput, String(describing: error))
        }
    }
}
