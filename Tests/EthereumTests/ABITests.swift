import Bytes
import Ethereum
import JSON
import TestVectors
import Testing

/// The value that the vectors write as `json`.
private func value(_ json: JSON, as type: ABIType) throws -> ABIValue {
    switch type {
    case .uint: return .number(try #require(U256(json.stringValue ?? "")))
    case .int:
        let text = json.stringValue ?? ""
        let magnitude = try #require(U256(text.drop { $0 == "-" }))
        return .number(text.hasPrefix("-") ? U256.zero &- magnitude : magnitude)
    case .address: return .address(try Address(hex: json.stringValue ?? ""))
    case .bool: return .bool(json.boolValue == true)
    case .bytes, .fixedBytes: return .bytes(try [UInt8](hex: json.stringValue ?? ""))
    case .string: return .string(String((json.stringValue ?? "").dropFirst()))
    case .array(let element), .fixedArray(let element, _):
        return .list(try (json.arrayValue ?? []).map { try value($0, as: element) })
    case .tuple(let members): return .list(try zip(json.arrayValue ?? [], members).map { try value($0, as: $1) })
    }
}

@Test func encodesAndDecodesAsEthAbi() throws {
    let cases = try Vectors.load("abi").array("cases")
    #expect(cases.count == 141)
    for one in cases {
        let types = try one.array("types").map { try ABIType(parsing: $0.stringValue ?? "") }
        let values = try zip(one.array("values"), types).map { try value($0, as: $1) }
        let data = try [UInt8](hex: one.string("data"))
        #expect(try ABI.encode(values, as: types) == data, "\(types)")
        #expect(try ABI.decode(data, as: types) == values, "\(types)")
    }
}

@Test func everyTruncationAndFlippedByteIsAnErrorOrAValue() throws {
    for one in try Vectors.load("abi").array("cases").prefix(60) {
        let types = try one.array("types").map { try ABIType(parsing: $0.stringValue ?? "") }
        let data = try [UInt8](hex: one.string("data"))
        for count in stride(from: 0, to: data.count, by: 7) { _ = try? ABI.decode(data.prefix(count), as: types) }
        for index in data.indices {
            var damaged = data
            damaged[index] ^= 0xFF
            _ = try? ABI.decode(damaged, as: types)
        }
    }
}

@Test func judgesDamagedDataAsEthAbi() throws {
    let cases = try #require(Vectors.load("abi_damaged").arrayValue)
    #expect(cases.count == 300)
    for one in cases {
        let types = try one.array("types").map { try ABIType(parsing: $0.stringValue ?? "") }
        let data = try [UInt8](hex: one.string("data"))
        let again = try (try? ABI.decode(data, as: types)).map { try ABI.encode($0, as: types).hex0x }
        #expect(again == one["again"]?.stringValue, "\(types) \(data.hex)")
    }
}

@Test func selectorsAndTopicsAreEthUtils() throws {
    let vectors = try Vectors.load("abi")
    for (signature, selector) in try vectors.object("selectors") {
        let function = try ABIFunction(signature)
        #expect(function.selector.hex == selector.stringValue)
        #expect(function.signature == signature)
        let event = ABIEvent(name: function.name, inputs: function.inputs)
        #expect(event.topic.hex == vectors["topics"]?[signature]?.stringValue)
    }
}

@Test func typeNamesComeBack() throws {
    for name in ["uint8", "int256", "(string,(bool,int16[2])[])[2]", "bytes32[2][]", "()", "address[0]"] {
        #expect(try ABIType(parsing: name).description == name)
    }
    #expect(try ABIType(parsing: "uint") == .uint(256))
    for name in ["", "uint7", "uint264", "bytes33", "bytes0", "uint08", "(uint8", "uint8]", "uint8[", "x", "(,)"] {
        #expect(throws: ABIError.self, "\(name)") { try ABIType(parsing: name) }
    }
    let deep = String(repeating: "(", count: 100_000)
    #expect(throws: ABIError.self) { try ABIType(parsing: deep) }
}

/// Found by fuzzing: sizes of nested fixed arrays overflowed when data were decoded.
@Test func refusesTypesOfAbsurdSize() throws {
    for text in [
        "bool[1048576][1048576]", "bool[1048576][1048576][1048576][1048576][]", "(bool[1048576][1024])[]",
        "(bool[1048576],bool[1048576][31])[2]",
    ] {
        #expect(throws: ABIError.self, "\(text)") { try ABIType(parsing: text) }
    }
    #expect(throws: ABIError.self) {
        try ABI.decode([UInt8](repeating: 0, count: 96), as: [ABIType(parsing: "(bool[1048576][16])[]"), .bool])
    }
}

