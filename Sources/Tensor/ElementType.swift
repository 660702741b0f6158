/// What one element of a tensor is.
package enum ElementType: UInt8, Sendable, Hashable, CaseIterable {
    case float32, int32, int64, bool, int8, uint8
    /// Storage only: the upper half of a binary32. Arithmetic widens it first.
    case bfloat16

    /// Bytes of one element.
    package var size: Int {
        switch self {
        case .float32, .int32: 4
        case .int64: 8
        case .bool, .int8, .uint8: 1
        case .bfloat16: 2
        }
    }

    package var name: String {
        switch self {
        case .float32: "float32"
        case .int32: "int32"
        case .int64: "int64"
        case .bool: "bool"
        case .int8: "int8"
        case .uint8: "uint8"
        case .bfloat16: "bfloat16"
        }
    }
}

/// A Swift type whose values are elements of tensors, bit for bit.
package protocol TensorElement: BitwiseCopyable, Sendable {
    static var elementType: ElementType { get }
}

extension Float: TensorElement { package static var elementType: ElementType { .float32 } }
extension Int32: TensorElement { package static var elementType: ElementType { .int32 } }
extension Int64: TensorElement { package static var elementType: ElementType { .int64 } }
extension Bool: TensorElement { package static var elementType: ElementType { .bool } }
extension Int8: TensorElement { package static var elementType: ElementType { .int8 } }
extension UInt8: TensorElement { package static var elementType: ElementType { .uint8 } }

/// The stored half of a binary32.
package struct BFloat16: TensorElement, Hashable {
    package var bits: UInt16

    package init(bits: UInt16) { self.bits = bits }

    package static var elementType: ElementType { .bfloat16 }
}
