import Bytes

/// Values and bytes of the contract ABI.
package enum ABI {
    /// Encodes values as a tuple of `types`: what stands behind a selector, or is returned.
    ///
    /// - Throws: `ABIError.mismatch`, `ABIError.wrongCount`.
    package static func encode(_ values: [ABIValue], as types: [ABIType]) throws(ABIError) -> [UInt8] {
        var out = [UInt8]()
        try append(values, as: types, to: &out)
        return out
    }

    /// Appends a tuple: heads first, then the tails that their offsets name.
    private static func append(_ values: [ABIValue], as types: [ABIType], to out: inout [UInt8]) throws(ABIError) {
        guard values.count == types.count else {
            throw .wrongCount(expected: types.count, actual: values.count)
        }
        let start = out.count
        var tails: [(place: Int, index: Int)] = []
        for (index, type) in types.enumerated() {
            if type.isDynamic {
                tails.append((out.count, index))
                out += [UInt8](repeating: 0, count: 32)
            } else {
                try append(values[index], as: type, to: &out)
            }
        }
        for (place, index) in tails {
            out.replaceSubrange(place..<place + 32, with: U256(out.count - start).bytes)
            try append(values[index], as: types[index], to: &out)
        }
    }

    private static func append(_ value: ABIValue, as type: ABIType, to out: inout [UInt8]) throws(ABIError) {
        switch (type, value) {
        case (.uint(let bits), .number(let number)) where number.bitWidth <= bits: out += number.bytes
        case (.int(let bits), .number(let number)) where fits(number, signedBits: bits): out += number.bytes
        case (.address, .address(let address)): out += U256(address).bytes
        case (.bool, .bool(let flag)): out += U256(flag ? 1 : 0 as UInt64).bytes
        case (.fixedBytes(let count), .bytes(let bytes)) where bytes.count == count: appendPadded(bytes, to: &out)
        case (.bytes, .bytes(let bytes)):
            out += U256(bytes.count).bytes
            appendPadded(bytes, to: &out)
        case (.string, .string(let text)):
            out += U256(text.utf8.count).bytes
            appendPadded(Array(text.utf8), to: &out)
        case (.array(let element), .list(let elements)):
            out += U256(elements.count).bytes
            try append(elements, as: [ABIType](repeating: element, count: elements.count), to: &out)
        case (.fixedArray(let element, let count), .list(let elements)) where elements.count == count:
            try append(elements, as: [ABIType](repeating: element, count: count), to: &out)
        case (.tuple(let members), .list(let elements)): try append(elements, as: members, to: &out)
        default: throw .mismatch(type: type.description, value: String(describing: value))
        }
    }

    private static func appendPadded(_ bytes: [UInt8], to out: inout [UInt8]) {
        out += bytes
        out += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    }

    /// Whether a 256-bit two's complement number fits into fewer bits.
    static func fits(_ number: U256, signedBits bits: Int) -> Bool {
        let isNegative = number.l3 >> 63 == 1
        return (isNegative ? ~number : number).bitWidth <= bits - 1
    }
}
