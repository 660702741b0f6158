import Bytes

/// The encoding of arguments and results of contract calls (the contract ABI of Solidity and Vyper).
package enum ABI {
    /// The encoding of a list of values, without selector.
    ///
    /// - Throws: where a value is not of its type; nothing is cut or converted in silence.
    package static func encode(_ values: [ABIValue], as types: [ABIType]) throws(ABIError) -> [UInt8] {
        var output = [UInt8]()
        output.reserveCapacity(32 * values.count)
        try encode(values, as: types, into: &output)
        return output
    }

    /// Appends a list: heads first, then the dynamic values that the heads point to, counted from the list's start.
    static func encode(_ values: [ABIValue], as types: [ABIType], into output: inout [UInt8]) throws(ABIError) {
        guard values.count == types.count else {
            throw .wrongCount(expected: types.count, actual: values.count, type: ABIType.tuple(types).description)
        }
        let start = output.count
        var heads = [Int]()
        for (value, type) in zip(values, types) {
            if type.isDynamic {
                heads.append(output.count)
                append(.zero, to: &output)
            } else {
                try encode(value, as: type, into: &output)
            }
        }
        var next = 0
        for (value, type) in zip(values, types) where type.isDynamic {
            write(U256(UInt64(output.count - start)), at: heads[next], in: &output)
            next += 1
            try encode(value, as: type, into: &output)
        }
    }

    private static func encode(
        _ value: ABIValue, as type: ABIType, into output: inout [UInt8]
    ) throws(ABIError) {
        switch (type, value) {
        case (.uint(let bits), .uint(let number)):
            guard number.bitWidth <= bits else { throw .outOfRange(value: "\(number)", type: "\(type)") }
            append(number, to: &output)
        case (.int(let bits), .int(let number)):
            guard isSigned(number, bits: bits) else {
                throw .outOfRange(value: number.hexQuantity, type: "\(type)")
            }
            append(number, to: &output)
        case (.address, .address(let address)): append(U256(address), to: &output)
        case (.bool, .bool(let flag)): append(flag ? .one : .zero, to: &output)
        case (.fixedBytes(let count), .fixedBytes(let bytes)):
            guard bytes.count == count else { throw .mismatch(expected: "\(type)", found: value.kindName) }
            appendPadded(bytes, to: &output)
        case (.bytes, .bytes(let bytes)):
            append(U256(UInt64(bytes.count)), to: &output)
            appendPadded(bytes, to: &output)
        case (.string, .string(let text)):
            append(U256(UInt64(text.utf8.count)), to: &output)
            appendPadded(Array(text.utf8), to: &output)
        case (.array(let element), .array(let elements)):
            append(U256(UInt64(elements.count)), to: &output)
            try encode(elements, as: .init(repeating: element, count: elements.count), into: &output)
        case (.fixedArray(let element, let count), .array(let elements)):
            guard elements.count == count else {
                throw .wrongCount(expected: count, actual: elements.count, type: "\(type)")
            }
            try encode(elements, as: .init(repeating: element, count: count), into: &output)
        case (.tuple(let types), .tuple(let members)): try encode(members, as: types, into: &output)
        default: throw .mismatch(expected: "\(type)", found: value.kindName)
        }
    }

    /// All bits above the sign bit of so many bits equal it.
    static func isSigned(_ number: U256, bits: Int) -> Bool {
        let high = number >> (bits - 1)
        return high.isZero || high == U256.max >> (bits - 1)
    }

    static func append(_ word: U256, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
            word.hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
            output.append(contentsOf: scratch)
        }
    }

    private static func write(_ word: U256, at offset: Int, in output: inout [UInt8]) {
        output.withUnsafeMutableBytes { word.hash.write(to: $0.baseAddress! + offset) }  // the head was appended before
    }

    private static func appendPadded(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.append(contentsOf: bytes)
        output.append(contentsOf: repeatElement(0, count: (32 - bytes.count % 32) % 32))
    }
}
