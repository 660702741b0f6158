package import Bytes

extension Dataset {
    /// Splits off a tenth (rounded down) chosen by the seed; both parts keep the order of rows.
    package func heldOutTenth(seed: Hash32) -> (training: Dataset, heldOut: Dataset) {
        let parts = RowParts.heldOutTenth(of: rows, seed: seed)
        return (
            selecting(parts.training, name: "\(name) training"), selecting(parts.validation, name: "\(name) held out")
        )
    }

    /// Deals the rows to `count` holders: each class in shares drawn from a Dirichlet distribution, so that a small `alpha` gives
    /// holders very different classes. Shares are drawn again until every holder has a row.
    ///
    /// - Throws: when there are fewer rows than holders, or the numbers are out of range.
    package func dirichletShards(_ count: Int, alpha: Float, seed: Hash32) throws(DatasetError) -> [Dataset] {
        guard count >= 1, count <= rows else {
            throw DatasetError(name, "\(rows) rows cannot be dealt to \(count) holders")
        }
        guard alpha >= 0.01, alpha <= 1000 else {
            throw DatasetError(name, "alpha must be in 0.01...1000, not \(alpha)")
        }
        for attempt in 0..<1000 {
            var stream = RandomStream(key: seed, purpose: "cairn dirichlet", [count, attempt])
            var shards = [[Int]](repeating: [], count: count)
            for label in classNames.indices {
                var members = labels.indices.filter { labels[$0] == Int32(label) }
                if members.isEmpty { continue }
                stream.shuffle(&members)
                let shares = stream.dirichlet(count, alpha: alpha)
                var reached: Float = 0
                var start = 0
                for holder in 0..<count {
                    reached += shares[holder]
                    let exact = (reached * Float(members.count)).rounded(.down)
                    let end = holder == count - 1 ? members.count : min(members.count, max(start, Int(exact)))
                    shards[holder] += members[start..<end]
                    start = end
                }
            }
            if shards.allSatisfy({ !$0.isEmpty }) {
                return shards.enumerated().map { selecting($1.sorted(), name: "\(name) shard \($0 + 1)") }
            }
        }
        throw DatasetError(name, "no deal of \(rows) rows gives each of \(count) holders one: use a greater alpha")
    }
}
