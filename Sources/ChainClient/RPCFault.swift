import Bytes
import JSON
import Ledger

/// An error object of a JSON-RPC answer.
struct RPCFault: Error, Sendable {
    var code: Int
    var message: String
    var data: JSON?

    init(_ json: JSON) {
        code = json["code"]?.intValue ?? -32603
        message = json["message"]?.stringValue ?? json.text
        data = json["data"]
    }

    /// Whether the endpoint asks for patience rather than refusing.
    var isPassing: Bool {
        code == -32005 && !isRangeTooLarge || says("rate limit") || says("too many requests")
            || says("request rate") || says("transaction indexing is in progress")
    }

    /// Whether a log query touched too many blocks or results, in the words of known providers.
    var isRangeTooLarge: Bool {
        [
            "block range", "range is too large", "range too large", "too many blocks", "query returned more than",
            "response size", "response too large", "too many results", "limit exceeded", "limited to", "query timeout",
            "timed out", "max results", "exceed maximum", "logs matched",
        ].contains(where: says)
    }

    /// As the layers above know failures.
    var chainError: ChainError {
        let data = revertData
        if code == 3 || data != nil && says("revert") || says("execution reverted") {
            return ChainError(.reverted, code: 3, message, data: data ?? [])
        }
        switch code {
        case -32700, -32600, -32601, -32602: return ChainError(.invalidRequest, code: code, message)
        default: break
        }
        let absent = ["header not found", "unknown block", "block not found", "missing trie node", "not available"]
        if absent.contains(where: says) { return ChainError(.notFound, code: code, message, data: data) }
        return ChainError(.rejected, code: code, message, data: data)
    }

    /// Revert data where any of the known nodes puts it.
    private var revertData: [UInt8]? {
        switch data {
        case .string(let text):
            // OpenEthereum and its kin write "Reverted 0x...".
            let hex = text.hasPrefix("Reverted ") ? String(text.dropFirst(9)) : text
            return hex.hasPrefix("0x") ? try? [UInt8](hex: hex) : nil
        case .object(let object):
            guard let text = object["data"]?.stringValue ?? object["result"]?.stringValue else { return nil }
            return try? [UInt8](hex: text)
        default: return nil
        }
    }

    private func says(_ words: String) -> Bool { message.lowercased().contains(words) }
}
