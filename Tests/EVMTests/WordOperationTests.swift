import Bytes
import EVM
import EVMTools
import JSON
import TestVectors
import Testing

/// The word operations of the loop against Python's integers.
@Suite struct WordOperationTests {
    @Test func equalPythonsIntegers() throws {
        let cases = try #require(try Vectors.load("evm_words").arrayValue)
        #expect(cases.count == 2310)
        for item in cases {
            let opcode = try #require(item[0]?.stringValue)
            let operands = try #require(item[1]?.arrayValue).map { U256($0.stringValue ?? "")?.hash.hex ?? "" }
            // Push them, the first one last; the operation; MSTORE(0); RETURN(0, 32)
            let pushes = operands.reversed().map { "7f" + $0 }.joined()
            let run = CodeRun(code: try [UInt8](hex: pushes + opcode + "5f5260205ff3"))
            let expected = try #require(item[2]?.stringValue.flatMap { U256($0) })
            #expect(run.run().output == expected.bytes, "opcode \(opcode) of \(operands)")
        }
    }
}
