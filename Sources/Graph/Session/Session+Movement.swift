import Tensor

// Steps that move elements without changing them.
extension Session {
    func copy(from base: UnsafeMutableRawPointer, _ strides: [Int], _ node: Node, _ index: Int) -> Step {
        let copy = StridedCopy(
            from: base, strides, to: pointer(index), node.type.strides, shape: node.type.shape,
            elementSize: node.type.element.size)
        return { () throws(ProgramError) in copy.run() }
    }

    func permute(_ permutation: [Int], _ node: Node, _ type: TensorType, _ index: Int) -> Step {
        let strides = type.strides
        return copy(from: pointer(node.operands[0].index), permutation.map { strides[$0] }, node, index)
    }

    func pad(_ before: [Int], _ node: Node, _ type: TensorType, _ index: Int) -> Step {
        let target = pointer(index)
        let bytes = node.type.byteCount
        let strides = node.type.strides
        let offset = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 } * type.element.size
        let copy = StridedCopy(
            from: pointer(node.operands[0].index), type.strides, to: target + offset, strides, shape: type.shape,
            elementSize: type.element.size)
        return { () throws(ProgramError) in
            target.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            copy.run()
        }
    }

    func concatenate(_ axis: Int, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let strides = node.type.strides
        var copies: [StridedCopy] = []
        var start = 0
        for (operand, type) in zip(node.operands, types) {
            copies.append(
                StridedCopy(
                    from: pointer(operand.index), type.strides,
                    to: pointer(index) + start * strides[axis] * type.element.size, strides, shape: type.shape,
                    elementSize: type.element.size))
            start += type.shape[axis]
        }
        return { () throws(ProgramError) in for copy in copies { copy.run() } }
    }

    func gather(_ axis: Int, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let (source, indices, target) = (
            pointer(node.operands[0].index), pointer(node.operands[1].index), pointer(index)
        )
        let outer = types[0].shape[..<axis].reduce(1, *)
        let size = types[0].shape[axis]
        let width = types[0].shape[(axis + 1)...].reduce(1, *) * types[0].element.size
        let (count, type, name) = (types[1].count, types[1].element, node.name)
        return { () throws(ProgramError) in
            for place in 0..<count {
                let row = Self.indexValue(indices, place, type)
                guard row >= 0, row < size else { throw Self.outside(name, row, place, size) }
                for block in 0..<outer {
                    (target + (block * count + place) * width).copyMemory(
                        from: source + (block * size + row) * width, byteCount: width)
                }
            }
        }
    }

    func scatterAdd(_ axis: Int, _ size: Int, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let (updates, target) = (floats(node.operands[0]), pointer(index).assumingMemoryBound(to: Float.self))
        let indices = pointer(node.operands[1].index)
        let outer = types[0].shape[..<axis].reduce(1, *)
        let width = types[0].shape[(axis + 1)...].reduce(1, *)
        let (count, type, name) = (types[1].count, types[1].element, node.name)
        let kernels = kernels
        return { () throws(ProgramError) in
            for position in 0..<outer * size * width { target[position] = 0 }
            for place in 0..<count {
                let row = Self.indexValue(indices, place, type)
                guard row >= 0, row < size else { throw Self.outside(name, row, place, size) }
                for block in 0..<outer {
                    let sum = target + (block * size + row) * width
                    kernels.binary(.add, sum, updates + (block * count + place) * width, into: sum, count: width)
                }
            }
        }
    }

    func pick(_ axis: Int, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let (source, indices, target) = (
            pointer(node.operands[0].index), pointer(node.operands[1].index), pointer(index)
        )
        let shape = node.type.shape
        let strides = types[0].strides
        let (size, type, element, name) = (types[0].shape[axis], types[1].element, node.type.element, node.name)
        let count = node.type.count
        let inner = shape[(axis + 1)...].reduce(1, *)
        // Elsewhere the data may be larger than the indices, so that the general walk is needed.
        let isSimple = types[0].shape.indices.allSatisfy { $0 == axis || types[0].shape[$0] == shape[$0] }
        return { () throws(ProgramError) in
            for position in 0..<count {
                let row = Self.indexValue(indices, position, type)
                guard row >= 0, row < size else { throw Self.outside(name, row, position, size) }
                var offset = 0
                if isSimple {
                    offset = (position / (inner * shape[axis]) * size + row) * inner + position % inner
                } else {
                    var rest = position
                    for i in stride(from: shape.count - 1, through: 0, by: -1) {
                        offset += (i == axis ? row : rest % shape[i]) * strides[i]
                        rest /= shape[i]
                    }
                }
                Self.store(Self.load(source, offset, element), target, position, element)
            }
        }
    }

    static func outside(_ node: String, _ index: Int, _ place: Int, _ size: Int) -> ProgramError {
        ProgramError(node: node, "the index \(index) at position \(place) is outside 0..<\(size)")
    }
}
