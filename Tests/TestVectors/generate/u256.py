"""256-bit arithmetic from Python's integers; limbs of all ones and zeros are frequent, which is where division errs."""
from common import rng, save

source = rng(8)
M = 2**256


def number():
    style = source.randrange(4)
    if style == 0:
        return source.getrandbits(source.randrange(1, 257))
    limbs = [source.choice([0, 1, 2**63, 2**63 - 1, 2**64 - 1, 2**64 - 2, source.getrandbits(64)]) for _ in range(4)]
    value = sum(l << (64 * i) for i, l in enumerate(limbs))
    return value >> source.choice([0, 0, 64, 128, 192, source.randrange(256)])


cases = []
for _ in range(400):
    a, b, s = number(), number(), source.choice([0, 1, 63, 64, 65, 127, 128, 200, 255, 256, 300])
    cases.append([hex(v) for v in (
        a, b, (a + b) % M, (a - b) % M, a * b % M, a * b // M, a // b if b else 0, a % b if b else 0, s, (a << s) % M,
        a >> s)] + [str(a), a < b, a.bit_length()])
save("u256", cases)
