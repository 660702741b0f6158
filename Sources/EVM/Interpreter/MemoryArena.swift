import Bytes

/// The memory of all frames, one behind the other; a frame's part begins where its caller's ends.
struct MemoryArena {
    private(set) var base: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1 << 16)
    private var capacity = 1 << 16

    func deallocate() { base.deallocate() }

    /// Makes the bytes before `end` writable; they are not cleared.
    @inline(__always)
    mutating func reserve(_ end: Int, keeping used: Int) {
        if end > capacity { grow(end, used) }
    }

    @inline(never)
    private mutating func grow(_ end: Int, _ used: Int) {
        capacity = max(capacity * 2, end)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: used)
        base.deallocate()
        base = larger
    }
}

/// Bytes that are replaced as a whole: the return data.
struct ByteBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1024)
    private(set) var count = 0
    private var capacity = 1024

    func deallocate() { base.deallocate() }

    @inline(__always)
    mutating func clear() { count = 0 }

    /// Room for `count` bytes, to be written by the caller.
    @inline(__always)
    mutating func resize(to count: Int) -> UnsafeMutablePointer<UInt8> {
        if count > capacity {
            base.deallocate()
            capacity = max(capacity * 2, count)
            base = .allocate(capacity: capacity)
        }
        self.count = count
        return base
    }

    @inline(__always)
    mutating func replace(with source: UnsafePointer<UInt8>, count: Int) {
        let target = resize(to: count)
        target.update(from: source, count: count)
    }

    mutating func replace(with bytes: [UInt8]) {
        let target = resize(to: bytes.count)
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { target.update(from: start, count: source.count) }
        }
    }

    var bytes: [UInt8] { [UInt8](UnsafeBufferPointer(start: base, count: count)) }
}
