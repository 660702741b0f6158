import Bytes
import Referee
import Testing

@Suite("Roots over lists")
struct OrderedTrieTests {
    /// Roots by the Python package `trie` over keys `rlp(index)`; item `i` is `i % 40 + 1` bytes of `i mod 256`.
    static let roots: [(Int, String)] = [
        (0, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
        (1, "7da536f7df63a0dfb481590e53be0e3063d9b798925cc3d479a3eb3155d0b394"),
        (2, "47a291e1f0920ea2b564d3d828c0f3a4691bc9f2b15813c5a3a3e7e3d6bd17ef"),
        (3, "c144af7216ec5666b4cca99ed2d1cd454983d1c13c8e3ac8d7b638a6bc1c0206"),
        (16, "76227136489f4f71c36761df83eb3186e75d047666ada0a921c33cc8facc0b39"),
        (17, "fd0acc349d10c623311c31910cd43892a036fc692b96340a9ae1ff4225ef8feb"),
        (127, "b7cb373e7b445859489695ab90c7fa59ecd4c440e32010ad9833f00c61930b79"),
        (128, "2695ae12f944ae911270fc0457218c115d5eda80c662f5a1de95ca0737c37da5"),
        (129, "348c5a76e430d703e4d02e80941e91081af2211e693d506e08efa096c2566ac4"),
        (200, "09f3ef3772261d6fa788bf21d351a88d96c9ca902badf5a0931af21df2bb16cd"),
        (257, "69b39a852ca323b99ef3812b62c4207497b4cad253d633ba25e301c759f89761"),
        (300, "bf867fe948c8078a13533331868c82048c1a9acc7f36d2170117d9ddf235e1e8"),
    ]

    @Test("roots equal those of another implementation", arguments: roots)
    func knownRoots(count: Int, root: String) {
        let items = (0..<count).map { [UInt8](repeating: UInt8($0 % 256), count: $0 % 40 + 1) }
        #expect(OrderedTrie.root(items).hex == root)
    }
}
