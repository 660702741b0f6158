"""Seeded random blocks for the differential test: accounts with random code, and transactions that run it.

A case is the input of a `t8n` tool (alloc, env, txs) with the fork's name; everything follows from the seed.
"""

import random

FORKS = ["Berlin", "London", "Paris", "Shanghai", "Cancun", "Prague", "Osaka"]
EARLIER = ["Frontier", "Homestead", "TangerineWhistle", "SpuriousDragon", "Byzantium", "ConstantinopleFix", "Istanbul"]
ORDER = EARLIER + FORKS
KEYS = ["0x" + f"{n:064x}" for n in (0x45A915E4D060149EB4365960E6A7A45F334393093061116B197E3240065FF2D8, 2, 3)]
SENDERS = [
    "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b",
    "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf",
    "0x6813eb9362372eef6200f3b1dbc3f819671cba69",
]
CONTRACTS = [f"0x{0xC0000 + n:040x}" for n in range(5)]
# What the protocol calls at the edges of a block: beacon roots, block hashes, withdrawals, consolidations.
SYSTEM = [
    "0x000f3df6d732807ef1319fb7b8bb8522d0beac02",
    "0x0000f90827f1c53a10cb7a02335b175320002935",
    "0x00000961ef480eb55e80d19ad83579a64c007002",
    "0x0000bbddc7ce488642fb579f8b00f3a590007251",
]
PRECOMPILES = [*range(1, 0x12), 0x100]
EDGES = [0, 1, 2, 3, 31, 32, 33, 63, 64, 255, 256, 257, 2**31, 2**32, 2**63, 2**64 - 1, 2**64, 2**128 - 1, 2**128,
         2**255 - 1, 2**255, 2**256 - 2, 2**256 - 1]


def at_least(fork, other):
    return ORDER.index(fork) >= ORDER.index(other)


def push(value):
    if value == 0:
        return bytes([0x60, 0])
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([0x5F + len(raw)]) + raw


