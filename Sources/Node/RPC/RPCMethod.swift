import JSON

/// One method: how many arguments it takes at most, where it runs, what it does.
struct RPCMethod: Sendable {
    /// How long it may take, and so where it runs.
    enum Cost: Sendable {
        /// Always done at once, or waiting without computing.
        case quick
        /// Mostly done at once: it runs on the server's thread while its caller's calls are (`InlineRule`).
        case measured
        /// In line, on threads of its own (`WorkLane`).
        case long
    }

    /// An answer: a value, or JSON text that was written straight away because it is large.
    enum Answer: Sendable {
        case value(JSON)
        case text([UInt8])
    }

    let most: Int
    let cost: Cost
    let run: @Sendable (NodeService, Parameters) async throws -> Answer

    init(
        _ most: Int, _ cost: Cost = .quick, _ run: @escaping @Sendable (NodeService, Parameters) async throws -> JSON
    ) {
        (self.most, self.cost) = (most, cost)
        self.run = { .value(try await run($0, $1)) }
    }

    init(
        _ most: Int, _ cost: Cost, writing run: @escaping @Sendable (NodeService, Parameters) async throws -> [UInt8]
    ) {
        (self.most, self.cost) = (most, cost)
        self.run = { .text(try await run($0, $1)) }
    }
}

/// The methods that a node answers, by name.
struct MethodTable: Sendable {
    private(set) var methods: [String: RPCMethod] = [:]

    init(developer: Bool) {
        for group in [
            Self.blocks, Self.transactions, Self.state, Self.execution, Self.fees, Self.filters, Self.accounts,
            Self.node, Self.pool, Self.debug, Self.simulation, Self.tracing,
        ] { methods.merge(group) { first, _ in first } }
        if developer { methods.merge(Self.developer) { first, _ in first } }
    }

    subscript(name: String) -> RPCMethod? { methods[name] }
}
