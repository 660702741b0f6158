"""hashlib, hmac and Python's pow; ciphers, key agreement and P-256 from `cryptography`; ChaCha20 from pycryptodome."""
import hashlib
import hmac

from Crypto.Cipher import ChaCha20
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common import hexed, rng, save

source = rng(5)


def blob(n):
    return bytes(source.randrange(256) for _ in range(n))


out = {"digests": [], "hmac": [], "pbkdf2": [], "scrypt": [], "ctr": [], "chacha": [], "aead": [], "hkdf": [],
       "x25519": [], "p256": [], "modexp": [], "prf": []}
for size in [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000]:
    data = blob(size)
    out["digests"].append({
        "input": hexed(data), "sha256": hashlib.sha256(data).hexdigest(), "sha512": hashlib.sha512(data).hexdigest(),
        "ripemd160": hashlib.new("ripemd160", data).hexdigest(), "blake2b512": hashlib.blake2b(data).hexdigest()})
for size in [0, 1, 32, 64, 65, 128, 129, 200]:
    key, data = blob(size), blob(size * 2)
    out["hmac"].append({"key": hexed(key), "message": hexed(data),
                        "sha256": hmac.new(key, data, "sha256").hexdigest(),
                        "sha512": hmac.new(key, data, "sha512").hexdigest()})
for iterations, count in [(1, 32), (2, 64), (1000, 20), (2048, 64)]:
    password, salt = blob(source.randrange(20)), blob(16)
    out["pbkdf2"].append({
        "password": hexed(password), "salt": hexed(salt), "iterations": iterations, "count": count,
        "sha256": hashlib.pbkdf2_hmac("sha256", password, salt, iterations, count).hex(),
        "sha512": hashlib.pbkdf2_hmac("sha512", password, salt, iterations, count).hex()})
for n, r, p, count in [(2, 1, 1, 32), (16, 1, 1, 64), (1024, 8, 16, 64), (4096, 8, 1, 32), (64, 3, 5, 40)]:
    password, salt = blob(source.randrange(20)), blob(32)
    out["scrypt"].append({"password": hexed(password), "salt": hexed(salt), "n": n, "r": r, "p": p, "count": count,
                          "key": hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, dklen=count).hex()})
for size in [0, 1, 16, 17, 100]:
    key, iv, data = blob(16), blob(16), blob(size)
    if size == 100:
        iv = b"\xff" * 16
    e = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    out["ctr"].append([hexed(key), hexed(iv), hexed(data), hexed(e.update(data) + e.finalize())])
for counter, count in [(0, 1), (1, 64), (7, 200), (2**32 - 4, 128)]:
    key, nonce = blob(32), blob(12)
    cipher = ChaCha20.new(key=key, nonce=nonce)
    cipher.seek(counter * 64)
    out["chacha"].append({"key": hexed(key), "nonce": hexed(nonce), "counter": counter,
                          "stream": hexed(cipher.encrypt(bytes(count)))})
for size in [0, 1, 16, 17, 64, 200]:
    key, nonce, data, extra = blob(32), blob(12), blob(size), blob(size // 3)
    out["aead"].append([hexed(key), hexed(nonce), hexed(data), hexed(extra),
                        hexed(ChaCha20Poly1305(key).encrypt(nonce, data, extra))])
for count in [1, 32, 42, 100]:
    secret, salt, info = blob(22), blob(13 if count != 42 else 0), blob(10)
    out["hkdf"].append([hexed(secret), hexed(salt), hexed(info), count, hexed(
        HKDF(hashes.SHA256(), count, salt or None, info).derive(secret))])
for _ in range(5):
    a, b = x25519.X25519PrivateKey.from_private_bytes(blob(32)), x25519.X25519PrivateKey.from_private_bytes(blob(32))
    raw = dict(encoding=serialization.Encoding.Raw, format=serialization.PublicFormat.Raw)
    out["x25519"].append([hexed(a.private_bytes_raw()), hexed(a.public_key().public_bytes(**raw)),
                          hexed(b.public_key().public_bytes(**raw)), hexed(a.exchange(b.public_key()))])
for _ in range(8):
    key = ec.derive_private_key(source.randrange(1, 2**255), ec.SECP256R1())
    digest = blob(32)
    r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256()))))
    point = key.public_key().public_numbers()
    out["p256"].append([hexed(digest)] + [hex(v) for v in (r, s, point.x, point.y)])
for sizes in [(0, 0, 0), (1, 1, 1), (32, 32, 32), (64, 3, 64), (100, 10, 33), (5, 0, 7), (0, 5, 8), (200, 4, 128)]:
    base, exponent, modulus = (blob(n) for n in sizes)
    if sizes == (100, 10, 33):
        modulus = bytes(5) + modulus[5:-1] + b"\x00"
    m = int.from_bytes(modulus, "big")
    value = pow(int.from_bytes(base, "big"), int.from_bytes(exponent, "big"), m) if m else 0
    out["modexp"].append([hexed(base), hexed(exponent), hexed(modulus), hexed(value.to_bytes(len(modulus), "big"))])
for modulus in [b"\x01", b"\x00\x01", b"\x00\x00", b"\x02"]:
    m = int.from_bytes(modulus, "big")
    value = pow(7, 0, m) if m else 0
    out["modexp"].append(["0x07", "0x", hexed(modulus), hexed(value.to_bytes(len(modulus), "big"))])
for stream in [0, 1, 2**32 - 1, 2**32, 2**64 - 1]:
    # An 8-byte nonce selects the original layout with a 64-bit counter.
    key = blob(32)
    cipher = ChaCha20.new(key=key, nonce=stream.to_bytes(8, "little"))
    words = cipher.encrypt(bytes(64 * 5))
    cipher.seek(64 * (2**32 - 1))
    late = cipher.encrypt(bytes(128))
    out["prf"].append({"key": hexed(key), "stream": str(stream), "words": hexed(words), "late": hexed(late)})
save("crypto", out)
