import Bytes
import Synchronization

/// Code ready to run: padded so that neither fetch nor `PUSH` need a bounds check, with its jump destinations marked.
package final class Bytecode {
    /// `count` bytes and 64 zero bytes.
    let pointer: UnsafePointer<UInt8>
    package let count: Int
    /// One bit a byte: set where a `JUMPDEST` stands that is not push data.
    let jumpDestinations: UnsafePointer<UInt64>
    /// Where the code is a delegation designator (EIP-7702), the address it points to.
    let delegation: Address?

    package static let empty = Bytecode([])

    package init(_ bytes: [UInt8]) {
        count = bytes.count
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 64)
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { copy.update(from: start, count: source.count) }
        }
        (copy + count).update(repeating: 0, count: 64)
        pointer = UnsafePointer(copy)
        let words = (count + 63) / 64 + 1
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
        bits.update(repeating: 0, count: words)
        var position = 0
        while position < count {
            let byte = copy[position]
            if byte == 0x5b {
                bits[position >> 6] |= 1 << UInt64(position & 63)
            } else if byte >= 0x60, byte <= 0x7f {
                position &+= Int(byte) &- 0x5f
            }
            position &+= 1
        }
        jumpDestinations = UnsafePointer(bits)
        delegation = count == 23 && bytes.starts(with: [0xef, 0x01, 0x00]) ? Address(bytes[3...]) : nil
    }

    deinit {
        pointer.deallocate()
        jumpDestinations.deallocate()
    }

    package var bytes: [UInt8] { [UInt8](UnsafeBufferPointer(start: pointer, count: count)) }

    @inline(__always)
    static func isJumpDestination(_ bits: UnsafePointer<UInt64>, _ position: Int) -> Bool {
        bits[position >> 6] >> UInt64(position & 63) & 1 != 0
    }
}

/// All stored properties are constants and the memory behind the pointers is written only in `init`.
extension Bytecode: @unchecked Sendable {}

/// Analysed code by its hash, shared by all who execute on one chain.
package final class CodeCache: Sendable {
    private struct Entries {
        var codes: [Hash32: Bytecode] = [:]
        var bytes = 0
    }

    private let entries = Mutex(Entries())
    private let limit: Int

    /// - Parameter limit: how many bytes of code to hold before starting afresh.
    package init(limit: Int = 32 << 20) { self.limit = limit }

    /// The code with this hash, analysed on first use.
    func bytecode(_ hash: Hash32, load: () -> [UInt8]) -> Bytecode {
        if let known = entries.withLock({ $0.codes[hash] }) { return known }
        let code = Bytecode(load())
        entries.withLock { entries in
            if entries.bytes + code.count > limit { entries = Entries() }
            entries.codes[hash] = code
            entries.bytes += code.count + 128
        }
        return code
    }
}
