/// A type of the contract ABI.
package indirect enum ABIType: Hashable, Sendable {
    /// 8 to 256 bits, in steps of 8.
    case uint(Int)
    /// 8 to 256 bits, in steps of 8.
    case int(Int)
    case address
    case bool
    /// 1 to 32 bytes.
    case fixedBytes(Int)
    case bytes
    case string
    case array(ABIType)
    case fixedArray(ABIType, Int)
    case tuple([ABIType])
}

extension ABIType {
    /// Its encoding's length depends on the value, so that it stands behind an offset.
    package var isDynamic: Bool {
        switch self {
        case .bytes, .string, .array: true
        case .fixedArray(let element, let count): count > 0 && element.isDynamic
        case .tuple(let elements): elements.contains { $0.isDynamic }
        case .uint, .int, .address, .bool, .fixedBytes: false
        }
    }

    /// How many bytes it takes among the heads.
    var headSize: Int {
        switch self {
        case .fixedArray(let element, let count) where !isDynamic: element.headSize * count
        case .tuple(let elements) where !isDynamic: elements.reduce(0) { $0 + $1.headSize }
        default: 32
        }
    }

    /// How many types stand one inside the other, this one included.
    var depth: Int {
        switch self {
        case .array(let element), .fixedArray(let element, _): 1 + element.depth
        case .tuple(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        default: 1
        }
    }
}

extension ABIType: CustomStringConvertible {
    /// The canonical text, as signatures spell it.
    package var description: String {
        switch self {
        case .uint(let bits): "uint\(bits)"
        case .int(let bits): "int\(bits)"
        case .address: "address"
        case .bool: "bool"
        case .fixedBytes(let count): "bytes\(count)"
        case .bytes: "bytes"
        case .string: "string"
        case .array(let element): "\(element)[]"
        case .fixedArray(let element, let count): "\(element)[\(count)]"
        case .tuple(let elements): "(" + elements.map(\.description).joined(separator: ",") + ")"
        }
    }
}
