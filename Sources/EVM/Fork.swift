/// The rules of the protocol that changed how a block executes, in order.
@frozen @usableFromInline
package enum Fork: UInt8, Comparable, CaseIterable, Sendable {
    case frontier, homestead, tangerineWhistle, spuriousDragon, byzantium, constantinople, petersburg, istanbul
    case berlin, london, paris, shanghai, cancun, prague, osaka

    @inlinable @inline(__always)
    package static func < (a: Fork, b: Fork) -> Bool { a.rawValue < b.rawValue }

    @inlinable @inline(__always)
    package static func >= (a: Fork, b: Fork) -> Bool { a.rawValue >= b.rawValue }

    /// Reads a fork's name as test fixtures and other clients write it, whatever the case of its letters.
    ///
    /// The blob-parameter-only forks execute like Osaka; their blob schedule is the caller's to give.
    package init?(name: String) {
        switch name.lowercased() {
        case "frontier": self = .frontier
        case "homestead": self = .homestead
        case "eip150", "tangerinewhistle", "tangerine": self = .tangerineWhistle
        case "eip158", "spuriousdragon", "spurious": self = .spuriousDragon
        case "byzantium": self = .byzantium
        case "constantinople": self = .constantinople
        case "constantinoplefix", "petersburg": self = .petersburg
        case "istanbul", "muirglacier": self = .istanbul
        case "berlin": self = .berlin
        case "london", "arrowglacier", "grayglacier": self = .london
        case "paris", "merge": self = .paris
        case "shanghai": self = .shanghai
        case "cancun": self = .cancun
        case "prague": self = .prague
        case "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5": self = .osaka
        default: return nil
        }
    }

    /// The name users know, as fixtures spell it.
    package var name: String {
        switch self {
        case .frontier: "Frontier"
        case .homestead: "Homestead"
        case .tangerineWhistle: "TangerineWhistle"
        case .spuriousDragon: "SpuriousDragon"
        case .byzantium: "Byzantium"
        case .constantinople: "Constantinople"
        case .petersburg: "ConstantinopleFix"
        case .istanbul: "Istanbul"
        case .berlin: "Berlin"
        case .london: "London"
        case .paris: "Paris"
        case .shanghai: "Shanghai"
        case .cancun: "Cancun"
        case .prague: "Prague"
        case .osaka: "Osaka"
        }
    }
}

/// How many blobs a block may carry and how fast their price moves (EIP-7840).
package struct BlobSchedule: Hashable, Sendable {
    /// Blobs a block at which the price stands still.
    package var target: UInt64
    /// Blobs a block at most.
    package var max: UInt64
    package var updateFraction: UInt64

    package init(target: UInt64, max: UInt64, updateFraction: UInt64) {
        (self.target, self.max, self.updateFraction) = (target, max, updateFraction)
    }

    /// EIP-4844.
    package static let cancun = BlobSchedule(target: 3, max: 6, updateFraction: 3_338_477)
    /// EIP-7691; Osaka starts with the same numbers.
    package static let prague = BlobSchedule(target: 6, max: 9, updateFraction: 5_007_716)

    /// The numbers a fork starts with on the main network.
    package static func initial(for fork: Fork) -> BlobSchedule { fork >= .prague ? .prague : .cancun }
}
