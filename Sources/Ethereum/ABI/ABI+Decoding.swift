import Bytes

extension ABI {
    /// The values of a list of types.
    ///
    /// Strict: every offset and length lies within the data and behind the heads, every number in the range of its type, all padding is
    /// zero, text is UTF-8. Data behind the last value are ignored, as Solidity and Vyper do. Offsets that
    /// point several times at the same data exhaust a budget that grows with the length of the data, so that a
    /// small input cannot become a large value.
    package static func decode(_ data: [UInt8], as types: [ABIType]) throws(ABIError) -> [ABIValue] {
        let depth = types.map(\.depth).max() ?? 0
        var decoder = ABIDecoder(data: data, budget: (data.count / 32 + 1) * (depth + 1) + 64)
        return try decoder.list(types, at: 0)
    }
}

private struct ABIDecoder {
    let data: [UInt8]
    /// How many values may still be made; a long byte string counts for each of its words.
    var budget: Int

    /// A list whose heads start at `base`; its offsets count from there.
    mutating func list(_ types: [ABIType], at base: Int) throws(ABIError) -> [ABIValue] {
        var values = [ABIValue]()
        values.reserveCapacity(min(types.count, data.count / 32 + 1))
        var head = base
        let heads = types.reduce(0) { $0 + $1.headSize }
        for type in types {
            values.append(try value(type, head: head, base: base, heads: heads))
            head += type.headSize
        }
        return values
    }

    /// A value of a list whose heads take `heads` bytes from `base` on.
    private mutating func value(_ type: ABIType, head: Int, base: Int, heads: Int) throws(ABIError) -> ABIValue {
        guard type.isDynamic else { return try body(type, at: head) }
        let offset = try word(at: head)
        guard let distance = offset.asInt, distance <= data.count - base else {
            throw .malformedData("an offset points outside", offset: head)
        }
        guard distance >= heads else { throw .malformedData("an offset points into the heads", offset: head) }
        return try body(type, at: base + distance)
    }

    private mutating func body(_ type: ABIType, at place: Int) throws(ABIError) -> ABIValue {
        try spend(1, at: place)
        switch type {
        case .uint(let bits):
            let number = try word(at: place)
            guard number.bitWidth <= bits else { throw .malformedData("a number exceeds \(type)", offset: place) }
            return .uint(number)
        case .int(let bits):
            let number = try word(at: place)
            guard ABI.isSigned(number, bits: bits) else {
                throw .malformedData("a number exceeds \(type)", offset: place)
            }
            return .int(number)
        case .address:
            let number = try word(at: place)
            guard number.bitWidth <= 160 else { throw .malformedData("a number exceeds an address", offset: place) }
            return .address(Address(truncating: number))
        case .bool:
            let number = try word(at: place)
            guard number <= .one else { throw .malformedData("a boolean is neither 0 nor 1", offset: place) }
            return .bool(number == .one)
        case .fixedBytes(let count): return .fixedBytes(Array(try padded(count, at: place)))
        case .bytes: return .bytes(Array(try string(at: place)))
        case .string:
            guard let text = String(validating: try string(at: place), as: UTF8.self) else {
                throw .malformedData("a string is not UTF-8", offset: place)
            }
            return .string(text)
        case .array(let element):
            let count = try length(at: place)
            return .array(try elements(element, count, at: place + 32))
        case .fixedArray(let element, let count): return .array(try elements(element, count, at: place))
        case .tuple(let types): return .tuple(try list(types, at: place))
        }
    }

    private mutating func elements(_ type: ABIType, _ count: Int, at base: Int) throws(ABIError) -> [ABIValue] {
        // Checked before anything is reserved: every element costs at least one.
        guard count <= budget else { throw .malformedData("an array of \(count) exceeds the data", offset: base) }
        var values = [ABIValue]()
        values.reserveCapacity(count)
        let size = type.headSize
        for index in 0..<count {
            values.append(try value(type, head: base + index * size, base: base, heads: count * size))
        }
        return values
    }

    private mutating func string(at place: Int) throws(ABIError) -> ArraySlice<UInt8> {
        let count = try length(at: place)
        try spend(count / 32, at: place)
        return try padded(count, at: place + 32)
    }

    private func length(at place: Int) throws(ABIError) -> Int {
        guard let count = try word(at: place).asInt, count <= max(data.count, budget) else {
            throw .malformedData("a length exceeds the data", offset: place)
        }
        return count
    }

    /// Bytes that zeros pad to whole words.
    private func padded(_ count: Int, at place: Int) throws(ABIError) -> ArraySlice<UInt8> {
        let whole = (count + 31) & ~31
        guard place <= data.count, whole <= data.count - place else {
            throw .malformedData("the data end within a value", offset: place)
        }
        guard data[(place + count)..<(place + whole)].allSatisfy({ $0 == 0 }) else {
            throw .malformedData("padding is not zero", offset: place + count)
        }
        return data[place..<place + count]
    }

    private func word(at place: Int) throws(ABIError) -> U256 {
        guard place <= data.count, 32 <= data.count - place else {
            throw .malformedData("the data end within a value", offset: place)
        }
        return data.withUnsafeBytes { U256(Hash32(at: $0.baseAddress! + place)) }  // 32 bytes are there
    }

    private mutating func spend(_ cost: Int, at place: Int) throws(ABIError) {
        guard cost <= budget else { throw .malformedData("values overlap too often", offset: place) }
        budget -= cost
    }
}
