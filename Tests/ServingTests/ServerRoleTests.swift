import Bytes
import Ledger
import Serving
import Testing

@Suite("Servers in a simulated market")
struct ServerRoleTests {
    static let servers = (0..<4).map { Address(number: 20 + UInt64($0)) }

    static func request(_ id: UInt64, wanted: Int = 3, allowed: [Address] = []) -> RequestView {
        RequestView(
            id: id, modelID: Hash32(0, 0, 0, 7), version: 2, consumer: Address(number: 5), input: [1], status: .open,
            wanted: wanted, allowed: allowed, commitDeadline: 1_100, revealDeadline: 1_200, answers: [])
    }

    /// The market's rules as a value; it refuses what the contract refuses.
    struct Market {
        struct Refused: Error { let reason: String }

        var block: UInt64 = 1
        var now: UInt64 = 1_000
        var registered: Set<Address> = []
        var requests: [RequestView] = []

        var open: [RequestView] { requests.filter { $0.status == .open } }

        mutating func perform(_ action: ServerRole.Action, by me: Address) throws(Refused) {
            block += 1
            switch action {
            case .register:
                guard registered.insert(me).inserted else { throw Refused(reason: "registered twice") }
            case .commit(let id):
                let place = try index(id)
                let request = requests[place]
                guard request.answer(of: me) == nil else { throw Refused(reason: "committed twice") }
                guard request.answers.count < request.wanted, now <= request.commitDeadline,
                    request.allowed.isEmpty || request.allowed.contains(me)
                else { throw Refused(reason: "cannot commit") }
                requests[place].answers.append(AnswerView(server: me, commitment: .zero, revealed: false))
            case .reveal(let id):
                let place = try index(id)
                guard requests[place].revealing(at: now), now <= requests[place].revealDeadline,
                    let answer = requests[place].answers.firstIndex(where: { $0.server == me && !$0.revealed })
                else { throw Refused(reason: "cannot reveal") }
                requests[place].answers[answer].revealed = true
            case .deliver(let id):
                let place = try index(id)
                guard requests[place].decidable(at: now) else { throw Refused(reason: "cannot deliver") }
                let shown = requests[place].answers.count { $0.revealed }
                requests[place].status = shown * 2 > requests[place].wanted ? .delivered : .failed
            }
        }

        private func index(_ id: UInt64) throws(Refused) -> Int {
            guard let place = requests.firstIndex(where: { $0.id == id && $0.status == .open }) else {
                throw Refused(reason: "request is over")
            }
            return place
        }
    }

    static func view(_ market: Market, _ me: Address) -> ServerRole.View {
        ServerRole.View(
            block: market.block, now: market.now, registered: market.registered.contains(me), requests: market.open,
            transactionWaits: false)
    }

    @Test("any interleaving with a crash before any step answers every request and is never refused", arguments: 0..<50)
    func interleavings(seed: UInt64) throws {
        var state = seed &+ 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var market = Market()
        market.requests = (1...6).map { Self.request($0, allowed: $0 == 3 ? Array(Self.servers.prefix(3)) : []) }
        var roles = Dictionary(uniqueKeysWithValues: Self.servers.map { ($0, ServerRole(me: $0, models: [])) })
        for _ in 0..<2_000 {
            let me = Self.servers[random(4)]
            if random(4) == 0 { roles[me] = ServerRole(me: me, models: []) }
            guard case .act(let actions) = roles[me]?.next(Self.view(market, me)) else { continue }
            for action in actions {
                try market.perform(action, by: me)
                roles[me]?.done(action, in: market.block)
            }
        }
        #expect(market.requests.allSatisfy { $0.status == .delivered && $0.answers.count == 3 })
    }

