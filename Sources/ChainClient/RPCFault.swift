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
        code == 429 || code == -32005 && logRefusal(of: 0...0) == nil || says("rate limit")
            || says("too many requests") || says("request rate") || says("per second")
            || says("transaction indexing is in progress")
    }

    /// How long the endpoint asks to be left alone, in Infura's form.
    var patience: Duration? {
        (data?["rate"]?["backoff_seconds"]?.doubleValue).flatMap { $0 >= 0 && $0 < 1e6 ? .seconds($0) : nil }
    }

    /// Whether the node has the transaction already, in the words of known nodes.
    var knowsTransaction: Bool {
        [
            "already known", "known transaction", "already imported", "alreadyknown", "already exists",
            "already in mempool",
        ]
        .contains(where: says)
    }

    /// Whether a transaction with the same nonce was mined before, in the words of known nodes.
    var isNonceTooLow: Bool {
        ["nonce too low", "nonce is too low", "nonce_too_low", "oldnonce", "old nonce", "nonce below"].contains(
            where: says)
    }

    /// Whether a batch had too many requests, in the words of known nodes.
    var refusesBatch: Bool {
        says("batch") && ["limit", "too large", "too many", "exceed", "maximum", "not support"].contains(where: says)
    }

    /// Why a log query was refused, where a narrower one may do.
    struct LogRefusal {
        /// For the range as such, not for what these blocks hold.
        var isOfRange: Bool
        /// How many blocks the endpoint says it allows.
        var hint: UInt64?
    }

    /// Whether a log query ended beyond the newest block that the endpoint knows: one behind its siblings, or a chain that
    /// has gone back.
    var isBeyondHead: Bool { says("beyond current head") }

    /// Reads a refused log query in the words of known providers; nil where the range is not the reason.
    func logRefusal(of blocks: ClosedRange<UInt64>) -> LogRefusal? {
        if isBeyondHead { return nil }
        let ofResult =
            [
                "returned more than", "response size", "response is too big", "response too large", "too many results",
                "max results", "logs matched", "result set", "query timeout", "timed out", "10000 results",
                "exceeds limit", "more than 10000 logs", "enabled timeout", "response too big",
            ].contains(where: says) || says("limit exceeded") && !says("range limit")
        let ofRange = [
            "block range", "blocks range", "range is too", "range too large", "too many blocks", "limited to",
            "exceed maximum", "ranges over", "max range", "maximum range", "range limit", "range exceeds",
            "range exceeded", "exceeds the range", "range should", "requested blocks", "range too big",
            "maximum is set to", "greater than the limit",
        ].contains(where: says)
        guard ofResult || ofRange else { return nil }
        return LogRefusal(isOfRange: ofRange && !ofResult, hint: width(suggestedFor: blocks))
    }

    /// A width among the words: "this block range should work: [0x1, 0x7d1]", "limited to a 10,000 range", "a 2K range".
    private func width(suggestedFor blocks: ClosedRange<UInt64>) -> UInt64? {
        let words = message.lowercased().replacing(",", with: "").split { !($0.isLetter || $0.isNumber) }
        let hexadecimal = words.compactMap { $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : nil }
        if let first = hexadecimal.first, let last = hexadecimal.dropFirst().first, last >= first {
            return last - first == .max ? nil : last - first + 1
        }
        return words.compactMap { word in
            let number =
                word.hasSuffix("k")
                ? UInt64(word.dropLast()).map { $0.multipliedReportingOverflow(by: 1_000).partialValue } : UInt64(word)
            guard let number, number >= 10, number != blocks.lowerBound, number != blocks.upperBound else { return nil }
            return number < UInt64(blocks.count) ? number : nil
        }.min()
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
