"""Random histories of Merkle-Patricia tries, ordered roots, receipts and blooms from EELS; proofs from py-trie."""
import rlp
from ethereum.crypto.hash import keccak256
from ethereum.forks.prague.blocks import Log, Receipt, encode_receipt
from ethereum.forks.prague.bloom import logs_bloom
from ethereum.forks.prague.fork_types import Address
from ethereum.forks.prague.trie import Trie, root, trie_set
from ethereum_rlp import rlp as eels_rlp
from ethereum_types.bytes import Bytes, Bytes32
from ethereum_types.numeric import Uint
from trie import HexaryTrie

from common import hexed, rng, save

source = rng(4)


def blob(n):
    return bytes(source.randrange(256) for _ in range(n))


histories = []
for case in range(28):
    trie = Trie(secured=False, default=None)
    style = case % 4
    if style == 0:  # few short keys: every shape of split and collapse, values in branches
        keys = [bytes(source.choice(b"\x00\x01\x10\x11") for _ in range(source.randrange(1, 4))) for _ in range(12)]
    elif style == 1:  # 32-byte keys that share long prefixes
        stem = blob(30)
        keys = [stem + bytes(source.choice(b"\x00\x0f\xf0\xff") for _ in range(2)) for _ in range(10)]
    elif style == 2:  # hashed keys
        keys = [keccak256(blob(20)) for _ in range(30)]
    else:  # the keys of ordered lists
        keys = [rlp.encode(i) for i in list(range(12)) + list(range(120, 140)) + [255, 256, 300]]
    steps = []
    now = {}
    for _ in range(60):
        key = source.choice(keys)
        if source.random() < 0.4:
            value = b""
            now.pop(key, None)
            trie_set(trie, Bytes(key), None)
        else:
            value = blob(source.choice([1, 1, 2, 5, 27, 28, 29, 30, 31, 32, 33, 70, 200]))
            now[key] = value
            trie_set(trie, Bytes(key), Bytes(value))
        steps.append([hexed(key), hexed(value), hexed(root(trie))])
    proofs = []
    if style in (1, 2):
        other = HexaryTrie({})
        for key, value in now.items():
            other[key] = value
        assert other.root_hash == root(trie)
        for key in keys[:6] + [blob(32)]:
            nodes = other.get_proof(key)
            proofs.append([hexed(key), hexed(now.get(key, b"")), [hexed(rlp.encode(n)) for n in nodes]])
    histories.append({"steps": steps, "proofs": proofs})
save("tries", histories)

ordered = []
for count in [0, 1, 2, 3, 16, 17, 55, 127, 128, 129, 200, 300]:
    items = [blob(source.randrange(1, 60)) for _ in range(count)]
    trie = Trie(secured=False, default=None)
    for index, item in enumerate(items):
        trie_set(trie, eels_rlp.encode(Uint(index)), Bytes(item))
    ordered.append({"items": [hexed(i) for i in items], "root": hexed(root(trie))})
save("ordered_tries", ordered)


receipts = []
for index in range(40):
    logs = tuple(
        Log(address=Address(blob(20)), topics=tuple(Bytes32(blob(32)) for _ in range(source.randrange(5))),
            data=Bytes(blob(source.randrange(70))))
        for _ in range(source.randrange(4)))
    bloom = logs_bloom(logs)
    receipt = Receipt(succeeded=source.random() < 0.7, cumulative_gas_used=Uint(source.getrandbits(40)), bloom=bloom,
                      logs=logs)
    kind = index % 5
    payload = eels_rlp.encode(receipt)
    receipts.append({
        "kind": kind, "succeeded": receipt.succeeded, "gas": hex(receipt.cumulative_gas_used),
        "logs": [[hexed(l.address), [hexed(t) for t in l.topics], hexed(l.data)] for l in logs],
        "bloom": hexed(bloom), "encoded": hexed((bytes([kind]) if kind else b"") + payload)})
save("receipts", receipts)