    @Test("a server that vanishes after committing does not stop the others")
    func vanished() throws {
        var market = Market()
        market.requests = [Self.request(1)]
        market.registered = Set(Self.servers)
        for me in Self.servers.prefix(3) { try market.perform(.commit(request: 1), by: me) }
        var roles = Self.servers.prefix(2).map { ServerRole(me: $0, models: []) }
        for _ in 0..<40 {
            for place in roles.indices {
                let me = Self.servers[place]
                guard case .act(let actions) = roles[place].next(Self.view(market, me)) else { continue }
                for action in actions { try market.perform(action, by: me) }
            }
            market.now += 10
        }
        #expect(market.requests[0].status == .delivered)
        #expect(market.requests[0].answers.map(\.revealed) == [true, true, false])
    }

    @Test("other models, other servers' lists and late requests are left alone")
    func leftAlone() {
        func wish(_ request: RequestView, models: Set<Hash32> = [], now: UInt64 = 1_000) -> Step<ServerRole.Action> {
            var role = ServerRole(me: Self.servers[0], models: models)
            return role.next(
                ServerRole.View(block: 1, now: now, registered: true, requests: [request], transactionWaits: false))
        }
        #expect(wish(Self.request(1)) == .act([.commit(request: 1)]))
        #expect(wish(Self.request(1), models: [.zero]) == .wait(until: nil))
        #expect(wish(Self.request(1, allowed: [Self.servers[1]])) == .wait(until: nil))
        #expect(wish(Self.request(1), now: 1_101) == .wait(until: nil))
        var full = Self.request(1, wanted: 1)
        full.answers = [AnswerView(server: Self.servers[1], commitment: .zero, revealed: false)]
        #expect(wish(full) == .wait(until: nil))
    }

    @Test("the fee: majority, dissent, silence and no majority, by hand")
    func fees() {
        let (owner, consumer) = (Address(number: 1), Address(number: 2))
        let (a, b) = (Hash32(0, 0, 0, 1), Hash32(0, 0, 0, 2))
        func table(_ results: [Hash32?], wanted: Int = 3) -> FeeTable {
            FeeTable(
                fee: 1_000, ownerShareBps: 2_500, owner: owner, consumer: consumer, wanted: wanted,
                answers: results.indices.map { FeeTable.Answer(server: Self.servers[$0], resultHash: results[$0]) })
        }
        func pay(_ party: Address, _ kind: FeeKind, _ amount: U256) -> FeePayment {
            FeePayment(party: party, kind: kind, amount: amount)
        }
        #expect(table([a, a, a]).winner == a)
        let three = Self.servers.prefix(3).map { pay($0, .server, 250) }
        #expect(table([a, a, a]).payments == [pay(owner, .owner, 250)] + three)
        let two = Self.servers.prefix(2).map { pay($0, .server, 375) }
        #expect(table([a, a, b]).payments == [pay(owner, .owner, 250)] + two)
        #expect(
            table([a, a, nil]).payments == [pay(owner, .owner, 250)] + two + [pay(consumer, .forfeit, 1_000)])
        #expect(table([a, b, nil]).winner == nil)
        #expect(table([a, b, nil]).payments == [pay(consumer, .refund, 1_000), pay(consumer, .forfeit, 1_000)])
        #expect(table([a, a], wanted: 4).winner == nil)
        #expect(table([]).payments == [pay(consumer, .refund, 1_000)])
        #expect(table([a, a, a], wanted: 4).total == 1_000)
    }

    @Test("the commitment is keccak256(requestId || server || salt || result)")
    func commitment() throws {
        let hash = ResultCommitment.hash(
            request: 5, server: Self.servers[0], salt: Hash32(1, 2, 3, 4), result: [0xaa, 0xbb])
        #expect(hash.hex == "5d7b88adfcfcc2fa4e9a1361d6091cadb29710a68e3c7622d02dd57c52fc7893")
        let secret = Hash32(9, 9, 9, 9)
        let salt = ResultCommitment.salt(secret: secret, market: .zero, request: 1)
        #expect(salt == ResultCommitment.salt(secret: secret, market: .zero, request: 1))
        #expect(salt != ResultCommitment.salt(secret: secret, market: .zero, request: 2))
        #expect(salt != ResultCommitment.salt(secret: .zero, market: .zero, request: 1))
    }
}
