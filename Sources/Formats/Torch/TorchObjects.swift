/// What the names that a state dict's pickle may use stand for (`torch._weights_only_unpickler` has the longer list).
enum TorchNames {
    /// Storage classes by element type.
    static let storages: [String: StoredType.Kind] = [
        "torch FloatStorage": .float32, "torch DoubleStorage": .float64, "torch HalfStorage": .float16,
        "torch BFloat16Storage": .bfloat16, "torch LongStorage": .int64, "torch IntStorage": .int32,
        "torch ShortStorage": .int16, "torch CharStorage": .int8, "torch ByteStorage": .uint8,
        "torch BoolStorage": .bool,
    ]
    /// A storage without a type of its own: `_rebuild_tensor_v3` names the type.
    static let untyped: Set<String> = ["torch.storage UntypedStorage", "torch UntypedStorage"]
    static let types: [String: StoredType.Kind] = [
        "torch float32": .float32, "torch float64": .float64, "torch float16": .float16, "torch bfloat16": .bfloat16,
        "torch int64": .int64, "torch int32": .int32, "torch int16": .int16, "torch int8": .int8,
        "torch uint8": .uint8, "torch uint16": .uint16, "torch uint32": .uint32, "torch uint64": .uint64,
        "torch bool": .bool,
    ]
    /// Values that are no weights and are left aside.
    private static let others: Set<String> = [
        "torch Size", "torch device", "torch.serialization _get_layout", "_codecs encode", "collections defaultdict",
        "collections Counter", "__builtin__ dict", "builtins dict", "__builtin__ set", "builtins set",
        "__builtin__ int", "builtins int", "__builtin__ float", "builtins float", "__builtin__ complex",
        "builtins complex", "__builtin__ bytearray", "builtins bytearray", "__builtin__ list", "builtins list",
        "torch float8_e4m3fn", "torch float8_e5m2", "torch complex64", "torch complex128",
    ]
    static let tensors = [
        "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3",
    ]
    static let parameters = [
        "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state", "torch.nn.parameter Parameter",
    ]
    private static let all = others.union(storages.keys).union(untyped).union(types.keys).union(tensors)
        .union(parameters).union(["collections OrderedDict"])

    static func allows(_ name: String) -> Bool { all.contains(name) }
}

/// A storage as the pickle names it.
struct TorchStorage {
    /// Its entry in the archive, or its key in the old format.
    let key: String
    /// Nil where the tensor names the type.
    let kind: StoredType.Kind?
}

/// Finds the tensors in what a pickle made.
struct TorchObjects {
    let objects: [PickleObject]
    let isBigEndian: Bool
    let place: String
    /// Where the bytes of a storage lie in the file.
    let range: (TorchStorage) throws(FormatError) -> Range<Int>

    private static let depthLimit = 64
    private static let tensorLimit = 1 << 20

    /// All tensors below a value, named by the keys and positions that lead to them, joined by points.
    func tensors(in root: PickleValue) throws(FormatError) -> [StoredTensor] {
        var (found, names): ([StoredTensor], [String: Int]) = ([], [:])
        try collect(root, path: "", depth: 0, into: &found, names: &names)
        return found
    }

    private func collect(
        _ value: PickleValue, path: String, depth: Int, into found: inout [StoredTensor], names: inout [String: Int]
    ) throws(FormatError) {
        guard case .object(let index) = value else { return }
        guard depth < Self.depthLimit else {
            throw FormatError(
                place, "'\(path.prefix(80))...' lies more than \(Self.depthLimit) levels deep, or contains itself")
        }
        func child(_ key: String) -> String { path.isEmpty ? key : path + "." + key }
        switch objects[index] {
        case .dictionary(let items):
            for (key, value) in items {
                guard let key = text(of: key) else { continue }
                try collect(value, path: child(key), depth: depth + 1, into: &found, names: &names)
            }
        case .list(let items), .tuple(let items):
            for (position, value) in items.enumerated() {
                try collect(value, path: child("\(position)"), depth: depth + 1, into: &found, names: &names)
            }
        case .call(let name, let arguments):
            if TorchNames.parameters.contains(name), let inner = arguments.first {
                try collect(inner, path: path, depth: depth + 1, into: &found, names: &names)
            } else if TorchNames.tensors.contains(name) {
                guard found.count < Self.tensorLimit else {
                    throw FormatError(place, "has more than \(Self.tensorLimit) tensors")
                }
                // Keys with points in them can lead to one name twice.
                names[path, default: 0] += 1
                let unique = names[path] == 1 ? path : "\(path)#\(names[path] ?? 0)"
                found.append(try tensor(arguments, name: unique, place: "\(place), tensor '\(unique)'"))
            }
        case .persistent: break
        }
    }

    private func text(of key: PickleValue) -> String? {
        switch key {
        case .text(let text): text
        case .int(let number): "\(number)"
        default: nil
        }
    }

    /// `_rebuild_tensor*(storage, first, shape, strides, requires_grad, hooks, type, metadata)`.
    private func tensor(_ arguments: [PickleValue], name: String, place: String) throws(FormatError) -> StoredTensor {
        guard arguments.count >= 4, case .object(let index) = arguments[0],
            case .persistent(let identity) = objects[index], case .int(let first) = arguments[1],
            let shape = integers(arguments[2]), let strides = integers(arguments[3])
        else { throw FormatError(place, "is not described as torch does it; the file is damaged") }
        let storage = try self.storage(identity, place: place)
        var kind = storage.kind
        if kind == nil, arguments.count >= 7, case .global(let type) = arguments[6] {
            kind = TorchNames.types[type]
            guard kind != nil else {
                throw FormatError(
                    place, "has element type \(type.split(separator: " ").joined(separator: ".")), which is not read")
            }
        }
        guard let kind else { throw FormatError(place, "has no element type; the file is damaged") }
        return try StoredTensor(
            name: name, type: StoredType(kind, isBigEndian: isBigEndian), shape: shape, range: try range(storage),
            first: first, strides: strides, place: place)
    }

    /// `('storage', class, key, location, elements)`.
    private func storage(_ identity: [PickleValue], place: String) throws(FormatError) -> TorchStorage {
        guard identity.count >= 5, identity[0] == .text("storage"), case .global(let name) = identity[1],
            case .text(let key) = identity[2], TorchNames.storages[name] != nil || TorchNames.untyped.contains(name)
        else { throw FormatError(place, "has a storage that is not described as torch does it; the file is damaged") }
        return TorchStorage(key: key, kind: TorchNames.storages[name])
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard case .object(let index) = value else { return nil }
        switch objects[index] {
        case .tuple(let items), .list(let items):
            let numbers = items.compactMap { if case .int(let number) = $0 { number } else { nil } }
            return numbers.count == items.count ? numbers : nil
        case .call("torch Size", let arguments) where arguments.count == 1: return integers(arguments[0])
        default: return nil
        }
    }
}
