import Bytes
import EVM
import Testing

/// A generator whose numbers follow from its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct WorldStateTests {
    private static let addresses = (1...4).map { Address(number: UInt64($0) * 0x1001) }

    private static func base() -> MemoryState {
        var state = MemoryState()
        state.set(addresses[0], nonce: 1, balance: 100, code: [0x00], storage: [1: 7, 2: 8])
        state.set(addresses[1], nonce: 0, balance: 5, code: [])
        return state
    }

    /// What all accounts and slots read as.
    private func picture(_ world: WorldState) -> [String] {
        Self.addresses.flatMap { address in
            let account = world.account(address)
            let slots = (0...3).map { world.storage(of: address, slot: U256($0 as Int)).description }
            return [
                "\(String(describing: account))", world.code(of: address).hex, slots.joined(separator: ","),
            ]
        }
    }

    private func change(_ world: WorldState, _ random: inout SplitMix) {
        let address = Self.addresses[Int.random(in: 0..<4, using: &random)]
        let value = U256(UInt64.random(in: 0...3, using: &random))
        switch Int.random(in: 0...5, using: &random) {
        case 0: world.setBalance(value, of: address)
        case 1: world.setNonce(value.l0, of: address)
        case 2: world.setCode([UInt8](repeating: 1, count: Int(value.l0)), of: address)
        case 3: world.clearStorage(of: address)
        default: world.setStorage(value, of: address, slot: U256(UInt64.random(in: 0...3, using: &random)))
        }
    }

    /// Going back to a checkpoint restores every account and slot, however checkpoints nest.
    @Test func rollbackRestoresEverything() {
        var random = SplitMix(state: 7)
        let world = WorldState(reader: Self.base())
        var marks: [(Checkpoint, [String])] = []
        for _ in 0..<3000 {
            switch Int.random(in: 0...9, using: &random) {
            case 0: marks.append((world.checkpoint(), picture(world)))
            case 1:
                guard !marks.isEmpty else { continue }
                let index = Int.random(in: 0..<marks.count, using: &random)
                world.rollback(to: marks[index].0)
                #expect(picture(world) == marks[index].1)
                marks.removeSubrange(index...)
            default: change(world, &random)
            }
        }
    }

    /// The difference, applied to what lay beneath, gives a state that reads the same.
    @Test func diffCarriesEveryChange() {
        for seed in 0..<200 {
            var random = SplitMix(state: UInt64(seed))
            let world = WorldState(reader: Self.base())
            for _ in 0..<Int.random(in: 0...30, using: &random) { change(world, &random) }
            var after = Self.base()
            after.apply(world.diff())
            #expect(picture(WorldState(reader: after)) == picture(world))
        }
    }

    /// Writing a value back leaves nothing in the difference.
    @Test func unchangedValuesAreNoDifference() {
        let world = WorldState(reader: Self.base())
        world.setStorage(9, of: Self.addresses[0], slot: 1)
        world.setStorage(7, of: Self.addresses[0], slot: 1)
        world.setBalance(6, of: Self.addresses[1])
        world.setBalance(5, of: Self.addresses[1])
        #expect(world.diff().accounts.isEmpty)
    }
}
