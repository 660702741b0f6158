"""RLP items from pyrlp; transactions of all types from eth_account; authorizations from eth_account."""
import rlp
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils import keccak, to_checksum_address

from common import hexed, rng, save

source = rng(2)


def blob(n):
    return bytes(source.randrange(256) for _ in range(n))


def item(depth):
    if depth == 0 or source.random() < 0.5:
        return blob(source.choice([0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 300]))
    return [item(depth - 1) for _ in range(source.randrange(5))]


def shape(value):
    return hexed(value) if isinstance(value, bytes) else [shape(x) for x in value]


save("rlp", [[shape(v), hexed(rlp.encode(v))] for v in (item(4) for _ in range(200))])


def number(bits):
    return source.getrandbits(source.randrange(1, bits + 1))


def address():
    return to_checksum_address(blob(20))


def access_list():
    return [{"address": address(), "storageKeys": [hexed(blob(32)) for _ in range(source.randrange(3))]}
            for _ in range(source.randrange(3))]


cases = []
for index in range(150):
    key = blob(32)
    kind = index % 6
    fields = {"nonce": number(63), "gas": number(60), "value": number(256), "data": hexed(blob(source.randrange(80)))}
    if source.random() < 0.8 or kind in (4, 5):
        fields["to"] = address()
    if kind < 2:
        fields["gasPrice"] = number(100)
        if kind == 1:
            fields["chainId"] = number(60)
    else:
        fields["chainId"] = number(60)
        fields["accessList"] = access_list()
        fields["type"] = kind - 1
        if kind == 2:
            fields["gasPrice"] = number(100)
        else:
            fields["maxFeePerGas"] = number(100)
            fields["maxPriorityFeePerGas"] = number(100)
        if kind == 4:
            fields["maxFeePerBlobGas"] = number(80)
            fields["blobVersionedHashes"] = [b"\x01" + blob(31) for _ in range(1 + source.randrange(3))]
        if kind == 5:
            auths = []
            for _ in range(1 + source.randrange(2)):
                signed = Account.sign_authorization(
                    {"chainId": number(60), "address": address(), "nonce": number(63)}, blob(32))
                auths.append(signed)
            fields["authorizationList"] = auths
    signed = Account.sign_transaction(fields, key)
    raw = bytes(signed.raw_transaction)
    case = {"kind": max(kind - 1, 0), "secret": hexed(key), "sender": Account.from_key(key).address, "raw": hexed(raw),
            "hash": hexed(signed.hash), "r": hex(signed.r), "s": hex(signed.s), "v": hex(signed.v),
            "fields": {k: (hex(v) if isinstance(v, int) else v) for k, v in fields.items()
                       if k in ("nonce", "gas", "value", "data", "to", "gasPrice", "chainId", "maxFeePerGas",
                                "maxPriorityFeePerGas", "maxFeePerBlobGas")}}
    if kind == 5:
        case["authorities"] = [a.authority and hexed(a.authority) for a in fields["authorizationList"]]
    cases.append(case)
save("transactions", cases)

creates = []
for _ in range(20):
    sender, nonce, salt, code = blob(20), number(64), blob(32), blob(source.randrange(100))
    creates.append({
        "sender": hexed(sender), "nonce": hex(nonce), "salt": hexed(salt), "code": hexed(code),
        "create": hexed(keccak(rlp.encode([sender, nonce]))[12:]),
        "create2": hexed(keccak(b"\xff" + sender + salt + keccak(code))[12:]),
        "checksum": to_checksum_address(sender)})
save("contract_addresses", creates)
