import Synchronization
import Testing

import Tensor

struct TensorValueTests {
    @Test func zerosValuesAndStrides() {
        let zero = Tensor(shape: [2, 3, 4])
        #expect(zero.values(as: Float.self) == [Float](repeating: 0, count: 24))
        #expect(zero.strides == [12, 4, 1])
        let integers = Tensor([1, 2, 3] as [Int64])
        #expect(integers.shape == [3] && integers.type == .int64 && integers.byteCount == 24)
        #expect(Tensor([] as [Float], shape: [0, 5]).count == 0)
        #expect(Tensor([true, false], shape: [2]).values(as: Bool.self) == [true, false])
    }

    @Test func viewsShareStorageUntilWritten() {
        let whole = Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [3, 2])
        var part = whole.rows(1..<3)
        #expect(part.storage === whole.storage)
        #expect(part.reshaped([4]).values(as: Float.self) == [2, 3, 4, 5])
        part.withUnsafeMutable(Float.self) { $0[0] = 9 }
        #expect(whole.values(as: Float.self) == [0, 1, 2, 3, 4, 5])
        #expect(part.values(as: Float.self) == [9, 3, 4, 5])
    }

    @Test func aLoneTensorIsWrittenInPlace() {
        var tensor = Tensor([1, 2] as [Int32])
        let before = tensor.storage.base
        tensor.withUnsafeMutable(Int32.self) { $0[1] = 7 }
        #expect(tensor.storage.base == before)
        #expect(tensor.values(as: Int32.self) == [1, 7])
    }

    @Test func borrowedMemoryIsCopiedBeforeItIsWritten() {
        let owner = TensorStorage(byteCount: 16)
        owner.base.storeBytes(of: 5, as: Float.self)
        let borrowed = TensorStorage(borrowing: owner.base, byteCount: 16, owner: owner)
        var tensor = Tensor(storage: borrowed, byteOffset: 0, shape: [4], type: .float32)
        tensor.withUnsafeMutable(Float.self) { $0[0] = 6 }
        #expect(owner.base.load(as: Float.self) == 5)
        #expect(tensor.values(as: Float.self)[0] == 6)
    }

    @Test func equalityIsOfBits() {
        #expect(Tensor([Float.nan]) == Tensor([Float.nan]))
        #expect(Tensor([Float(0)]) != Tensor([-Float(0)]))
        #expect(Tensor([1, 2] as [Float]) != Tensor([1, 2] as [Float], shape: [2, 1]))
    }

    @Test func storageIsAligned() {
        for bytes in [0, 1, 63, 64, 1000] {
            #expect(UInt(bitPattern: TensorStorage(byteCount: bytes).base) % 64 == 0)
        }
    }
}

struct ThreadPoolTests {
    @Test(arguments: [1, 2, 3, 8])
    func everyPieceRunsOnce(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        for pieces in [0, 1, 2, 3, 100, 1000] {
            let counts = UnsafeMutablePointer<Int32>.allocate(capacity: max(pieces, 1))
            counts.initialize(repeating: 0, count: max(pieces, 1))
            defer { counts.deallocate() }
            nonisolated(unsafe) let cells = counts
            pool.run(pieces: pieces) { cells[$0] += 1 }
            #expect((0..<pieces).allSatisfy { counts[$0] == 1 })
        }
    }

    @Test func loopsInsideLoopsAndFromManyThreadsAllFinish() async {
        let pool = ThreadPool(threads: 3)
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let sum = Atomic<Int>(0)
                    for _ in 0..<50 {
                        pool.run(pieces: 10) { i in
                            pool.run(pieces: 3) { _ in sum.add(i, ordering: .relaxed) }
                        }
                    }
                    return sum.load(ordering: .relaxed)
                }
            }
            return await group.reduce(0, +)
        }
        #expect(total == 8 * 50 * 45 * 3)
    }

    @Test func poolsComeAndGo() {
        for _ in 0..<50 { ThreadPool(threads: 4).run(pieces: 4) { _ in } }
    }

    @Test func kernelsRunFromManyThreadsAtOnce() async {
        let kernels = Kernels(pool: ThreadPool(threads: 2))
        let (m, n, k) = (64, 128, 200)
        var numbers = Numbers(seed: 41)
        let (a, b) = (numbers.array(m * k), numbers.array(k * n))
        let expected = Reference.matmul(a, b, m: m, n: n, k: k)
        let right = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    (0..<20).allSatisfy { _ in
                        var c = [Float](repeating: 0, count: m * n)
                        kernels.matmul(a, b, into: &c, m: m, n: n, k: k)
                        return c == expected
                    }
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(right)
    }
}
