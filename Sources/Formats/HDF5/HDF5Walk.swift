/// Goes through the groups and collects data sets.
struct HDF5Walk {
    let medium: HDF5Medium
    /// Which part of the weights the file is.
    let part: Int
    private(set) var tensors: [StoredTensor] = []
    /// Headers that were visited: a group that is linked twice, or contains itself, counts once.
    private var seen: Set<Int> = []

    private static let depthLimit = 64
    private static let objectLimit = 1 << 20

    init(medium: HDF5Medium, part: Int) { (self.medium, self.part) = (medium, part) }

    /// The object whose header lies at an address, and all below it.
    mutating func visit(_ address: Int, path: String, depth: Int) throws(FormatError) {
        guard depth < Self.depthLimit, seen.count < Self.objectLimit else {
            throw FormatError(medium.name, "has groups too deep or too many at '\(path.prefix(80))'")
        }
        guard seen.insert(address).inserted else { return }
        let messages = try medium.messages(at: address)
        if messages.contains(where: { $0.type == HDF5Message.Kind.layout }) {
            let place = "\(medium.name), data set '\(path)'"
            let dataset = try HDF5Dataset(messages, medium: medium, place: place)
            if let tensor = try dataset.tensor(named: path, part: part) { tensors.append(tensor) }
            return
        }
        for (name, child) in try links(messages, path: path) {
            try visit(child, path: path.isEmpty ? name : "\(path)/\(name)", depth: depth + 1)
        }
    }

    /// The hard links of a group; soft and external ones lead to nothing of its own, or out of the file.
    private func links(_ messages: [HDF5Message], path: String) throws(FormatError) -> [(name: String, address: Int)] {
        var links: [(name: String, address: Int)] = []
        for message in messages {
            var reader = ByteReader(message.body, place: medium.name)
            switch message.type {
            case HDF5Message.Kind.symbolTable:
                guard let tree = try medium.address(&reader, "a group"),
                    let heap = try medium.address(&reader, "a group")
                else {
                    continue
                }
                let names = try HDF5Heap(medium, at: heap)
                var budget = Self.objectLimit
                try collect(tree, names, level: nil, into: &links, budget: &budget)
            case HDF5Message.Kind.link:
                if let link = try link(&reader) { links.append(link) }
            case HDF5Message.Kind.linkInfo:
                try reader.skip(1, "a group")
                let flags = try reader.integer(UInt8.self, "a group")
                try reader.skip(flags & 1 != 0 ? 8 : 0, "a group")
                if let heap = try medium.address(&reader, "a group"), let tree = try medium.address(&reader, "a group")
                {
                    links += try manyLinks(HDF5FractalHeap(medium, at: heap), HDF5RecordTree(medium, at: tree))
                }
            default: break
            }
        }
        return links
    }

    /// The links of a group with many members, by name.
    private func manyLinks(
        _ heap: HDF5FractalHeap, _ tree: HDF5RecordTree
    ) throws(FormatError) -> [(name: String, address: Int)] {
        var links: [(name: String, address: Int)] = []
        for record in tree.records {
            // Four bytes of a hash, then where the link is.
            var key = ByteReader(record, place: medium.name)
            try key.skip(4, "a group's tree")
            var reader = ByteReader(try heap.object(try key.take(key.remaining, "a group's tree")), place: medium.name)
            if let link = try link(&reader) { links.append(link) }
        }
        return links.sorted { $0.name < $1.name }
    }

    private func link(_ reader: inout ByteReader) throws(FormatError) -> (name: String, address: Int)? {
        try reader.skip(1, "a link")
        let flags = try reader.integer(UInt8.self, "a link")
        let type = flags & 8 != 0 ? try reader.integer(UInt8.self, "a link") : 0
        try reader.skip((flags & 4 != 0 ? 8 : 0) + (flags & 16 != 0 ? 1 : 0), "a link")
        var length = 0
        for (index, byte) in try reader.take(1 << Int(flags & 3), "a link").enumerated() where index < 4 {
            length |= Int(byte) << (8 * index)
        }
        let name = try reader.text(length, "a link's name")
        guard type == 0, let address = try medium.address(&reader, "a link") else { return nil }
        return (name, address)
    }

