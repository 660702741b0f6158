"""Keccak-256 from pycryptodome; secp256k1 from coincurve and eth_keys' pure-Python backend."""
from Crypto.Hash import keccak
from coincurve import PrivateKey
from eth_keys import keys
from eth_keys.backends import NativeECCBackend

from common import hexed, rng, save

source = rng(1)


def digest(data):
    return keccak.new(digest_bits=256, data=data).digest()


cases = []
for size in list(range(0, 300)) + [407, 408, 409, 1000, 4096]:
    data = bytes(source.randrange(256) for _ in range(size))
    cases.append([hexed(data), hexed(digest(data))])
save("keccak256", cases)

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
backend = NativeECCBackend()
cases = []
numbers = [1, 2, 3, N - 1, N - 2, N // 2, N // 2 + 1] + [source.randrange(1, N) for _ in range(60)]
for number in numbers:
    secret = number.to_bytes(32, "big")
    message = digest(secret + b"message")
    signature = PrivateKey(secret).sign_recoverable(message, hasher=None)
    key = keys.PrivateKey(secret, backend=backend)
    own = key.sign_msg_hash(message)
    assert own.to_bytes() == signature
    cases.append({
        "secret": hexed(secret),
        "public": hexed(key.public_key.to_bytes()),
        "compressed": hexed(key.public_key.to_compressed_bytes()),
        "address": key.public_key.to_address(),
        "hash": hexed(message),
        "signature": hexed(signature),
    })
save("secp256k1", cases)
