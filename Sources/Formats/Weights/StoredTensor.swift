/// One tensor of a weights file, as the file describes it; its values are read when asked for.
package struct StoredTensor: Sendable {
    /// Unique in its file: the path that leads to it.
    package let name: String
    package let type: StoredType
    package let shape: [Int]
    let values: Values

    /// Where the elements are.
    enum Values: Sendable {
        /// In part `part` of the file, the first at byte `offset`, neighbours along each axis `strides` elements apart.
        case placed(part: Int, offset: Int, strides: [Int])
        /// Packed or cut in some way: `read` gives the elements contiguous, in row-major order, and `write` puts others in their place.
        case packed(read: Reading, write: Writing)
    }

    typealias Reading = @Sendable () throws(FormatError) -> [UInt8]
    /// - Parameters:
    ///   - contents: of all parts of the file, the inner ones too.
    ///   - data: the new elements, contiguous, in row-major order.
    typealias Writing = @Sendable (_ contents: inout [[UInt8]], _ data: [UInt8]) throws(FormatError) -> Void

    /// Elements; the initialisers have checked that they can be counted.
    package var count: Int { shape.reduce(1, *) }
    var byteCount: Int { count * type.size }

    init(name: String, type: StoredType, shape: [Int], values: Values) {
        (self.name, self.type, self.shape, self.values) = (name, type, shape, values)
    }

    /// A tensor whose elements lie in `range` of a part.
    ///
    /// - Parameters:
    ///   - first: the position of its first element, in elements from the start of the range.
    ///   - strides: elements between neighbours along each axis; nil for row-major order without gaps.
    /// - Throws: where it would reach beyond the range, or is too large to count.
    init(
        name: String, type: StoredType, shape: [Int], part: Int = 0, range: Range<Int>, first: Int = 0,
        strides: [Int]? = nil, place: String
    ) throws(FormatError) {
        let count = try Self.count(shape, type, place: place)
        let strides = strides ?? Self.rowMajor(shape)
        guard strides.count == shape.count, first >= 0, strides.allSatisfy({ $0 >= 0 }) else {
            throw FormatError(place, "has strides \(strides) for the shape \(shape); the file is damaged")
        }
        var last = first
        if count > 0 {
            for (extent, stride) in zip(shape, strides) {
                let (step, a) = (extent - 1).multipliedReportingOverflow(by: stride)
                let (sum, b) = last.addingReportingOverflow(step)
                guard !a, !b else { throw FormatError(place, "has strides \(strides), which are too large") }
                last = sum
            }
        }
        guard count == 0 || last < range.count / type.size else {
            throw FormatError(
                place,
                "needs \(last &+ 1) elements of \(type), the file has \(range.count) bytes for it; it is truncated or damaged"
            )
        }
        // The same few bytes can be shown as a huge tensor (stride 0): more than the file itself must stay small.
        guard count * type.size <= max(range.count, Self.largestExpansion) else {
            throw FormatError(
                place, "repeats its elements to \(count): more than is read; save it as a contiguous tensor")
        }
        self.init(
            name: name, type: type, shape: shape,
            values: .placed(
                part: part, offset: range.lowerBound + (count == 0 ? 0 : first * type.size), strides: strides))
    }

    /// The most bytes that a tensor may have which shows the same bytes more than once.
    private static let largestExpansion = 1 << 26

    /// The elements of a shape.
    static func count(_ shape: [Int], _ type: StoredType, place: String) throws(FormatError) -> Int {
        guard shape.count <= 64, shape.allSatisfy({ $0 >= 0 }) else {
            throw FormatError(place, "has the shape \(shape.prefix(65)), which is none; the file is damaged")
        }
        var count = 1
        // Extents of zero last: they must not hide an overflow of the others.
        for extent in shape.filter({ $0 > 0 }) {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= 1 << 44 else { throw FormatError(place, "its shape \(shape) is too large") }
            count = product
        }
        return shape.contains(0) ? 0 : count
    }

    static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in stride(from: shape.count - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
        }
        return strides
    }
}

extension StoredTensor {
    /// The elements of a placed tensor, in row-major order without gaps.
    func contiguous(in bytes: FileBytes) -> [UInt8] {
        guard case .placed(_, let offset, let strides) = values else { return [] }
        var result = [UInt8]()
        result.reserveCapacity(byteCount)
        bytes.withUnsafeBytes { source in
            Self.forEachRun(shape: shape, strides: strides, size: type.size, offset: offset) {
                result += source[$0..<$0 + $1]
            }
        }
        return result
    }

    /// Calls `body` with the byte offset of each run of elements that are neighbours in memory, in row-major order, and its length.
    static func forEachRun(
        shape: [Int], strides: [Int], size: Int, offset: Int, _ body: (_ offset: Int, _ bytes: Int) -> Void
    ) {
        guard !shape.contains(0) else { return }
        // The trailing axes without gaps make one run.
        var (run, axes) = (1, shape.count)
        while axes > 0, strides[axes - 1] == run || shape[axes - 1] == 1 {
            run *= shape[axes - 1]
            axes -= 1
        }
        var position = [Int](repeating: 0, count: axes)
        var place = offset
        while true {
            body(place, run * size)
            var axis = axes - 1
            while axis >= 0 {
                position[axis] += 1
                place += strides[axis] * size
                if position[axis] < shape[axis] { break }
                place -= strides[axis] * size * shape[axis]
                position[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}
