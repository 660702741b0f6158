/// One function at one place: operands and result as bits.
private struct KnownAnswer {
    let name: String
    let operation: UnaryOperation
    let x: UInt32
    let y: UInt32
}

extension Arithmetic {
    static func testScalars() throws(ArithmeticError) {}
    static func testFunctions(_ kernels: Kernels) throws(ArithmeticError) {}
    static func testOperations(_ kernels: Kernels) throws(ArithmeticError) {}
}
