"""Cairn's random numbers from their definitions alone: ChaCha20 of `cryptography`, Keccak of `eth_utils`."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from eth_utils import keccak
import numpy as np


def words(key, stream, count):
    """The first words of a stream of the key: 64-bit counter and 64-bit stream number, little endian."""
    nonce = (0).to_bytes(8, "little") + stream.to_bytes(8, "little")
    cipher = Cipher(ChaCha20(key, nonce), mode=None).encryptor()
    return np.frombuffer(cipher.update(bytes(4 * count)), "<u4")


def permutation(seed, purpose, numbers, count):
    """Fisher and Yates from the end, each draw without bias."""
    key = keccak(seed + purpose.encode() + b"\0" + b"".join(n.to_bytes(8, "big") for n in numbers))
    source, used = words(key, 0, 2 * count + 64), 0
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        bound = last + 1
        while True:
            draw = int(source[used])
            used += 1
            if draw >= (1 << 32) % bound:
                break
        order[last], order[draw % bound] = order[draw % bound], order[last]
    return order


def epoch_order(seed, rows, epoch):
    """The order of the rows in an epoch of `cairn train`."""
    return permutation(seed, "cairn shuffle", [0, 0, epoch], rows)


def held_out(seed, rows):
    """The rows that `cairn train` learns from and those that it holds back, when it splits the data itself."""
    order = permutation(seed, "cairn held-out", [], rows)
    return sorted(order[rows // 10 :]), sorted(order[: rows // 10])


def noise(seed, step, number, shape):
    """What dropout number `number` of a step reads."""
    key = keccak(seed + b"cairn noise\0")
    drawn = words(key, step << 16 | number, int(np.prod(shape)))
    return ((drawn >> 8).astype(np.float32) * np.float32(2**-24)).reshape(shape)
