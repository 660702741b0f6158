package import Tensor

/// An element type and a static shape.
package struct TensorType: Sendable, Hashable, CustomStringConvertible {
    package let element: ElementType
    package let shape: [Int]

    package init(_ element: ElementType, _ shape: [Int]) {
        self.element = element
        self.shape = shape
    }

    package var rank: Int { shape.count }
    package var count: Int { shape.reduce(1, *) }
    package var byteCount: Int { count * element.size }

    package var description: String { String(describing: element) + shape.description.filter { $0 != " " } }

    /// Row-major strides in elements.
    package var strides: [Int] { Self.strides(of: shape) }

    package static func strides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in stride(from: shape.count - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        return strides
    }

    /// The coordinates of the element at a flat row-major position.
    package static func coordinates(of position: Int, in shape: [Int]) -> [Int] {
        var rest = position
        var result = [Int](repeating: 0, count: shape.count)
        for axis in stride(from: shape.count - 1, through: 0, by: -1) where shape[axis] > 0 {
            result[axis] = rest % shape[axis]
            rest /= shape[axis]
        }
        return result
    }
}
