import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let filters: [String: RPCMethod] = [
        "eth_getLogs": RPCMethod(1, isLong: true) { service, parameters in
            try service.logs(parameters.read(0))
        },
        "eth_newFilter": RPCMethod(1) { service, parameters in
            let arguments = try parameters.read(0, as: LogFilterArguments.self)
            return try service.install(.logs(arguments.filter))
        },
        "eth_newBlockFilter": RPCMethod(0) { service, _ in try service.install(.blocks) },
        "eth_newPendingTransactionFilter": RPCMethod(1) { service, _ in try service.install(.pending) },
        "eth_uninstallFilter": RPCMethod(1) { service, parameters in
            .bool(service.filters.uninstall(try parameters.read(0)))
        },
        "eth_getFilterChanges": RPCMethod(1, isLong: true) { service, parameters in
            try await service.catchUp()
            return try service.changes(of: parameters.read(0))
        },
        "eth_getFilterLogs": RPCMethod(1, isLong: true) { service, parameters in
            guard case .logs(let filter)? = service.filters.kind(of: try parameters.read(0)) else {
                throw RPCError.server("filter not found")
            }
            return try service.logs(matching: filter)
        },
    ]
}

extension NodeService {
    func logs(_ arguments: LogFilterArguments) throws -> JSON {
        if let hash = arguments.blockHash {
            guard try chain.header(at: .hash(hash)) != nil else {
                throw RPCError.server("unknown block")
            }
        } else if case .number(let from) = arguments.filter.from, case .number(let to) = arguments.filter.to, from > to
        {
            throw RPCError.invalidParameters("invalid block range params")
        }
        return try logs(matching: arguments.filter)
    }

    func logs(matching filter: LogFilter) throws -> JSON {
        .array(try chain.logs(filter).map { .log($0) })
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
            return try logs(matching: filter)
        }
    }

    private func lowerBound(of tag: BlockTag) -> UInt64 {
        if case .number(let number) = tag { number } else { 0 }
    }

    private func upperBound(of tag: BlockTag) -> UInt64 {
        if case .number(let number) = tag { number } else { .max }
    }
}
