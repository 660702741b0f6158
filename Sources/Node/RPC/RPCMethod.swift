import JSON

/// One method: how many arguments it takes at most, where it runs, what it does.
struct RPCMethod: Sendable {
    typealias Run = @Sendable (NodeService, Parameters) async throws -> JSON

    let most: Int
    /// Whether it may take so long that it must not hold up a server thread.
    let isLong: Bool
    let run: Run

    init(_ most: Int, isLong: Bool = false, _ run: @escaping Run) {
        (self.most, self.isLong, self.run) = (most, isLong, run)
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
