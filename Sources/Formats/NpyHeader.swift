/// The Python dictionary at the head of a `.npy` array.
struct NpyHeader {
    let type: StoredType
    let isFortranOrder: Bool
    let shape: [Int]

    init(_ text: String, place: String) throws(FormatError) {
        func value(_ key: String) throws(FormatError) -> Substring {
            guard let range = text.firstRange(of: "'\(key)':") else {
                throw FormatError(place, "its header names no '\(key)'")
            }
            return text[range.upperBound...].drop { $0 == " " }
        }
        let descriptor = try value("descr")
        guard descriptor.first == "'" else {
            throw FormatError(place, "holds records with named fields; save plain arrays")
        }
        let type = descriptor.dropFirst().prefix { $0 != "'" }
        guard let order = type.first, type.count >= 2 else {
            throw FormatError(place, "its header has no element type")
        }
        guard order != ">" || type.hasSuffix("1") else {
            throw FormatError(place, "is big-endian ('\(type)'); save it with array.astype('<' + ...)")
        }
        let code = String("<>|=".contains(order) ? type.dropFirst() : type)
        guard code.first != "O" else {
            throw FormatError(place, "holds Python objects, which could run code; save numeric arrays")
        }
        guard let kind = StoredType.Kind(rawValue: code), kind != .bfloat16 else {
            throw FormatError(place, "has element type '\(code)', which is not read; save it as float32 or int64")
        }
        self.type = StoredType(kind)
        isFortranOrder = try value("fortran_order").hasPrefix("True")
        let tuple = try value("shape")
        guard tuple.first == "(", let end = tuple.firstIndex(of: ")") else {
            throw FormatError(place, "its header has no shape")
        }
        var shape = [Int]()
        for part in tuple[tuple.index(after: tuple.startIndex)..<end].split(separator: ",") {
            let digits = part.filter { $0 != " " && $0 != "L" }
            if digits.isEmpty { continue }
            guard let extent = Int(digits), extent >= 0 else {
                throw FormatError(place, "its shape has '\(part)', which is no extent")
            }
            shape.append(extent)
        }
        guard shape.count <= 32 else { throw FormatError(place, "has \(shape.count) axes; at most 32 are read") }
        _ = try StoredTensor.count(shape, self.type, place: place)
        self.shape = shape
    }
}
