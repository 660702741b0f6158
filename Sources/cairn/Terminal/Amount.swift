import Arguments
import Bytes

/// Amounts of ether as people type and read them.
enum Amount {
    private static let units: [(name: String, decimals: Int)] = [("ether", 18), ("gwei", 9), ("wei", 0)]

    /// Reads `250`, `250wei`, `3gwei` or `0.05ether`.
    static func wei(_ name: String, _ values: Values) throws -> U256? {
        guard let text = values.string(name) else { return nil }
        let refusal = values.error("--\(name) is '\(text)'; it takes an amount such as 1000wei, 5gwei or 0.25ether")
        let unit = units.first { text.hasSuffix($0.name) } ?? ("", 0)
        let parts = text.dropLast(unit.0.count).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard !parts[0].isEmpty, fraction.count <= unit.1, parts.count == 1 || !fraction.isEmpty,
            let amount = U256(parts[0] + fraction + String(repeating: "0", count: unit.1 - fraction.count)),
            parts[0].allSatisfy(\.isNumber)
        else { throw refusal }
        return amount
    }

    /// Ether with all its digits, such as `0.05 ether`.
    static func text(_ wei: U256) -> String {
        let (whole, rest) = wei.quotientAndRemainder(dividingByLimb: 1_000_000_000_000_000_000)
        var fraction = String(rest)
        fraction = String(repeating: "0", count: 18 - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? "\(whole) ether" : "\(whole).\(fraction) ether"
    }
}
