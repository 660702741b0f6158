import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let filters: [String: RPCMethod] = [
        "eth_getLogs": RPCMethod(
            1, .long,
            writing: { service, parameters in
                try service.logs(parameters.read(0))
            }),
        "eth_newFilter": RPCMethod(1) { service, parameters in
            let arguments = try parameters.read(0, as: LogFilterArguments.self)
            try service.check(arguments.filter, isQuery: false)
            return try service.install(.logs(arguments.filter))
        },
        "eth_newBlockFilter": RPCMethod(0) { service, _ in try service.install(.blocks) },
        "eth_newPendingTransactionFilter": RPCMethod(1) { service, _ in try service.install(.pending) },
        "eth_uninstallFilter": RPCMethod(1) { service, parameters in
            .bool(service.filters.uninstall(try parameters.read(0)))
        },
        "eth_getFilterChanges": RPCMethod(1, .long) { service, parameters in
            try await service.catchUp()
            return try service.changes(of: parameters.read(0))
        },
        "eth_getFilterLogs": RPCMethod(
            1, .long,
            writing: { service, parameters in
                guard case .logs(let filter)? = service.filters.kind(of: try parameters.read(0)) else {
                    throw RPCError.server("filter not found")
                }
                return try service.logs(matching: filter)
            }),
    ]
}

extension NodeService {
    func logs(_ arguments: LogFilterArguments) throws -> [UInt8] {
        try check(arguments.filter, isQuery: true)
        if let hash = arguments.blockHash {
            guard try chain.header(at: .hash(hash)) != nil else {
                throw RPCError.server("unknown block")
            }
        }
        return try logs(matching: arguments.filter)
    }

    /// Refuses what geth refuses: too many choices, and ranges that are of the pending block, go backwards or, for
    /// queries, end beyond the head. A filter may wait for blocks to come.
    func check(_ filter: LogFilter, isQuery: Bool) throws {
        guard filter.topics.count <= 4 else { throw RPCError.invalidParameters("exceed max topics") }
        guard max(filter.addresses.count, filter.topics.map(\.count).max() ?? 0) <= 1000 else {
            throw RPCError.invalidParameters("exceed max addresses or topics per search position")
        }
        if case .hash = filter.from { return }
        if filter.from == .pending || filter.to == .pending {
            throw RPCError.invalidParameters("pending logs are not supported")
        }
        let head = try chain.head.header.number
        func number(_ tag: BlockTag) -> UInt64 {
            switch tag {
            case .number(let number): number
            case .earliest: 0
            default: head
            }
        }
        let (from, to) = (number(filter.from), number(filter.to))
        let isOpen = !isQuery && filter.to == .latest
        guard from <= to || isOpen else { throw RPCError.invalidParameters("invalid block range params") }
        guard to <= head || !isQuery else {
            throw RPCError.invalidParameters("block range extends beyond current head block")
        }
    }

    /// The logs as JSON text, written one after another.
    func logs(matching filter: LogFilter) throws -> [UInt8] {
        var text = [UInt8(ascii: "[")]
        for log in try chain.logs(filter, limit: NodeService.logLimit) {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            JSON.log(log).write(into: &text)
        }
        return text + [UInt8(ascii: "]")]
    }

    func install(_ kind: FilterBook.Kind) throws -> JSON {
        guard let id = filters.install(kind, head: try chain.head.header.number) else {
            throw RPCError.server("too many filters: uninstall some, or poll them less than five minutes apart")
        }
        return .quantity(id)
    }

    func changes(of id: U256) throws -> JSON {
        let head = try chain.head.header.number
        guard let news = filters.advance(id, head: head) else { throw RPCError.server("filter not found") }
        switch news.kind {
        case .pending:
            return .array(filters.arrivals(from: news.from).map { .hash($0) })
        case .blocks:
            var hashes: [JSON] = []
            for number in news.from..<max(news.from, head + 1) {
                let header = try chain.header(at: .number(number))
                if let header { hashes.append(.hash(header.hash)) }
            }
            return .array(hashes)
        case .logs(var filter):
            let (first, last) = (max(news.from, lowerBound(of: filter.from)), min(head, upperBound(of: filter.to)))
            guard first <= last else { return [] }
            (filter.from, filter.to) = (.number(first), .number(last))
            return .array(try chain.logs(filter, limit: NodeService.logLimit).map { .log($0) })
        }
    }

    /// Bytes of logs in one answer, about.
    private static let logLimit = 128 << 20

    private func lowerBound(of tag: BlockTag) -> UInt64 {
        if case .number(let number) = tag { number } else { 0 }
    }

    private func upperBound(of tag: BlockTag) -> UInt64 {
        if case .number(let number) = tag { number } else { .max }
    }
}
