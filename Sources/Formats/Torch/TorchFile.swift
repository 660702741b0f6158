/// PyTorch's `torch.save` files: the ZIP archive of 1.6 and later, and the sequence of pickles before it.
///
/// A checkpoint's nested dictionaries are walked: `{"model": {"fc.weight": ...}, "epoch": 3}` has the tensor `model.fc.weight`.
/// The pickle inside is read as data by `Pickle`; no code in it runs.
package enum TorchFile {
    /// The most bytes of a pickle.
    private static let pickleLimit = 1 << 26

    /// Whether an archive is one of PyTorch's.
    static func recognises(_ archive: ZipArchive) -> Bool { record(archive) != nil }

    private static func record(_ archive: ZipArchive) -> ZipArchive.Entry? {
        archive.entries.first {
            $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") && !$0.name.dropLast(9).contains("/")
        }
    }

    /// - Throws: `FormatError` also where the pickle names anything that weights do not need.
    static func open(_ archive: ZipArchive, name: String) throws(FormatError) -> WeightsFile {
        guard let record = record(archive) else {
            throw FormatError(name, "has no data.pkl: it is no file of torch.save")
        }
        let folder = record.name.dropLast("data.pkl".count)
        let byName = Dictionary(archive.entries.map { ($0.name, $0) }) { first, _ in first }
        if byName[folder + "constants.pkl"] != nil {
            throw FormatError(
                name, "is a TorchScript program, not weights: save torch.jit.load(path).state_dict() with torch.save")
        }
        var isBigEndian = false
        if let entry = byName[folder + "byteorder"] {
            isBigEndian = try archive.content(of: entry, limit: 16).elementsEqual("big".utf8)
        }
        var reader = ByteReader(try archive.content(of: record, limit: pickleLimit), place: name)
        var pickle = Pickle(allowing: TorchNames.allows)
        let root = try pickle.run(&reader)
        var known: [String: Range<Int>] = [:]
        let objects = TorchObjects(objects: pickle.objects, isBigEndian: isBigEndian, place: name) {
            storage throws(FormatError) in
            if let range = known[storage.key] { return range }
            guard let entry = byName[folder + "data/" + storage.key] else {
                throw FormatError(
                    name,
                    "lacks the entry '\(folder)data/\(storage.key)' that a tensor lies in; it is truncated or damaged")
            }
            guard entry.isStored else {
                throw FormatError(
                    name, "its entries are compressed, which torch does not do: save it again with torch.save")
            }
            _ = try archive.content(of: entry, limit: .max)  // for its checksum
            let range = try archive.packedRange(of: entry)
            known[storage.key] = range
            return range
        }
        let tensors = try objects.tensors(in: root)
        let storages = known
        return try WeightsFile(
            format: "PyTorch", name: name, parts: [.init(suffix: "", bytes: archive.bytes)], tensors: tensors
        ) { contents, changed throws(FormatError) in
            let places = changed.compactMap { position -> Int? in
                guard case .placed(_, let offset, _) = tensors[position].values else { return nil }
                return offset
            }
            for (key, range) in storages.sorted(by: { $0.value.lowerBound < $1.value.lowerBound })
            where places.contains(where: range.contains) {
                if let entry = byName[folder + "data/" + key] { try archive.mendChecksum(of: entry, in: &contents[0]) }
            }
        }
    }

    // MARK: The format before torch 1.6

    /// The number that the first pickle holds: 0x1950a86a20f9469cfc6c.
    static let oldMagic: [UInt8] = [
        0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]

    /// Five pickles: the magic number, the version (1001), the machine, the object, the keys of the storages; then the storages, each
    /// an element count (8 bytes) and its elements.
    static func openOld(_ bytes: FileBytes, name: String) throws(FormatError) -> WeightsFile {
        var reader = ByteReader(bytes.part(0..<bytes.count), at: oldMagic.count, place: name)
        var header = Pickle(allowing: TorchNames.allows)
        guard try header.run(&reader) == .int(1001) else {
            throw FormatError(
                name, "has a version of the old torch.save format that is not read: save it again with torch.save")
        }
        _ = try header.run(&reader)
        var isBigEndian = false
        for case .dictionary(let items) in header.objects
        where items.contains(where: { $0.key == .text("little_endian") && $0.value == .bool(false) }) {
            isBigEndian = true
        }
        var pickle = Pickle(allowing: TorchNames.allows)
        let root = try pickle.run(&reader)
        let sizes = try elementSizes(pickle.objects, name: name)
        var keyPickle = Pickle(allowing: TorchNames.allows)
        guard case .object(let index) = try keyPickle.run(&reader), case .list(let keys) = keyPickle.objects[index]
        else {
            throw FormatError(name, "has no list of storages; it is damaged")
        }
        var ranges: [String: Range<Int>] = [:]
        for case .text(let key) in keys {
            let count = try reader.length(Int64.self, "a storage")
            guard let size = sizes[key] else {
                throw FormatError(name, "has a storage '\(key)' that no tensor uses; it is damaged")
            }
            let (length, overflow) = count.multipliedReportingOverflow(by: size)
            let start = reader.offset
            try reader.skip(overflow ? -1 : length, "the storage '\(key)'")
            ranges[key] = start..<reader.offset
        }
        let known = ranges
        let objects = TorchObjects(objects: pickle.objects, isBigEndian: isBigEndian, place: name) {
            storage throws(FormatError) in
            guard let range = known[storage.key] else {
                throw FormatError(name, "lacks the storage '\(storage.key)'; it is damaged")
            }
            return range
        }
        return try WeightsFile(
            format: "PyTorch (before 1.6)", name: name, parts: [.init(suffix: "", bytes: bytes)],
            tensors: try objects.tensors(in: root))
    }

    /// Bytes of an element of each storage.
    private static func elementSizes(_ objects: [PickleObject], name: String) throws(FormatError) -> [String: Int] {
        var sizes: [String: Int] = [:]
        for case .persistent(let identity) in objects where identity.count >= 3 {
            guard case .global(let type) = identity[1], case .text(let key) = identity[2] else { continue }
            sizes[key] = TorchNames.storages[type].map { StoredType($0).size } ?? 1
        }
        return sizes
    }
}
