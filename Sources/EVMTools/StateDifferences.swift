import Bytes
package import EVM

extension MemoryState {
    /// What another state has otherwise, in words: for the report of a failed case.
    package func differences(from want: MemoryState) -> [String] {
        var lines: [String] = []
        for address in Set(accounts.keys).union(want.accounts.keys).sorted() {
            let (mine, theirs) = (accounts[address], want.accounts[address])
            if mine != theirs { lines.append("\(address): have \(text(mine)), want \(text(theirs))") }
            let (have, wanted) = (slots[address] ?? [:], want.slots[address] ?? [:])
            for slot in Set(have.keys).union(wanted.keys).sorted() where have[slot] != wanted[slot] {
                lines.append(
                    "\(address)[\(slot.hexQuantity)]: have \((have[slot] ?? .zero).hexQuantity), "
                        + "want \((wanted[slot] ?? .zero).hexQuantity)")
            }
        }
        return lines
    }

    private func text(_ account: AccountInfo?) -> String {
        account.map { "(nonce \($0.nonce), balance \($0.balance), code \($0.codeHash))" } ?? "nothing"
    }
}
