import Bytes
import Devchain
import Ethereum
import Ledger
import Testing

import Node

@Suite struct FilterBookTests {
    private func head(_ number: UInt64) -> BlockHeader {
        var header = Header()
        header.number = number
        return BlockHeader(hash: Hash32(0, 0, 0, number), header: header)
    }

    @Test func aFilterTellsEachBlockOnce() throws {
        let book = FilterBook(lifetime: .seconds(60))
        let id = try #require(book.install(.blocks, head: 5))
        #expect(book.advance(id, head: 5)?.from == 6)
        #expect(book.advance(id, head: 8)?.from == 6)
        #expect(book.advance(id, head: 8)?.from == 9)
        #expect(book.uninstall(id))
        #expect(!book.uninstall(id))
        #expect(book.advance(id, head: 9) == nil)
    }

    @Test func replacedBlocksAreNew() throws {
        let book = FilterBook(lifetime: .seconds(60))
        book.begin(at: head(5))
        let id = try #require(book.install(.blocks, head: 5))
        for number in 6...9 { book.note(.head(head(UInt64(number)))) }
        #expect(book.advance(id, head: 9)?.from == 6)
        // The chain goes back to block 7 and grows again.
        book.note(.head(head(7)))
        book.note(.head(head(8)))
        #expect(book.advance(id, head: 8)?.from == 8)
    }

    @Test func forgottenFiltersGo() async throws {
        let book = FilterBook(lifetime: .milliseconds(20))
        let id = try #require(book.install(.blocks, head: 0))
        try await Task.sleep(for: .milliseconds(40))
        #expect(book.advance(id, head: 1) == nil)
    }

    @Test func thereIsALimit() {
        let book = FilterBook(lifetime: .seconds(60))
        for _ in 0..<FilterBook.limit { #expect(book.install(.blocks, head: 0) != nil) }
        #expect(book.install(.blocks, head: 0) == nil)
    }
}
