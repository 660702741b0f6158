import Bytes
import JSON
import Ledger
import Testing

import Node

/// What arguments mean, and geth's words for those that mean nothing.
@Suite struct WireTests {
    private func message<Value: WireReadable>(_ json: JSON, as type: Value.Type) -> String? {
        do throws(WireError) {
            _ = try Value(wire: json)
            return nil
        } catch { return error.message }
    }

    @Test func quantities() throws {
        #expect(try U256(wire: "0x0") == 0)
        #expect(try U256(wire: "0xff") == 255)
        #expect(try U256(wire: .string("0x" + String(repeating: "f", count: 64))) == .max)
        #expect(try UInt64(wire: 17) == 17)
        let type = " into Go value of type hexutil.Uint64"
        for (json, words) in [
            ("", "empty hex string"), ("12", "hex string without 0x prefix"), ("0x", "hex string \"0x\""),
            ("0x00", "hex number with leading zero digits"), ("0xg", "invalid hex string"), (true, "non-string"),
            ("0x10000000000000000", "hex number > 64 bits"),
        ] as [(JSON, String)] {
            #expect(message(json, as: UInt64.self) == "json: cannot unmarshal " + words + type)
        }
        #expect(
            message(.string("0x1" + String(repeating: "0", count: 64)), as: U256.self)?.contains("> 256 bits") == true)
    }

    @Test func bytesAndHashes() throws {
        #expect(try WireBytes(wire: "0x").bytes == [])
        #expect(try WireBytes(wire: "0X0aFF").bytes == [10, 255])
        #expect(
            message("0x1", as: WireBytes.self)
                == "json: cannot unmarshal hex string of odd length into Go value of type hexutil.Bytes")
        #expect(message("0x12", as: Hash32.self) == "hex string has length 2, want 64 for common.Hash")
        #expect(
            message(5, as: Address.self) == "json: cannot unmarshal non-string into Go value of type common.Address")
    }

    @Test func blocks() throws {
        let hash = Hash32(1, 2, 3, 4)
        for (json, tag) in [
            ("latest", .latest), ("pending", .pending), ("earliest", .earliest), ("safe", .safe),
            ("finalized", .finalized),
            ("0x10", .number(16)), (16, .number(16)), (.string(hash.hex0x), .hash(hash)),
            (["blockNumber": "0x2"], .number(2)),
            (["blockHash": .string(hash.hex0x), "requireCanonical": true], .hash(hash)),
        ] as [(JSON, BlockTag)] {
            #expect(try BlockTag(wire: json) == tag)
        }
        #expect(message("0x", as: BlockTag.self) == "hex string \"0x\"")
        #expect(message("newest", as: BlockTag.self) == "hex string without 0x prefix")
        #expect(message("0xffffffffffffffff", as: BlockTag.self) == "block number larger than int64")
        #expect(message(true, as: BlockTag.self)?.contains("rpc.BlockNumber") == true)
        #expect(message([:], as: BlockTag.self) != nil)
    }

    @Test func logFilters() throws {
        let (one, two) = (Hash32(0, 0, 0, 1), Hash32(0, 0, 0, 2))
        let filter = try LogFilterArguments(wire: [
            "fromBlock": "0x1", "address": .string(Address.zero.hex0x),
            "topics": [.string(one.hex0x), nil, [.string(one.hex0x), .string(two.hex0x)], [.string(one.hex0x), nil]],
        ]).filter
        #expect(filter.from == .number(1))
        #expect(filter.to == .latest)
        #expect(filter.addresses == [.zero])
        #expect(filter.topics == [[one], [], [one, two], []])
        #expect(
            message(["blockHash": .string(one.hex0x), "fromBlock": "0x1"], as: LogFilterArguments.self)?.hasPrefix(
                "can't specify") == true)
        #expect(message(["topics": [5]], as: LogFilterArguments.self) == "invalid topic(s)")
    }

    @Test func callObjects() throws {
        let arguments = try TransactionArguments(wire: [
            "to": .string(Address.zero.hex0x), "value": "0x5", "data": "0x01", "accessList": [], "gas": "0x10",
        ])
        #expect(arguments.message.value == 5)
        #expect(arguments.message.data == [1])
        #expect(arguments.message.gas == 16)
        #expect(arguments.hasAccessList)
        #expect(
            message(["to": "0x12"], as: TransactionArguments.self)
                == "hex string has length 2, want 40 for common.Address")
        #expect(
            message(["gas": "0x"], as: TransactionArguments.self)
                == "json: cannot unmarshal hex string \"0x\" into Go struct field TransactionArgs.gas of type hexutil.Uint64"
        )
        #expect(
            message(["data": "0x01", "input": "0x02"], as: TransactionArguments.self)?.contains("not equal") == true)
        #expect(
            message(["gasPrice": "0x1", "maxFeePerGas": "0x1"], as: TransactionArguments.self)
                == "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    }
}
