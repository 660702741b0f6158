"""Keystores, mnemonics, derived keys, signed messages and typed data from eth_account."""
import json

from eth_account import Account
from eth_account.hdaccount.mnemonic import Mnemonic
from eth_account.types import Language
from eth_account.messages import _hash_eip191_message, encode_defunct, encode_intended_validator, encode_typed_data
from eth_utils import to_checksum_address

from common import hexed, rng, save

Account.enable_unaudited_hdwallet_features()
source = rng(7)


def blob(n):
    return bytes(source.randrange(256) for _ in range(n))


out = {"keystores": [], "mnemonics": [], "messages": [], "typed": []}
for index in range(6):
    key, password = blob(32), source.choice(["", "correct horse", "pässwörd ☃", "x" * 100])
    kdf, iterations = [("scrypt", 2), ("scrypt", 4096), ("pbkdf2", 1), ("pbkdf2", 1000)][index % 4]
    salt, iv = blob(16), blob(16)
    out["keystores"].append({
        "secret": hexed(key), "password": password,
        "file": json.dumps(Account.encrypt(key, password, kdf=kdf, iterations=iterations))})
# The PBKDF2 vector of the Web3 secret storage definition.
out["keystores"].append({
    "secret": "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d", "password": "testpassword",
    "file": json.dumps({
        "crypto": {
            "cipher": "aes-128-ctr", "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46", "kdf": "pbkdf2",
            "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
                          "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3})})
for keystore in out["keystores"]:
    assert hexed(Account.decrypt(keystore["file"], keystore["password"])) == keystore["secret"]

words = Mnemonic(Language.ENGLISH)
for size in [16, 20, 24, 28, 32] * 2 + [16]:
    entropy = blob(size) if len(out["mnemonics"]) < 10 else bytes(16)
    phrase = words.to_mnemonic(entropy)
    passphrase = source.choice(["", "TREZOR", "a b"])
    keys = {}
    for path in ["m/44'/60'/0'/0/0", "m/44'/60'/0'/0/7", "m/44'/60'/1'/0/2147483647", "m/0", "m/1'/2/3'", "m"]:
        if path == "m":
            continue
        keys[path] = hexed(Account.from_mnemonic(phrase, passphrase=passphrase, account_path=path).key)
    out["mnemonics"].append({
        "entropy": hexed(entropy), "phrase": phrase, "passphrase": passphrase,
        "seed": hexed(Mnemonic.to_seed(phrase, passphrase)), "keys": keys})

for size in [0, 1, 9, 10, 99, 100, 1000]:
    message, key, validator = blob(size), blob(32), blob(20)
    signed = Account.sign_message(encode_defunct(message), key)
    out["messages"].append({
        "message": hexed(message), "secret": hexed(key), "hash": hexed(signed.message_hash),
        "signature": hexed(signed.signature), "validator": hexed(validator),
        "validated": hexed(_hash_eip191_message(encode_intended_validator(to_checksum_address(validator), message)))})

ATOMS = ["string", "bytes", "bool", "address", "uint8", "uint256", "int64", "int256", "bytes1", "bytes32"]


def atom(kind):
    if kind == "string":
        return source.choice(["", "Hello, Bob!", "é€"])
    if kind == "bytes":
        return hexed(blob(source.randrange(40)))
    if kind == "bool":
        return source.random() < 0.5
    if kind == "address":
        return to_checksum_address(blob(20))
    if kind.startswith("uint"):
        return source.getrandbits(int(kind[4:]))
    if kind.startswith("int"):
        return source.getrandbits(int(kind[3:])) - 2 ** (int(kind[3:]) - 1)
    return hexed(blob(int(kind[5:])))


def make(kind, types):
    if kind.endswith("]"):
        base, size = kind[:-1].rsplit("[", 1)
        return [make(base, types) for _ in range(int(size) if size else source.randrange(3))]
    if kind in types:
        return {m["name"]: make(m["type"], types) for m in types[kind]}
    return atom(kind)


for _ in range(40):
    types = {}
    names = ["Leaf", "Branch", "Apex"]
    for level, name in enumerate(names):
        members = []
        for number in range(source.randrange(1, 4)):
            kind = source.choice(ATOMS + names[:level] * 4)
            kind += source.choice(["", "", "", "[]", "[2]", "[][2]"])
            members.append({"name": "m%d" % number, "type": kind})
        # Every type is used, so that eth_account finds the primary one.
        if level:
            members.append({"name": "below", "type": names[level - 1] + source.choice(["", "[]"])})
        types[name] = members
    fields = {"name": ("string", "Cairn"), "version": ("string", "1"), "chainId": ("uint256", source.getrandbits(60)),
              "verifyingContract": ("address", to_checksum_address(blob(20))), "salt": ("bytes32", hexed(blob(32)))}
    chosen = [f for f in fields if source.random() < 0.6]
    types["EIP712Domain"] = [{"name": f, "type": fields[f][0]} for f in chosen]
    full = {"types": types, "primaryType": "Apex", "domain": {f: fields[f][1] for f in chosen},
            "message": make("Apex", types)}
    # Numbers beyond 53 bits travel as text in JSON.
    text = json.dumps(full)
    out["typed"].append({"data": full if len(text) < 100000 else None,
                         "hash": hexed(_hash_eip191_message(encode_typed_data(full_message=full)))})
save("wallet", out)
