import Bytes
func sha256(_ b: UnsafeRawBufferPointer) -> Hash32 { .zero }
func ripemd160(_ b: UnsafeRawBufferPointer) -> [UInt8] { [] }
func modularPower(base: [UInt8], exponent: [UInt8], modulus: [UInt8]) -> [UInt8] { [] }
func p256Verify(hash: Hash32, r: U256, s: U256, x: U256, y: U256) -> Bool { false }