@Test func refusesWhatDoesNotFit() throws {
    #expect(throws: ABIError.mismatch(type: "uint8", value: "number(256)")) {
        try ABI.encode([.uint(256)], as: [.uint(8)])
    }
    #expect(throws: ABIError.self) { try ABI.encode([.int(-129)], as: [.int(8)]) }
    #expect(try ABI.encode([.int(-128)], as: [.int(8)]).first == 0xFF)
    #expect(throws: ABIError.self) { try ABI.encode([.int(-1)], as: [.uint(64)]) }
    #expect(throws: ABIError.wrongCount(expected: 1, actual: 2)) { try ABI.encode([.uint(1), .uint(2)], as: [.bool]) }
    #expect(throws: ABIError.notCanonical(type: "bool", offset: 0)) {
        try ABI.decode(U256(2 as UInt64).bytes, as: [.bool])
    }
    #expect(throws: ABIError.truncated(offset: 0)) { try ABI.decode([1, 2, 3], as: [.uint(8)]) }
    #expect(ABIValue.int(-5).signed == -5)
    #expect(ABIValue.number(.max).signed == -1)
    #expect(ABIValue.number(U256(1 as UInt64) << 64).signed == nil)
}

@Test func overlappingOffsetsCannotBlowUp() throws {
    // An array of 1,000 arrays whose offsets all lead to the same zeros, four levels deep.
    var data = U256(32 as UInt64).bytes + U256(1000 as UInt64).bytes
    for _ in 0..<1000 { data += U256.zero.bytes }
    #expect(throws: ABIError.self) {
        try ABI.decode(data, as: [.array(.array(.array(.array(.bytes))))], limit: 500)
    }
}

@Test func revertReasonsAreReadAsGethReadsThem() throws {
    let hi = RevertReason.text("hi")
    #expect(RevertReason(hi.data) == hi)
    #expect(RevertReason(Array(hi.data.dropLast(30))) == hi)
    #expect(RevertReason([]) == .empty)
    #expect(RevertReason([1, 2, 3]) == .data([1, 2, 3]))
    #expect(RevertReason(RevertReason.panic(0x11).data).words == "arithmetic underflow or overflow")
    #expect(RevertReason(RevertReason.panic(0x99).data).words == "unknown panic code: 0x99")
    #expect(hi.words == "hi")
    #expect("\(hi)" == "execution reverted: hi")
    #expect("\(RevertReason([1, 2, 3, 4, 5]))" == "execution reverted: custom error 0x01020304")
    #expect("\(RevertReason([]))" == "execution reverted")
}

@Test func readsAContractsInterface() throws {
    let json = try JSON(
        parsing: """
            [{"type":"constructor","inputs":[{"name":"owner","type":"address"}]},
             {"type":"function","name":"post","stateMutability":"payable","outputs":[{"name":"","type":"uint256"}],
              "inputs":[{"name":"s","type":"tuple[]",
                         "components":[{"name":"a","type":"bytes32"},{"name":"b","type":"string"}]}]},
             {"type":"event","name":"Paid","inputs":[{"name":"who","type":"address","indexed":true},
              {"name":"note","type":"string","indexed":true},{"name":"wei","type":"uint256","indexed":false}]}]
            """)
    let abi = try ContractABI(json: json)
    #expect(abi.constructor.map(\.type) == [.address])
    let post = try abi.function("post")
    #expect(post.signature == "post((bytes32,string)[])")
    #expect(post.isPayable)
    let arguments: [ABIValue] = [.list([.list([.hash(.zero), .string("x")])])]
    #expect(try post.arguments(of: post.call(arguments)) == arguments)
    #expect(try post.arguments(of: [0, 0, 0, 0]) == nil)
    let paid = try abi.event("Paid")
    let who = Address(number: 7)
    let log = Log(
        address: .zero, topics: [paid.topic, U256(who).hash, Hash32(1, 2, 3, 4)], data: U256(9 as UInt64).bytes)
    #expect(try paid.values(of: log) == [.address(who), .hash(Hash32(1, 2, 3, 4)), .uint(9)])
    #expect(throws: ABIError.malformed("the contract has no function 'nothing'")) { try abi.function("nothing") }
}
