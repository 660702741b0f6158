import Bytes
import JSON
import Ledger

/// An error as JSON-RPC answers carry it, with geth's codes and words.
struct RPCError: Error, Hashable, Sendable {
    var code: Int
    var message: String
    var data: JSON?

    init(_ code: Int, _ message: String, data: JSON? = nil) {
        (self.code, self.message, self.data) = (code, message, data)
    }

    static let parse = RPCError(-32700, "parse error")
    static let invalidRequest = RPCError(-32600, "invalid request")
    static let emptyBatch = RPCError(-32600, "empty batch")
    static let batchTooLarge = RPCError(-32600, "batch too large")
    static let responseTooLarge = RPCError(-32003, "response too large")

    static func unknownMethod(_ name: String) -> RPCError {
        RPCError(-32601, "the method \(name) does not exist/is not available")
    }

    static func invalidParameters(_ message: String) -> RPCError { RPCError(-32602, message) }

    static func missing(_ index: Int) -> RPCError {
        invalidParameters("missing value for required argument \(index)")
    }

    static func invalid(_ index: Int, _ reason: String) -> RPCError {
        invalidParameters("invalid argument \(index): \(reason)")
    }

    /// Most failures of the chain.
    static func server(_ message: String) -> RPCError { RPCError(-32000, message) }

    init(_ error: ChainError) {
        // A revert names its data even when there is none; other failures have none to name.
        let data = error.code == 3 ? error.data ?? [] : error.data?.isEmpty == false ? error.data : nil
        self.init(error.code, error.message, data: data.map { JSON.string($0.hex0x) })
    }

    /// Any failure of a method: the chain's, the wire's, or its own.
    init(of error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let error as ChainError: self.init(error)
        case let error as WireError: self.init(-32602, error.message)
        default: self.init(-32603, "internal error: \(error)")
        }
    }

    var json: JSON {
        var object: JSONObject = ["code": JSON(code), "message": .string(message)]
        if let data { object["data"] = data }
        return .object(object)
    }
}
