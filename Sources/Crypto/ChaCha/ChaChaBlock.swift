/// One ChaCha20 block (RFC 8439, 2.3) in the original layout: a 64-bit counter in words 12 and 13, a 64-bit nonce in
/// words 14 and 15.
///
/// Four lanes at a time: a row of the state is one vector.
@inline(__always)
func chachaBlock(
    _ key: (SIMD4<UInt32>, SIMD4<UInt32>), nonce: UInt64, counter: UInt64
) -> (SIMD4<UInt32>, SIMD4<UInt32>, SIMD4<UInt32>, SIMD4<UInt32>) {
    let first = SIMD4<UInt32>(0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574)
    let last = SIMD4<UInt32>(
        UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter &>> 32),
        UInt32(truncatingIfNeeded: nonce), UInt32(truncatingIfNeeded: nonce &>> 32))
    var (a, b, c, d) = (first, key.0, key.1, last)
    var round = 0
    while round < 10 {
        quarterRounds(&a, &b, &c, &d)
        // Diagonals stand in columns while the rows are turned.
        b = SIMD4(b.y, b.z, b.w, b.x)
        c = SIMD4(c.z, c.w, c.x, c.y)
        d = SIMD4(d.w, d.x, d.y, d.z)
        quarterRounds(&a, &b, &c, &d)
        b = SIMD4(b.w, b.x, b.y, b.z)
        c = SIMD4(c.z, c.w, c.x, c.y)
        d = SIMD4(d.y, d.z, d.w, d.x)
        round &+= 1
    }
    return (a &+ first, b &+ key.0, c &+ key.1, d &+ last)
}

@inline(__always)
private func quarterRounds(
    _ a: inout SIMD4<UInt32>, _ b: inout SIMD4<UInt32>, _ c: inout SIMD4<UInt32>, _ d: inout SIMD4<UInt32>
) {
    a = a &+ b
    d = rotate(d ^ a, 16)
    c = c &+ d
    b = rotate(b ^ c, 12)
    a = a &+ b
    d = rotate(d ^ a, 8)
    c = c &+ d
    b = rotate(b ^ c, 7)
}

@inline(__always)
private func rotate(_ words: SIMD4<UInt32>, _ count: UInt32) -> SIMD4<UInt32> {
    words &<< SIMD4(repeating: count) | words &>> SIMD4(repeating: 32 &- count)
}
