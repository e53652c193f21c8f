"""Ask an exported student where people look in an image; needs numpy, pillow and onnxruntime alone.

python read_student.py student.onnx image.png map.png     (writes the map, its highest value as white)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


class Student:
    """An exported student, with what its file says of how to feed and to read it."""

    def __init__(self, path: str | Path) -> None:
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.feeding = json.loads(self.session.get_modelmeta().custom_metadata_map["mtkd.feeding"])

    def ask(self, image: Image.Image) -> Any:
        """This will give the share of looks at each pixel, (H, W) at the size of the upright image; they sum to 1."""
        image = upright(image)
        (logits,) = self.session.run(None, {"picture": self.prepare(image)[None]})
        whole = Image.fromarray(logits[0].astype(np.float32)).resize(image.size, Image.Resampling.BILINEAR)
        scores = np.asarray(whole, np.float64) / self.feeding["temperature"]
        shares = np.exp(scores - scores.max())
        return shares / shares.sum()

    def prepare(self, image: Image.Image) -> Any:
        """This will bring an upright image to what the network reads: (3, height, width) float32."""
        wanted = self.feeding["picture"]
        small = image.resize((wanted["width"], wanted["height"]), Image.Resampling.BILINEAR)
        values = np.asarray(small, np.float32).transpose(2, 0, 1)
        mean, std = (np.array(wanted[name], np.float32)[:, None, None] for name in ("mean", "std"))
        return (values / 255 - mean) / std


def upright(image: Image.Image) -> Image.Image:
    """This will turn an image as it is shown, in RGB and opaque."""
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return image.convert("RGB")


if __name__ == "__main__":
    file, picture, target = sys.argv[1:]
    shares = Student(file).ask(Image.open(picture))
    Image.fromarray(np.rint(255 * shares / shares.max()).astype(np.uint8)).save(target)
