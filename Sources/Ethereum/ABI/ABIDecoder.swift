import Bytes

extension ABI {
    /// Decodes a tuple of `types`.
    ///
    /// Every offset and length is checked against the bytes. Bytes behind the last value are ignored, as contracts
    /// ignore them.
    ///
    /// - Parameter limit: the most values that may come out; overlapping offsets could describe far more than there
    ///   are bytes.
    /// - Parameter isStrict: whether the padding of bytes and strings must be zero, and offsets point behind the heads.
    package static func decode(
        _ bytes: some Collection<UInt8>, as types: [ABIType], limit: Int = 1 << 20, isStrict: Bool = true
    ) throws(ABIError) -> [ABIValue] {
        var decoder = ABIDecoder(bytes: Array(bytes), isStrict: isStrict, budget: limit)
        return try decoder.tuple(types, at: 0)
    }
}

private struct ABIDecoder {
    let bytes: [UInt8]
    let isStrict: Bool
    /// How many values may still come out.
    var budget: Int

    /// The tuple whose heads begin at `start`; offsets count from there.
    mutating func tuple(_ types: [ABIType], at start: Int) throws(ABIError) -> [ABIValue] {
        var (values, place) = ([ABIValue](), start)
        let heads = types.reduce(0) { $0 + $1.headSize }
        values.reserveCapacity(min(types.count, 1024))
        for type in types {
            if type.isDynamic {
                let offset = try length(at: place)
                guard offset <= bytes.count - start else { throw .truncated(offset: place) }
                guard offset >= heads || !isStrict else { throw .notCanonical(type: type.description, offset: place) }
                values.append(try value(type, at: start + offset))
            } else {
                values.append(try value(type, at: place))
            }
            place += type.headSize
        }
        return values
    }

    private mutating func value(_ type: ABIType, at place: Int) throws(ABIError) -> ABIValue {
        budget -= 1
        guard budget >= 0 else { throw .tooLarge }
        switch type {
        case .uint(let bits):
            let number = try word(at: place)
            guard number.bitWidth <= bits else { throw .notCanonical(type: type.description, offset: place) }
            return .number(number)
        case .int(let bits):
            let number = try word(at: place)
            guard ABI.fits(number, signedBits: bits) else {
                throw .notCanonical(type: type.description, offset: place)
            }
            return .number(number)
        case .address:
            let number = try word(at: place)
            guard number.bitWidth <= 160 else { throw .notCanonical(type: type.description, offset: place) }
            return .address(Address(truncating: number))
        case .bool:
            let number = try word(at: place)
            guard number <= .one else { throw .notCanonical(type: type.description, offset: place) }
            return .bool(!number.isZero)
        case .fixedBytes(let count): return .bytes(try padded(count, at: place, type))
        case .bytes: return .bytes(try padded(try length(at: place), at: place + 32, type))
        case .string:
            let text = try padded(try length(at: place), at: place + 32, type)
            guard let string = String(validating: text, as: UTF8.self) else { throw .invalidText(offset: place) }
            return .string(string)
        case .array(let element):
            let count = try length(at: place)
            guard count <= budget else { throw .tooLarge }
            // Each element takes at least its head, so a count beyond the bytes is refused before memory is taken.
            guard count * max(element.headSize, 1) <= bytes.count - place - 32 else {
                throw .truncated(offset: place)
            }
            return .list(try tuple([ABIType](repeating: element, count: count), at: place + 32))
        case .fixedArray(let element, let count):
            guard count <= budget else { throw .tooLarge }
            return .list(try tuple([ABIType](repeating: element, count: count), at: place))
        case .tuple(let members): return .list(try tuple(members, at: place))
        }
    }

    private func word(at place: Int) throws(ABIError) -> U256 {
        guard place <= bytes.count - 32 else { throw .truncated(offset: place) }
        return bytes.withUnsafeBytes { U256(Hash32(at: $0.baseAddress! + place)) }  // 32 bytes are there, so not empty
    }

    /// A length or offset; one that cannot lie within the bytes is refused here.
    private func length(at place: Int) throws(ABIError) -> Int {
        guard let length = try word(at: place).asInt, length <= bytes.count else { throw .truncated(offset: place) }
        return length
    }

    /// `count` bytes and the zeros that fill their last word.
    private func padded(_ count: Int, at place: Int, _ type: ABIType) throws(ABIError) -> [UInt8] {
        let end = place + (count + 31) / 32 * 32
        guard end <= bytes.count else { throw .truncated(offset: place) }
        guard !isStrict || bytes[place + count..<end].allSatisfy({ $0 == 0 }) else {
            throw .notCanonical(type: type.description, offset: place)
        }
        return Array(bytes[place..<place + count])
    }
}
