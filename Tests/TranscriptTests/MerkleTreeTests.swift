import Bytes
import Testing
import Transcript

@Suite("Merkle tree (decision 1)")
struct MerkleTreeTests {
    /// Roots by an independent Python implementation (eth-hash's keccak) of the text of decision 1; leaf `i` is
    /// the bytes `0, 1, ..., i`.
    static let roots: [(Int, String)] = [
        (1, "54a8c0ab653c15bfb48b47fd011ba2b9617af01cb45cab344acd57c924d56798"),
        (2, "26f5b6005a37046009e7b15ec11e5d5fe627cfeb8e5dc1fd98693779becda507"),
        (3, "5d3f6eb244c4787b1c8323205a600a290f593111caaabeb12030c86117d7ed8b"),
        (4, "5c3e590e4d8eb39a9ec785f60097da4dd3dbc68ce18a3136f8327d3a2d6e904c"),
        (5, "052ea1056b7f9e6f005fc7ee0827e7e7559db1273667d2caff8f1997578a1ef4"),
        (8, "3d72d2fdb990742fdec1352052c8e65ae0fb6eeb6ed2c4ceb463467ff9041b0d"),
        (9, "ce7236799bc330e70b7eabde8d85038bf886c86b6380100f4f186a78f0609aa4"),
        (100, "7b9f21f82aefbba98c222da3bde1b7e3613b8d337dddde49e1b9d584be7b0f1e"),
    ]

    static func leaves(_ count: Int) -> [[UInt8]] { (0..<count).map { Array(0...UInt8($0)) } }

    @Test("roots equal those of another implementation", arguments: roots)
    func knownRoots(count: Int, root: String) {
        #expect(MerkleTree(leaves: Self.leaves(count)).root.hex == root)
    }

    @Test("every leaf of every small tree proves itself, and nothing else does")
    func proofs() {
        for count in 1...17 {
            let leaves = Self.leaves(count)
            let tree = MerkleTree(leaves: leaves)
            for index in 0..<count {
                let proof = tree.proof(at: index)
                #expect(proof.siblings.count == tree.depth)
                for (other, bytes) in leaves.enumerated() {
                    #expect(proof.leads(from: bytes, to: tree.root) == (other == index))
                }
            }
        }
    }

    @Test("a changed index, sibling, depth or root leads nowhere")
    func wrongProofs() {
        let leaves = Self.leaves(5)
        let tree = MerkleTree(leaves: leaves)
        let proof = tree.proof(at: 2)
        for index in [-1, 0, 1, 3, 4, 10, 1 << 40] {
            #expect(!LeafProof(index: index, siblings: proof.siblings).leads(from: leaves[2], to: tree.root))
        }
        for place in proof.siblings.indices {
            var changed = proof
            changed.siblings[place].w3 ^= 1
            #expect(!changed.leads(from: leaves[2], to: tree.root))
        }
        #expect(!LeafProof(index: 2, siblings: proof.siblings.dropLast()).leads(from: leaves[2], to: tree.root))
        #expect(!LeafProof(index: 2, siblings: proof.siblings + [.zero]).leads(from: leaves[2], to: tree.root))
        #expect(!proof.leads(from: leaves[2], to: .zero))
    }

    @Test("an inner node does not pass for a leaf")
    func secondPreimage() {
        let tree = MerkleTree(leaves: Self.leaves(4))
        let left = MerkleTree.node(tree.leafHash(at: 0), tree.leafHash(at: 1))
        let right = MerkleTree.node(tree.leafHash(at: 2), tree.leafHash(at: 3))
        #expect(!LeafProof(index: 0, siblings: []).leads(from: left.bytes + right.bytes, to: tree.root))
    }

    @Test("tensors commit in leaves of eight float32, the last one padded")
    func tensors() {
        let commitment = TensorCommitment([1, -2, 0.5, 3, 4, 5, 6, 7, 8])
        #expect(commitment.count == 9)
        #expect(commitment.tree.count == 2)
        let first: [UInt8] = [
            0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0, 0x40, 0x40, 0, 0, 0x40, 0x80, 0, 0, 0x40, 0xa0, 0, 0, 0x40,
            0xc0, 0, 0, 0x40, 0xe0, 0, 0,
        ]
        let second = [0x41, 0, 0, 0] + [UInt8](repeating: 0, count: 28)
        #expect(commitment.root == MerkleTree(leaves: [first, second]).root)
        #expect(TensorCommitment([]).root == MerkleTree.leaf([UInt8](repeating: 0, count: 32)))
    }

    @Test("a data commitment is the root over its rows")
    func data() {
        let rows = Self.leaves(6)
        let commitment = DataCommitment(rows: rows, schema: .zero)
        #expect(commitment == DataCommitment(root: MerkleTree(leaves: rows).root, rows: 6, schema: .zero))
    }
}
