import CAllocator

/// Keeps what large requests needed from staying with the process.
///
/// glibc's allocator raises its bounds with every large block that is freed, and then keeps such blocks.
package enum ProcessMemory {
    /// Blocks above 256 KiB come from the system, and go back to it when they are freed.
    package static let returnsLargeBlocks: Void = cairn_allocator_return_blocks_above(256 << 10)

    /// Gives free pages between small blocks back; takes milliseconds.
    package static func trim() { cairn_allocator_trim() }
}
