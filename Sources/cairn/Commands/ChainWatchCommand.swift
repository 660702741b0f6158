import Arguments
import Bytes
import ChainClient
import Ethereum
import JSON
import Ledger
import Synchronization

/// `cairn chain watch`: blocks and logs as they come, from any Ethereum.
enum ChainWatchCommand {
    static let command = Command(
        "watch", "Print blocks, and the logs of contracts, as they come; until Ctrl-C.",
        discussion: """
            Every block comes once and in order. When the chain replaces blocks, each of them is taken back first. With a
            ws or wss address the node tells of new blocks by itself; where the connection breaks, it is made again and
            nothing is left out. With --json every line is an object.
            """,
        options: [
            .values("address", "address", "print this contract's logs"),
            .values("topic", "hash", "and of these only those with this first topic"),
            .value("from", "n", "begin with this block (default: the next one)"),
            .value("count", "n", "end after so many blocks"), Endpoint.url, Shared.json,
        ]
    ) { values in
        let chain = try Endpoint.chain(values)
        let addresses = try values.strings("address").map { try ModelCommand.address($0, option: "address", values) }
        let topics = try values.strings("topic").map { text in
            guard let topic = try? Hash32(hex: text) else {
                throw values.error("--topic is '\(text)'; it takes 64 hexadecimal digits")
            }
            return topic
        }
        let filter = LogFilter(addresses: addresses, topics: topics.isEmpty ? [] : [topics])
        let wantsLogs = !addresses.isEmpty || !topics.isEmpty
        let start = try values.integer("from", in: 0...Int.max).map { UInt64($0) }
        let count = try values.integer("count", in: 1...Int.max)
        let isJSON = values.flag("json")
        try await Interruption.cancelling(advice: "--from goes on where it stopped") {
            var left = count ?? .max
            for try await event in ChainFollower(chain: chain, filter: filter, start: start).events() {
                tell(event, wantsLogs: wantsLogs, isJSON: isJSON)
                if case .block = event { left -= 1 }
                if left == 0 { return }
            }
        }
    }

    private static func tell(_ event: ChainFollower.Event, wantsLogs: Bool, isJSON: Bool) {
        switch event {
        case .block(let block, let logs):
            print(
                isJSON, "block \(block.header.number) \(block.hash)",
                ["block": JSON(block.header.number), "hash": .string(block.hash.hex0x)])
            guard wantsLogs else { return }
            for log in logs {
                let topics = log.log.topics.map(\.hex0x)
                print(
                    isJSON, "  log \(log.logIndex) of \(log.log.address.checksummed): \(topics.joined(separator: " "))",
                    [
                        "log": .integer(Int64(log.logIndex)), "block": JSON(log.blockNumber),
                        "address": .string(log.log.address.checksummed), "topics": .array(topics.map { .string($0) }),
                        "data": .string(log.log.data.hex0x), "transaction": .string(log.transactionHash.hex0x),
                    ])
            }
        case .removed(let block):
            print(
                isJSON, "removed \(block.header.number) \(block.hash)",
                ["removed": JSON(block.header.number), "hash": .string(block.hash.hex0x)])
        }
    }

    private static func print(_ isJSON: Bool, _ words: String, _ object: JSON) {
        Console.write((isJSON ? object.text : words) + "\n", to: 1)
    }
}
