import Bytes
import EVM
import EVMTools
import JSON
import TestVectors
import Testing

/// Every opcode family against the executable specification, gas exact, from Berlin to Osaka.
@Suite struct OpcodeGasTests {
    static let families = [
        "arithmetic", "comparison and bits", "keccak", "environment", "copying", "memory", "storage", "flow", "stack",
        "logs", "calls", "creation", "self-destruction",
    ]

    @Test(arguments: families)
    func gasAndOutput(family: String) throws {
        let cases = try #require(try Vectors.load("evm_gas").arrayValue).filter { try $0.string("family") == family }
        #expect(!cases.isEmpty)
        for fixture in cases {
            for fork in Fork.allCases where fork >= .berlin { try check(fixture, fork) }
        }
    }

    /// No family of the file is left out here.
    @Test func familiesAreComplete() throws {
        let cases = try #require(try Vectors.load("evm_gas").arrayValue)
        #expect(try Set(cases.map { try $0.string("family") }) == Set(Self.families))
    }

    private func check(_ fixture: JSON, _ fork: Fork) throws {
        var run = CodeRun(code: try [UInt8](hex: try fixture.string("code")))
        (run.gas, run.fork, run.balance) = (500_000, fork, 10)
        run.others[Address(number: 0xca11e)] = try [UInt8](hex: fixture["other"]?.stringValue ?? "")
        for (slot, value) in fixture["storage"]?.objectValue ?? JSONObject() {
            run.storage[try #require(U256(slot))] = U256(value.stringValue ?? "")
        }
        let result = run.run()
        let name = "\(try fixture.string("name")) (\(try fixture.string("code"))) in \(fork.name)"
        let changes = try fixture.array("from")
        let until = changes.filter { change in
            change[0]?.stringValue.flatMap(Fork.init(name:)).map { $0 <= fork } ?? false
        }
        let expected = try #require(until.last)
        #expect(result.gasUsed == expected[1]?.uint64Value, "gas of \(name)")
        #expect(result.output.hex == expected[2]?.stringValue, "output of \(name)")
        #expect((result.status == .success) == expected[3]?.boolValue, "end of \(name): \(result.status)")
    }
}
