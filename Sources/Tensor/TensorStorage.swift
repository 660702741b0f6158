/// Memory that one or more tensors lie in, aligned to a cache line.
///
/// An executor may keep one storage as its arena and make tensors, or plain pointers, into it. Whoever writes through
/// `base` is responsible for nobody else reading those bytes at the time; `Tensor` itself copies before it writes to
/// storage that is shared.
package final class TensorStorage {
    package static let alignment = 64

    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    /// Keeps borrowed memory alive; nil when this storage owns its bytes.
    private let owner: AnyObject?

    /// Zeroed memory of its own.
    package init(byteCount: Int) {
        precondition(byteCount >= 0, "a tensor cannot have a negative size")
        self.byteCount = byteCount
        base = .allocate(byteCount: max(byteCount, 1), alignment: Self.alignment)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: max(byteCount, 1))
        owner = nil
    }

    /// Memory of somebody else, such as a mapped file, that lives as long as `owner`.
    package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
        self.base = base
        self.byteCount = byteCount
        self.owner = owner
    }

    /// Borrowed bytes may be read-only: a tensor copies them before it writes.
    var isBorrowed: Bool { owner != nil }

    deinit {
        if owner == nil { base.deallocate() }
    }
}

// The bytes are written only by a tensor that is the storage's one holder, or by an executor that owns it.
extension TensorStorage: @unchecked Sendable {}
