import Bytes

/// Changes of trie nodes in memory. All nodes that a change touches are loaded before, so nothing here can fail.
enum TrieEditor {
    static func insert(_ value: [UInt8], at path: NibblePath, into link: inout TrieLink) {
        if link.isEmpty {
            link = TrieLink(.leaf(path, value))
            return
        }
        let node = link.own()
        switch node.kind {
        case .branch:
            if path.isEmpty {
                node.value = value
            } else {
                insert(value, at: path.dropFirst(1), into: &node.children[path[0]])
            }
        case .leaf:
            let common = node.path.commonPrefix(with: path)
            if common == path.count, common == node.path.count {
                node.value = value
                return
            }
            let branch = TrieNode.branch()
            if common == node.path.count {
                branch.value = node.value
            } else {
                let index = node.path[common]
                node.path = node.path.dropFirst(common + 1)
                branch.children[index] = TrieLink(node)
            }
            link = placed(branch, behind: path.prefix(common), adding: value, at: path.dropFirst(common))
        case .extension:
            let common = node.path.commonPrefix(with: path)
            if common == node.path.count {
                insert(value, at: path.dropFirst(common), into: &node.children[0])
                return
            }
            let branch = TrieNode.branch()
            let index = node.path[common]
            let rest = node.path.dropFirst(common + 1)
            if rest.isEmpty {
                branch.children[index] = node.children[0]
            } else {
                node.path = rest
                branch.children[index] = TrieLink(node)
            }
            link = placed(branch, behind: path.prefix(common), adding: value, at: path.dropFirst(common))
        }
    }

    /// A new branch with one more value in it, behind an extension where the path there is not empty.
    private static func placed(
        _ branch: TrieNode, behind prefix: NibblePath, adding value: [UInt8], at rest: NibblePath
    ) -> TrieLink {
        if rest.isEmpty {
            branch.value = value
        } else {
            branch.children[rest[0]] = TrieLink(.leaf(rest.dropFirst(1), value))
        }
        return TrieLink(prefix.isEmpty ? branch : .extension(prefix, TrieLink(branch)))
    }

    /// Removes a key that is there.
    static func remove(_ path: NibblePath, from link: inout TrieLink) {
        let node = link.own()
        switch node.kind {
        case .leaf: link = .empty
        case .extension:
            remove(path.dropFirst(node.path.count), from: &node.children[0])
            link = joined(node.path, node.children[0])
        case .branch:
            if path.isEmpty {
                node.value = []
            } else {
                remove(path.dropFirst(1), from: &node.children[path[0]])
            }
            var only: Int?
            for index in 0..<16 where !node.children[index].isEmpty {
                // Two children, or one and a value, keep the branch.
                if only != nil || !node.value.isEmpty { return }
                only = index
            }
            if let only {
                link = joined(NibblePath(nibble: only), node.children[only])
            } else {
                link = TrieLink(.leaf(.empty, node.value))
            }
        }
    }

    /// What stands for a child behind `prefix`: one node, where the child is a leaf or an extension.
    private static func joined(_ prefix: NibblePath, _ child: TrieLink) -> TrieLink {
        guard let node = child.node else { preconditionFailure("a trie node is joined before it was loaded") }
        if node.kind == .branch { return TrieLink(.extension(prefix, child)) }
        let path = prefix.appending(node.path)
        return TrieLink(
            node.kind == .leaf ? .leaf(path, node.value) : .extension(path, node.children[0]))
    }

    /// Replaces stored nodes below a depth by their hashes.
    static func unload(_ link: inout TrieLink, below depth: Int) {
        guard let node = link.node else { return }
        if depth < 0, node.isStored, case .hash(let hash) = node.reference {
            link = TrieLink(hash: hash)
            return
        }
        for index in node.children.indices { unload(&node.children[index], below: depth - 1) }
    }
}
