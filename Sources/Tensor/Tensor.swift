/// A multi-dimensional array: a shape, an element type and contiguous row-major elements.
///
///     let a = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
///     a.rows(1..<2).values(as: Float.self)    // [4, 5, 6]
///
/// Copies share storage until one is written. Inside a training loop, keep pointers into one storage instead of making
/// tensors: a tensor is for the borders between modules.
package struct Tensor: Sendable {
    package private(set) var shape: [Int]
    package let type: ElementType
    package private(set) var storage: TensorStorage
    package private(set) var byteOffset: Int

    /// Zeros.
    package init(shape: [Int], type: ElementType = .float32) {
        self.shape = shape
        self.type = type
        storage = TensorStorage(byteCount: Self.count(of: shape) * type.size)
        byteOffset = 0
    }

    /// The given elements, in row-major order; without a shape, a vector of them.
    package init<T: TensorElement>(_ values: [T], shape: [Int]? = nil) {
        self.init(shape: shape ?? [values.count], type: T.elementType)
        precondition(values.count == count, "\(values.count) values do not fill the shape \(self.shape)")
        values.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: storage.base, count: byteCount).copyMemory(from: bytes)
        }
    }

    /// A view of elements that already lie in storage.
    package init(storage: TensorStorage, byteOffset: Int, shape: [Int], type: ElementType) {
        self.storage = storage
        self.byteOffset = byteOffset
        self.shape = shape
        self.type = type
        precondition(
            byteOffset >= 0 && byteOffset + byteCount <= storage.byteCount, "the tensor reaches beyond its storage")
        precondition(byteOffset % type.size == 0, "the tensor is not aligned to its elements")
    }

    package static func count(of shape: [Int]) -> Int {
        var count = 1
        for extent in shape {
            precondition(extent >= 0, "a shape cannot have a negative extent: \(shape)")
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            precondition(!overflow, "the shape \(shape) has more elements than this machine can count")
            count = product
        }
        return count
    }

    package var count: Int { Self.count(of: shape) }
    package var rank: Int { shape.count }
    package var byteCount: Int { count * type.size }

    /// Elements between neighbours along each axis.
    package var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// The same elements in another shape of equal count; shares storage.
    package func reshaped(_ shape: [Int]) -> Tensor {
        precondition(Self.count(of: shape) == count, "cannot reshape \(self.shape) to \(shape): counts differ")
        var result = self
        result.shape = shape
        return result
    }

    /// A range of positions of the first axis; shares storage.
    package func rows(_ range: Range<Int>) -> Tensor {
        precondition(rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0], "no rows \(range) in \(shape)")
        var result = self
        result.shape[0] = range.count
        result.byteOffset += range.lowerBound * Self.count(of: Array(shape.dropFirst())) * type.size
        return result
    }
}

extension Tensor {
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        defer { extendLifetime(storage) }
        return try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
    }

    /// The bytes, for writing; copies them first when the storage is shared or borrowed.
    package mutating func withUnsafeMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
        if !isKnownUniquelyReferenced(&storage) || storage.isBorrowed { detach() }
        defer { extendLifetime(storage) }
        return try body(UnsafeMutableRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
    }

    package func withUnsafe<T: TensorElement, R>(
        _ element: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R
    ) rethrows -> R {
        precondition(T.elementType == type, "the tensor holds \(type.name), not \(T.elementType.name)")
        return try withUnsafeBytes { try body($0.bindMemory(to: T.self)) }
    }

    package mutating func withUnsafeMutable<T: TensorElement, R>(
        _ element: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws -> R
    ) rethrows -> R {
        precondition(T.elementType == type, "the tensor holds \(type.name), not \(T.elementType.name)")
        return try withUnsafeMutableBytes { try body($0.bindMemory(to: T.self)) }
    }

    /// A copy of the elements.
    package func values<T: TensorElement>(as element: T.Type = T.self) -> [T] {
        withUnsafe(element) { Array($0) }
    }

    private mutating func detach() {
        let copy = TensorStorage(byteCount: byteCount)
        copy.base.copyMemory(from: storage.base + byteOffset, byteCount: byteCount)
        storage = copy
        byteOffset = 0
    }
}

/// Equal shape, type and bits: a NaN equals itself and -0 differs from +0.
extension Tensor: Equatable {
    package static func == (a: Tensor, b: Tensor) -> Bool {
        guard a.shape == b.shape, a.type == b.type else { return false }
        return a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
    }
}
