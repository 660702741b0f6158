extension ONNXGraph {
    /// The nodes so that each comes after those whose results it reads: the order of the file where that is one, as it should be.
    ///
    /// Tools that patch graphs leave nodes at the end that belong to the front. What leads in a circle stays where it is.
    static func ordered(_ nodes: [ONNXNode]) -> [ONNXNode] {
        var makers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for name in node.outputs where !name.isEmpty { makers[name] = index }
        }
        let needs = nodes.map { node in Set(node.namesRead.compactMap { makers[$0] }) }
        guard needs.enumerated().contains(where: { index, sources in sources.contains { $0 >= index } }) else {
            return nodes
        }
        var missing = needs.enumerated().map { index, sources in sources.subtracting([index]).count }
        var readers = [[Int]](repeating: [], count: nodes.count)
        for (index, sources) in needs.enumerated() {
            for source in sources where source != index { readers[source].append(index) }
        }
        var order: [Int] = []
        var ready = missing.indices.filter { missing[$0] == 0 }
        while !ready.isEmpty {
            var next: [Int] = []
            for index in ready {
                order.append(index)
                for reader in readers[index] {
                    missing[reader] -= 1
                    if missing[reader] == 0 { next.append(reader) }
                }
            }
            ready = next
        }
        return order.count == nodes.count ? order.map { nodes[$0] } : nodes
    }
}

extension ONNXNode {
    /// What the node reads, and the graphs in it.
    fileprivate var namesRead: [String] {
        attributes.values.reduce(into: inputs) { names, attribute in
            if case .graph(let graph) = attribute { names += graph.nodes.flatMap(\.namesRead) + graph.outputs }
        }
    }
}