class Coder:
    """Writes random code that is mostly sound: statements whose operands are pushed before them."""

    def __init__(self, rng, fork):
        self.rng, self.fork = rng, fork

    def number(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return rng.choice(EDGES)
        if kind < 0.7:
            return rng.randrange(16)
        return rng.getrandbits(rng.choice([8, 64, 65, 128, 192, 255, 256]))

    def offset(self):
        return self.rng.choice([0, 0, 1, 31, 32, 64, 96, self.rng.randrange(300), self.rng.randrange(5000)])

    def size(self):
        return self.rng.choice([0, 0, 1, 20, 32, 32, 64, self.rng.randrange(200)])

    def slot(self):
        return self.rng.choice([0, 1, 2, 3, 2**256 - 1])

    def target(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.55:
            return int(rng.choice(CONTRACTS), 16)
        if kind < 0.75:
            return rng.choice(PRECOMPILES)
        if kind < 0.85:
            return int(rng.choice(SENDERS), 16)
        return rng.choice([0, 0xDEAD, 0x101, 2**160 - 1, int(SYSTEM[0], 16), 2**200 + 0xC0001])

    def ops(self, table):
        return [code for code, since in table if since is None or at_least(self.fork, since)]

    def value(self):
        """Code that leaves one word on the stack."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.35:
            return push(self.number())
        if kind < 0.6:
            op = rng.choice(self.ops(
                [(c, None) for c in (1, 2, 3, 4, 5, 6, 7, 0x0A, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18,
                                     0x1A)] + [(c, "ConstantinopleFix") for c in (0x1B, 0x1C, 0x1D)]))
            return self.value() + self.value() + bytes([op])
        if kind < 0.66:
            return self.value() + self.value() + self.value() + bytes([rng.choice([8, 9])])
        if kind < 0.72:
            op = rng.choice(self.ops([(0x15, None), (0x19, None), (0x1E, "Osaka")]))
            return self.value() + bytes([op])
        if kind < 0.84:
            op = rng.choice(self.ops(
                [(c, None) for c in (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x41, 0x42, 0x43, 0x44, 0x45, 0x58, 0x59,
                                     0x5A, 0x5A)]
                + [(0x3D, "Byzantium"), (0x46, "Istanbul"), (0x47, "Istanbul"), (0x48, "London"), (0x4A, "Cancun"),
                   (0x5F, "Shanghai")]))
            return bytes([op])
        if kind < 0.9:
            return push(self.slot()) + bytes([rng.choice(self.ops([(0x54, None), (0x5C, "Cancun")]))])
        if kind < 0.95:
            return push(self.target()) + bytes([rng.choice(self.ops([(0x31, None), (0x3B, None), (0x3F, "ConstantinopleFix")]))])
        op = rng.choice(self.ops([(0x35, None), (0x51, None), (0x40, None), (0x49, "Cancun")]))
        return push(self.offset() if op != 0x40 else rng.randrange(12)) + bytes([op])

    def statement(self, depth):
        rng = self.rng
        kind = rng.random()
        if kind < 0.2:
            return self.value() + push(self.slot()) + bytes([0x55])
        if kind < 0.26 and at_least(self.fork, "Cancun"):
            return self.value() + push(self.slot()) + bytes([0x5D])
        if kind < 0.36:
            return self.value() + push(self.offset()) + bytes([rng.choice([0x52, 0x52, 0x53])])
        if kind < 0.42:
            copies = self.ops([(0x37, None), (0x39, None), (0x3E, "Byzantium"), (0x5E, "Cancun")])
            return push(self.size()) + push(self.offset()) + push(self.offset()) + bytes([rng.choice(copies)])
        if kind < 0.45:
            return push(self.size()) + push(self.offset()) + push(self.offset()) + push(self.target()) + bytes([0x3C])
        if kind < 0.5:
            topics = rng.randrange(5)
            return (b"".join(self.value() for _ in range(topics)) + push(self.size()) + push(self.offset())
                    + bytes([0xA0 + topics]))
        if kind < 0.54:
            return push(self.size()) + push(self.offset()) + bytes([0x20]) + push(self.slot()) + bytes([0x55])
        if kind < 0.74:
            return self.call()
        if kind < 0.82:
            return self.create(depth)
        if kind < 0.87:
            return self.branch(depth)
        if kind < 0.9:
            n = rng.randrange(1, 17)
            return b"".join(push(self.number()) for _ in range(n + 1)) + bytes([0x80 + rng.randrange(n)]) + bytes(
                [0x90 + rng.randrange(n)]) + bytes([0x50]) * rng.randrange(n + 1)
        if kind < 0.93:
            return self.value() + bytes([0x50])
        if kind < 0.95:
            return push(self.target()) + bytes([0xFF])
        if kind < 0.98:
            return push(self.size()) + push(self.offset()) + bytes([rng.choice([0xF3, 0xFD])])
        return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 6)))

    def call(self):
        rng = self.rng
        op = rng.choice(
            self.ops([(0xF1, None), (0xF1, None), (0xF2, None), (0xF4, "Homestead"), (0xFA, "Byzantium")]))
        code = push(self.size()) + push(self.offset()) + push(self.size()) + push(self.offset())
        if op in (0xF1, 0xF2):
            code += push(rng.choice([0, 0, 1, 7, 10**18, 2**255]))
        gas = rng.choice([b"\x5a", b"\x5a", push(rng.choice([0, 100, 2300, 2600, 5000, 30000, 100000, 2**64]))])
        code += push(self.target()) + gas + bytes([op])
        return code + (push(self.slot()) + bytes([0x55]) if rng.random() < 0.6 else bytes([0x50]))

    def create(self, depth):
        rng = self.rng
        body = self.init_code(depth + 1)[:500]
        code = b""
        for at in range(0, len(body), 32):
            code += bytes([0x7F]) + body[at:at + 32].ljust(32, b"\0") + push(at) + bytes([0x52])
        two = at_least(self.fork, "ConstantinopleFix") and rng.random() < 0.5
        if two:
            code += push(rng.choice([0, 1, 2**256 - 1]))
        size = len(body) if rng.random() < 0.9 else rng.choice([0, 49152, 49153])
        code += push(size) + push(0) + push(rng.choice([0, 0, 1, 10**30])) + bytes([0xF5 if two else 0xF0])
        return code + push(self.slot()) + bytes([0x55])

    def init_code(self, depth):
        rng = self.rng
        code = self.code(depth, rng.randrange(3))
        if rng.random() < 0.7:
            runtime = rng.choice([b"\x00", b"\xef\x00", b"\x60\x00\x60\x00\xf3", self.code(depth, 1)[:32], b"\x33\xff"])
            code += bytes([0x7F]) + runtime[:32].ljust(32, b"\0") + push(0) + bytes([0x52])
            code += push(rng.choice([len(runtime[:32]), 32, 24576, 24577])) + push(0) + bytes([0xF3])
        return code

    def branch(self, depth):
        """A condition with something jumped over, or a loop of a few turns."""
        rng = self.rng
        body = self.code(depth + 1, 1)[:120]
        if rng.random() < 0.5:
            skip = len(body)
            # JUMPI over the body: PC-relative, so that the code may stand anywhere.
            return self.value() + bytes([0x58, 0x60, skip + 6, 0x01, 0x57]) + b"\x5b" + body + b"\x5b"
        turns = rng.randrange(1, 4)
        # turns JUMPDEST ... 1 SWAP1 SUB DUP1 (back) JUMPI
        back = len(body) + 8
        return push(turns) + b"\x5b" + body + bytes([0x60, 1, 0x90, 0x03, 0x80, 0x60, back, 0x58, 0x03, 0x57, 0x50])

    def code(self, depth=0, statements=None):
        if depth > 2:
            return b"\x00"
        count = self.rng.randrange(1, 9) if statements is None else statements
        return b"".join(self.statement(depth) for _ in range(count))


def alloc(rng, fork):
    coder = Coder(rng, fork)
    accounts = {}
    for address in SENDERS:
        balance = rng.choice([10**18, 10**18, 10**24, 10**15])
        accounts[address] = {"nonce": "0x0", "balance": hex(balance), "code": "0x", "storage": {}}
    for address in CONTRACTS:
        storage = {hex(s): hex(rng.choice([1, 2, 2**256 - 1])) for s in range(4) if rng.random() < 0.5}
        code = coder.code()
        if at_least(fork, "Prague") and rng.random() < 0.15:
            code = bytes.fromhex("ef0100") + coder.target().to_bytes(32, "big")[12:]
        accounts[address] = {
            "nonce": hex(rng.choice([0, 1, 1, 5])), "balance": hex(rng.choice([0, 1, 10**18])),
            "code": "0x" + code.hex(), "storage": storage,
        }
    if rng.random() < 0.3:
        accounts["0x" + f"{0xdead:040x}"] = {"nonce": "0x0", "balance": "0x1", "code": "0x", "storage": {}}
    for address, since in zip(SYSTEM, ["Cancun", "Prague", "Prague", "Prague"]):
        if at_least(fork, since):
            # Stop; return a word; store the block number; store the calldata's first word.
            code = rng.choice([b"\x00", b"\x60\x20\x60\x00\xf3", b"\x43\x60\x01\x55", b"\x5f\x35\x60\x01\x55"])
            accounts[address] = {"nonce": "0x1", "balance": "0x0", "code": "0x" + code.hex(), "storage": {}}
    return accounts


def env(rng, fork):
    number = rng.randrange(1, 12)
    result = {
        "currentCoinbase": rng.choice([f"0x{0xC01BBA5E:040x}", CONTRACTS[0], SENDERS[1], f"0x{0x3:040x}"]),
        "currentGasLimit": hex(rng.choice([30_000_000, 2_000_000, 500_000])), "currentNumber": hex(number),
        "currentTimestamp": hex(rng.randrange(1, 2**32)),
        "blockHashes": {hex(n): "0x" + f"{n + 1:064x}" for n in range(number)},
        "ommers": [],
    }
    if at_least(fork, "Paris"):
        result["currentRandom"] = "0x" + f"{rng.getrandbits(256):064x}"
        result["currentDifficulty"] = "0x0"
    else:
        result["currentDifficulty"] = "0x20000"
    if at_least(fork, "London"):
        result["currentBaseFee"] = hex(rng.choice([0, 1, 7, 1000]))
    if at_least(fork, "Shanghai"):
        result["withdrawals"] = [
            {"index": hex(i), "validatorIndex": hex(i), "address": rng.choice(CONTRACTS + [f"0x{0x77:040x}"]),
             "amount": hex(rng.choice([0, 1, 10**9]))} for i in range(rng.randrange(3))]
    if at_least(fork, "Cancun"):
        result["parentBeaconBlockRoot"] = "0x" + f"{rng.getrandbits(256):064x}"
        result["currentExcessBlobGas"] = hex(rng.choice([0, 131072 * 3, 131072 * 100]))
    return result


def transaction(rng, fork, nonces, base_fee):
    who = rng.randrange(len(KEYS))
    kinds = [0] + ([1] if at_least(fork, "Berlin") else []) + ([2] if at_least(fork, "London") else []) + ([3] if at_least(fork, "Cancun") else []) + (
        [4, 4] if at_least(fork, "Prague") else [])
    kind = rng.choice(kinds)
    create = kind not in (3, 4) and rng.random() < 0.2
    coder = Coder(rng, fork)
    data = coder.init_code(0) if create else bytes(rng.choice([0, 0, 1, 255]) for _ in range(rng.choice([0, 4, 36, 200])))
    nonce = nonces[who] if rng.random() < 0.95 else rng.randrange(4)
    tx = {
        "type": hex(kind), "chainId": "0x1", "nonce": hex(nonce),
        "gas": hex(rng.choice([21000, 53000, 60000, 100_000, 300_000, 1_000_000])),
        "value": hex(rng.choice([0, 0, 1, 10**17])), "input": "0x" + data.hex(),
        "to": None if create else f"0x{coder.target() % 2**160:040x}", "secretKey": KEYS[who],
    }
    if kind < 2:
        tx["gasPrice"] = hex(base_fee + rng.choice([0, 1, 10]))
    else:
        tx["maxPriorityFeePerGas"] = hex(rng.choice([0, 1, 5]))
        tx["maxFeePerGas"] = hex(base_fee + rng.choice([0, 5, 9]))
    if kind >= 1:
        tx["accessList"] = [
            {"address": rng.choice(CONTRACTS), "storageKeys": ["0x" + f"{rng.randrange(3):064x}"] * rng.randrange(3)}
            for _ in range(rng.randrange(3))]
    if kind == 3:
        tx["maxFeePerBlobGas"] = hex(rng.choice([1, 10, 1000]))
        tx["blobVersionedHashes"] = ["0x01" + f"{n:062x}" for n in range(rng.randrange(1, 3))]
    if kind == 4:
        tx["authorizationList"] = [authorization(rng, nonces, who) for _ in range(rng.randrange(1, 4))]
    nonces[who] += 1
    return tx


def authorization(rng, nonces, sender):
    """A signed EIP-7702 tuple, sometimes one that is to be passed over."""
    from eth_account import Account

    who = rng.randrange(len(KEYS))
    nonce = nonces[who] + (1 if who == sender else 0)
    signed = Account.sign_authorization(
        {"chainId": rng.choice([0, 1, 1, 2]), "address": rng.choice(CONTRACTS + ["0x" + "00" * 20, SENDERS[0]]),
         "nonce": nonce if rng.random() < 0.8 else rng.randrange(3)}, KEYS[who])
    return {
        "chainId": hex(signed.chain_id), "address": "0x" + signed.address.hex(), "nonce": hex(signed.nonce),
        "v": hex(signed.y_parity), "yParity": hex(signed.y_parity), "r": hex(signed.r), "s": hex(signed.s),
    }


def case(seed, forks=FORKS):
    """The case of a seed: always the same."""
    rng = random.Random(seed)
    fork = rng.choice(forks)
    environment = env(rng, fork)
    base_fee = int(environment.get("currentBaseFee", "0x0"), 16)
    nonces = [0] * len(KEYS)
    txs = [transaction(rng, fork, nonces, base_fee) for _ in range(rng.randrange(1, 5))]
    return {"fork": fork, "alloc": alloc(rng, fork), "env": environment, "txs": txs}
