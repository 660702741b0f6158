"""png.json: PNG images of every colour type, depth and interlacing, with the pixels that Pillow reads from them.

The files are made here, chunk by chunk, since Pillow writes neither interlaced images nor every depth; Pillow is the judge.
"""
import io
import random
import struct
import zlib

from PIL import Image

from common import save as write

random.seed(7)
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(line, above, behind, kind):
    out = bytearray([kind])
    for i, value in enumerate(line):
        left = line[i - behind] if i >= behind else 0
        corner = above[i - behind] if i >= behind else 0
        out.append((value - (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]) & 255)
    return bytes(out)


def image(width, height, colour, depth, interlaced, palette=None, clear=None):
    count = SAMPLES[colour]
    top = len(palette) // 3 if palette else 1 << depth
    pixels = [[[random.randrange(top) for _ in range(count)] for _ in range(width)] for _ in range(height)]
    if clear and colour != 3:
        pixels[0][0] = list(struct.unpack(">%dH" % count, clear))
    raw = b""
    for x0, y0, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        columns = range(x0, width, dx)
        if not columns:
            continue
        behind = max(1, count * depth // 8)
        above = bytes((len(columns) * count * depth + 7) // 8)
        for y in range(y0, height, dy):
            bits = "".join(format(s, "0%db" % depth) for x in columns for s in pixels[y][x])
            bits += "0" * (-len(bits) % 8)
            line = bytes(int(bits[n:n + 8], 2) for n in range(0, len(bits), 8))
            raw += filtered(line, above, behind, random.randrange(5))
            above = line
    packed = zlib.compress(raw)
    half = len(packed) // 2
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
        + chunk(b"tEXt", b"Comment\0made for a test") + (chunk(b"PLTE", palette) if palette else b"")
        + (chunk(b"tRNS", clear) if clear else b"") + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))


cases = {}
for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth in depths:
        for interlaced in (0, 1):
            palette = bytes(random.randrange(256) for _ in range(3 * min(1 << depth, 20))) if colour == 3 else None
            cases[f"c{colour}d{depth}i{interlaced}"] = image(9, 7, colour, depth, interlaced, palette)
cases["tiny"] = image(1, 1, 2, 8, 1)
cases["narrow"] = image(2, 9, 0, 2, 1)
cases["palette with alpha"] = image(8, 5, 3, 4, 0, bytes(range(48)), bytes([0, 100, 200]))
cases["clear grey"] = image(6, 5, 0, 8, 0, None, b"\x00\x07")
cases["clear colour"] = image(6, 5, 2, 8, 1, None, b"\x00\x01\x00\x02\x00\x03")


def expected(content, depth, colour, clear):
    """What Pillow sees. It narrows colours of 16 bits to 8, so those are compared in their upper byte."""
    picture = Image.open(io.BytesIO(content))
    if colour == 3:
        picture = picture.convert("RGBA" if clear else "RGB")
    elif colour == 4:
        picture = picture.convert("LA")
    elif clear:
        picture = picture.convert("RGBA" if colour == 2 else "LA")
    elif picture.mode == "1":
        picture = picture.convert("L")
    flat = [s for pixel in picture.get_flattened_data() for s in (pixel if isinstance(pixel, tuple) else (pixel,))]
    shift = 8 if depth == 16 and colour != 0 else 0
    return {"width": picture.width, "height": picture.height, "shift": shift, "samples": flat}


def facts(name, content):
    depth, colour = content[24], content[25]
    return {"file": content.hex(), "depth": 16 if depth == 16 else 8, **expected(content, depth, colour, b"tRNS" in content)}


bomb = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b""))
vast = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b""))
write("png", {"images": {name: facts(name, content) for name, content in cases.items()}, "bomb": bomb.hex(), "vast": vast.hex()})
