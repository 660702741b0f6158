import Bytes
import Crypto
import EVM
import Ethereum
import JSON

/// Notes every account and slot that an execution touches, for `prestateTracer`.
final class TouchTracer: Tracer {
    private(set) var accounts: [Address: Set<U256>] = [:]
    private(set) var created: Set<Address> = []

    func touch(_ address: Address) { accounts[address, default: []].formUnion([]) }

    func step(_ step: TraceStep) {
        let stack = step.stack
        func word(_ depth: Int) -> U256? { stack.count > depth ? stack[stack.count - 1 - depth] : nil }
        switch step.opcode {
        case .sload, .sstore:
            if let slot = word(0) { accounts[step.address, default: []].insert(slot) }
        case .balance, .extCodeSize, .extCodeCopy, .extCodeHash, .selfDestruct:
            if let target = word(0) { touch(Address(truncating: target)) }
        case .call, .callCode, .delegateCall, .staticCall:
            if let target = word(1) { touch(Address(truncating: target)) }
        default: break
        }
    }

    func stepEnd(cost: Int64, error: HaltReason?) {}

    func enter(_ call: TraceCall) {
        touch(call.from)
        touch(call.to)
        if call.isCreation { created.insert(call.to) }
    }

    func exit(_ result: TraceResult) {}
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) { touch(beneficiary) }
}

/// What the touched accounts hold at one moment.
struct StateExcerpt {
    struct Account: Equatable {
        var info: AccountInfo
        var code: [UInt8]
        var slots: [U256: U256]
    }

    private(set) var accounts: [Address: Account] = [:]

    init(_ state: WorldState, _ touched: [Address: Set<U256>]) {
        for (address, slots) in touched {
            guard let info = state.account(address) else { continue }
            var account = Account(info: info, code: state.code(of: address), slots: [:])
            for slot in slots { account.slots[slot] = state.storage(of: address, slot: slot) }
            accounts[address] = account
        }
    }

    /// All of it: geth's answer without `diffMode`.
    var json: JSON {
        .object(
            JSONObject(
                accounts.sorted { $0.key < $1.key }.map { address, account in
                    (address.hex0x, .object(StateExcerpt.members(account, except: nil)))
                }))
    }

    /// What changed: geth's answer with `diffMode`.
    static func difference(from before: StateExcerpt, to after: StateExcerpt) -> JSON {
        var (pre, post) = (JSONObject(), JSONObject())
        for address in Set(before.accounts.keys).union(after.accounts.keys).sorted() {
            let (old, new) = (before.accounts[address], after.accounts[address])
            guard old != new else { continue }
            if var old {
                // Only slots that changed are told, and zeros are left out.
                if let new { old.slots = old.slots.filter { $0.value != new.slots[$0.key] } }
                pre[address.hex0x] = .object(members(old, except: nil))
            }
            if let new { post[address.hex0x] = .object(members(new, except: old)) }
        }
        return ["post": .object(post), "pre": .object(pre)]
    }

    private static func members(_ account: Account, except old: Account?) -> JSONObject {
        var object = JSONObject()
        if account.info.balance != old?.info.balance { object["balance"] = .quantity(account.info.balance) }
        if account.info.nonce != old?.info.nonce ?? 0 { object["nonce"] = JSON(account.info.nonce) }
        if account.code != old?.code ?? [] {
            object["code"] = .data(account.code)
            object["codeHash"] = .hash(keccak256(account.code))
        }
        let slots = account.slots.filter { !$0.value.isZero && $0.value != old?.slots[$0.key] }
        if !slots.isEmpty {
            object["storage"] = .object(
                JSONObject(slots.sorted { $0.key < $1.key }.map { ($0.key.hash.hex0x, .hash($0.value.hash)) }))
        }
        return object
    }
}
