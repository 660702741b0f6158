import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct ABITests {
    private let vectors: JSON

    init() throws { vectors = try Vectors.load("abi") }

    private func value(_ json: JSON) throws -> ABIValue {
        let object = try #require(json.objectValue)
        let (kind, content) = try #require(object.first)
        switch kind {
        case "uint": return .uint(try json.word("uint"))
        case "int": return .int(try json.word("int"))
        case "address": return .address(try json.address("address"))
        case "bool": return .bool(try json.bool("bool"))
        case "bytes": return .bytes(try json.hexBytes("bytes"))
        case "fixed": return .fixedBytes(try json.hexBytes("fixed"))
        case "string": return .string(try json.string("string"))
        case "array": return .array(try content.elements.map(value))
        default: return .tuple(try content.elements.map(value))
        }
    }

    private func types(_ json: JSON) throws -> [ABIType] {
        try json.array("types").map { item in
            let text = try #require(item.stringValue)
            let type = try ABIType(text)
            #expect(type.description == text)
            return type
        }
    }

    @Test func equalsEthABIBothWays() throws {
        let cases = try vectors.array("cases")
        #expect(cases.count == 130)
        for item in cases {
            let types = try types(item)
            let values = try item.array("values").map(value)
            let data = try item.hexBytes("data")
            #expect(try ABI.encode(values, as: types) == data)
            #expect(try ABI.decode(data, as: types) == values)
        }
    }

    @Test func judgesDamagedDataLikeEthABI() throws {
        for item in try vectors.array("damaged") {
            let types = try types(item)
            let data = try item.hexBytes("data")
            let decoded = try? ABI.decode(data, as: types)
            let again = try decoded.map { try ABI.encode($0, as: types).hex0x }
            #expect(again == item["again"]?.stringValue, "\(types) \(data.hex)")
        }
    }

    @Test func selectorsAndTopics() throws {
        for item in try vectors.array("signatures") {
            let text = try #require(item[0]?.stringValue)
            let function = try ABIFunction(text)
            #expect(function.signature == text)
            #expect(function.selector.hex0x == item[1]?.stringValue)
            #expect(try ABIEvent(text).topic.hex0x == item[2]?.stringValue)
        }
    }

    @Test(arguments: [
        "", "uint7", "uint0", "uint264", "uint08", "bytes0", "bytes33", "bytes01", "int300", "foo", "uint256[",
        "uint256]",
        "uint256[-1]", "uint256[x]", "uint256[01]", "(", "(uint256", "(uint256,)", "uint256 x", "uint256[99999999999]",
        "uint256[100000][100000]", "tuple",
    ])
    func refusesMalformedTypes(text: String) {
        #expect(throws: ABIError.self) { try ABIType(text) }
    }

    @Test func refusesDeepTypes() {
        let deep = String(repeating: "(", count: 10_000) + "bool" + String(repeating: ")", count: 10_000)
        #expect(throws: ABIError.self) { try ABIType(deep) }
        #expect(throws: ABIError.self) { try ABIType("bool" + String(repeating: "[]", count: 100)) }
    }

    @Test func refusesValuesThatDoNotFit() {
        let wrong: [(ABIValue, ABIType)] = [
            (.uint(256 as UInt64), .uint(8)), (.int(128), .int(8)), (.int(-129), .int(8)),
            (.uint(1 as UInt64), .int(8)),
            (.bytes([1]), .string), (.fixedBytes([1]), .fixedBytes(2)), (.array([]), .fixedArray(.bool, 1)),
            (.tuple([.bool(true)]), .tuple([.bool, .bool])), (.bool(true), .uint(8)),
            (.array([.bool(true)]), .array(.address)),
        ]
        for (value, type) in wrong { #expect(throws: ABIError.self) { try ABI.encode([value], as: [type]) } }
        #expect(throws: ABIError.self) { try ABI.encode([], as: [.bool]) }
        #expect(throws: Never.self) { try ABI.encode([.int(-128), .int(127)], as: [.int(8), .int(8)]) }
    }

    @Test func overlappingOffsetsCannotGrowWithoutBound() throws {
        // 30 levels of two-element arrays that all point at the same place: 2^30 values from 2 kB.
        var type = ABIType.uint(256)
        var data = [UInt8]()
        func word(_ value: Int) -> [UInt8] { U256(value).bytes }
        data += word(32)
        for level in 0..<14 {
            type = .array(type)
            let inner = level < 13
            data += word(2) + (inner ? word(64) + word(64) : word(1) + word(2))
        }
        #expect(throws: ABIError.self) { try ABI.decode(data, as: [type]) }
        #expect(throws: ABIError.self) {
            try ABI.decode(word(32) + word(1 << 40), as: [.array(.fixedArray(.bool, 0))])
        }
        #expect(
            try ABI.decode(word(32) + word(3), as: [.array(.tuple([]))]) == [
                .array([.tuple([]), .tuple([]), .tuple([])])
            ])
    }

    @Test func eventsDecodeAndFilter() throws {
        let event = try ABIEvent("Named(address indexed who, string indexed name, uint256 amount, bytes data)")
        let who = Address(number: 5)
        let log = Log(
            address: .zero, topics: [event.topic, U256(who).hash, keccak256(utf8: "n")],
            data: try ABI.encode([.uint(7), .bytes([1, 2])], as: [.uint(256), .bytes]))
        #expect(try event.decode(log) == [.address(who), .bytes32(keccak256(utf8: "n")), .uint(7), .bytes([1, 2])])
        #expect(event.inputs.map(\.name) == ["who", "name", "amount", "data"])
        #expect(
            try event.topics(matching: [nil, .string("n")]) == [[event.topic], [], [keccak256(utf8: "n")]])
        #expect(try event.topics(matching: [.address(who)]) == [[event.topic], [U256(who).hash]])
        #expect(try event.topics(matching: []) == [[event.topic]])
        var other = log
        other.topics[0] = .zero
        #expect(throws: ABIError.self) { try event.decode(other) }
        other = log
        other.topics.removeLast()
        #expect(throws: ABIError.self) { try event.decode(other) }
    }

    @Test func readsJSONInterfaces() throws {
        let json = try JSON(
            parsing: """
                [{"type":"constructor","inputs":[{"name":"supply","type":"uint256"}]},
                 {"type":"function","name":"f","stateMutability":"view","inputs":[{"name":"p","type":"tuple[]",
                  "components":[{"name":"a","type":"uint8"},{"name":"b","type":"bytes"}]}],
                  "outputs":[{"name":"","type":"bool"}]},
                 {"type":"event","name":"E","anonymous":false,"inputs":[{"name":"x","type":"int256","indexed":true}]},
                 {"type":"error","name":"Bad","inputs":[{"name":"code","type":"uint256"}]},
                 {"type":"fallback"},{"type":"receive"}]
                """)
        let interface = try ContractABI(json: json)
        let function = try #require(interface.function(named: "f"))
        #expect(function.signature == "f((uint8,bytes)[])")
        #expect(function.mutability == .view)
        #expect(function.inputs[0].components.map(\.name) == ["a", "b"])
        #expect(interface.function(selector: function.selector + [1]) == function)
        let call = try function.encodeCall([.array([.tuple([.uint(1), .bytes([9])])])])
        #expect(call.prefix(4).elementsEqual(function.selector))
        #expect(try function.decodeCall(call) == [.array([.tuple([.uint(1), .bytes([9])])])])
        #expect(throws: ABIError.self) { try function.decodeCall([1, 2, 3, 4]) }
        #expect(try function.decodeOutput(U256.one.bytes) == [.bool(true)])
        #expect(interface.event(topic: try ABIEvent("E(int256)").topic)?.name == "E")
        #expect(interface.error(selector: interface.errors[0].selector)?.name == "Bad")
        #expect(
            try interface.encodeDeployment(bytecode: [0xFE], [.uint(1)]) == [0xFE] + U256.one.bytes)
        for bad in [
            #"{}"#, #"[{"type":"x"}]"#, #"[{"type":"function"}]"#,
            #"[{"type":"event","name":"E","inputs":[{"type":"tuple"}]}]"#,
        ] {
            #expect(throws: ABIError.self) { try ContractABI(json: JSON(parsing: bad)) }
        }
    }

    @Test func readersNameTheMismatch() throws {
        #expect(try ABIValue.int(-5).int() == -5)
        #expect(try ABIValue.uint(5).int() == 5)
        #expect(try ABIValue.uint(5).uint64() == 5)
        #expect(try ABIValue.bytes32(.zero).hash32() == .zero)
        #expect(try ABIValue.fixedBytes([1]).bytes() == [1])
        #expect(throws: ABIError.mismatch(expected: "a string", found: "a boolean")) {
            try ABIValue.bool(true).string()
        }
        #expect(throws: ABIError.self) { try ABIValue.uint(U256.max).uint64() }
        #expect(throws: ABIError.self) { try ABIValue.int(.one << 200).int() }
        #expect(throws: ABIError.self) { try ABIValue.uint(1).elements() }
    }
}