    /// The members below a node of a group's B-tree, in the order of their names.
    private func collect(
        _ address: Int, _ names: HDF5Heap, level: Int?, into links: inout [(name: String, address: Int)],
        budget: inout Int
    ) throws(FormatError) {
        let node = try HDF5TreeNode(medium, at: address, type: 0, below: level, budget: &budget)
        var reader = medium.reader(at: node.start)
        for _ in 0..<node.count {
            _ = try medium.length(&reader, "a group's tree")
            guard let child = try medium.address(&reader, "a group's tree") else {
                throw medium.damaged("a group's tree has a hole")
            }
            if node.level > 0 {
                try collect(child, names, level: node.level, into: &links, budget: &budget)
            } else {
                try symbols(child, names, into: &links, budget: &budget)
            }
        }
    }

    private func symbols(
        _ address: Int, _ names: HDF5Heap, into links: inout [(name: String, address: Int)], budget: inout Int
    ) throws(FormatError) {
        var reader = medium.reader(at: address)
        guard try reader.take(4, "a group's members").elementsEqual("SNOD".utf8) else {
            throw medium.damaged("a group's members are not where its tree says")
        }
        try reader.skip(2, "a group's members")
        let count = Int(try reader.integer(UInt16.self, "a group's members"))
        budget -= count
        guard budget >= 0 else { throw medium.damaged("a group has too many members") }
        for _ in 0..<count {
            let name = try medium.address(&reader, "a group's member") ?? 0
            let header = try medium.address(&reader, "a group's member")
            // 2 is a soft link.
            let cached = try reader.integer(UInt32.self, "a group's member")
            try reader.skip(20, "a group's member")
            if let header, cached != 2 { links.append((try names.name(at: name), header)) }
        }
    }
}

/// The names of a group's members.
struct HDF5Heap {
    private let data: FileBytes
    private let file: String

    init(_ medium: HDF5Medium, at address: Int) throws(FormatError) {
        var reader = medium.reader(at: address)
        guard try reader.take(4, "a group's names").elementsEqual("HEAP".utf8) else {
            throw medium.damaged("a group's names are not where its header says")
        }
        try reader.skip(4, "a group's names")
        guard let size = try medium.length(&reader, "a group's names") else {
            throw medium.damaged("a group has no names")
        }
        _ = try medium.length(&reader, "a group's names")
        guard let start = try medium.address(&reader, "a group's names") else {
            throw medium.damaged("a group has no names")
        }
        reader.offset = start
        data = try reader.take(size, "a group's names")
        file = medium.name
    }

    func name(at offset: Int) throws(FormatError) -> String {
        guard offset < data.count, let end = data[offset...].firstIndex(of: 0),
            let name = String(validating: data.part(offset..<end), as: UTF8.self)
        else { throw FormatError(file, "a member's name is not where its group says; the file is damaged") }
        return name
    }
}

/// The head of a node of a B-tree of version 1 (section III.A.1).
struct HDF5TreeNode {
    let level: Int
    /// Children; a key stands before each.
    let count: Int
    /// Where the first key begins.
    let start: Int

    /// - Parameters:
    ///   - type: 0 for groups, 1 for chunks.
    ///   - parent: the level above, which this one must be below.
    ///   - budget: the entries that may still be read: nodes that lead to one another in a circle end here.
    init(_ medium: HDF5Medium, at address: Int, type: UInt8, below parent: Int?, budget: inout Int) throws(FormatError)
    {
        var reader = medium.reader(at: address)
        guard try reader.take(4, "a tree").elementsEqual("TREE".utf8), try reader.integer(UInt8.self, "a tree") == type
        else {
            throw medium.damaged("a tree is not where its object says")
        }
        level = Int(try reader.integer(UInt8.self, "a tree"))
        count = Int(try reader.integer(UInt16.self, "a tree"))
        try reader.skip(2 * medium.offsetSize, "a tree")
        start = reader.offset
        budget -= count + 1
        guard parent.map({ level < $0 }) ?? true, budget >= 0 else { throw medium.damaged("a tree leads in a circle") }
    }
}
