"""images.json: small images with what Pillow makes grey of them, and what torch makes of them in other sizes."""
import io
import random

import torch
from PIL import Image

from common import save as write

random.seed(3)
W, H = 7, 5
pixels = [tuple(random.randrange(256) for _ in range(3)) for _ in range(W * H)]
colour = Image.new("RGB", (W, H))
colour.putdata(pixels)
grey = colour.convert("L")


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue().hex()


planes = torch.tensor(pixels, dtype=torch.float32).T.reshape(1, 3, H, W)
scaled = {
    f"{w}x{h}": torch.nn.functional.interpolate(planes, size=(h, w), mode="bilinear", align_corners=False).flatten().tolist()
    for w, h in [(3, 2), (14, 10), (7, 9), (1, 1)]
}
write(
    "images",
    {"colour": png(colour), "grey": png(grey), "planes": planes.flatten().tolist(), "greyPlane": list(grey.get_flattened_data()), "scaled": scaled},
)
