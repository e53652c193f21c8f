"""Ask an exported student which class a clip is of, by features of it; needs numpy and onnxruntime alone.

python read_student.py student.onnx features.npy     (rows x width, a row for each moment)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime


class Student:
    """An exported student, with what its file says of how to feed and to read it."""

    def __init__(self, path: str | Path) -> None:
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        said = self.session.get_modelmeta().custom_metadata_map
        self.feeding = json.loads(said["mtkd.feeding"])
        self.classes = json.loads(said["mtkd.model"])["classes"]

    def ask(self, features: Any, *, best: int = 5) -> list[tuple[str, float]]:
        """This will give the likeliest classes of a clip's features (T, D) as (name, probability), best first."""
        rows, mask = self.prepare(np.asarray(features, np.float32))
        (logits,) = self.session.run(None, {"features": rows[None], "mask": mask[None]})
        scores = logits[0].astype(np.float64) / self.feeding["temperature"]
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")[:best]
        return [(self.classes[place], float(chances[place])) for place in order]

    def prepare(self, features: Any) -> tuple[Any, Any]:
        """This will take the middle row of each of equal parts of a long clip, and pad a short one with zeros."""
        most, width = self.feeding["clip"]["rows"], self.feeding["clip"]["width"]
        if features.ndim != 2 or features.shape[1] != width or not len(features):
            raise ValueError(f"given {features.shape}, accepted are rows of {width} numbers")
        count = len(features)
        if count > most:
            place = np.arange(most)
            features = features[(place * count // most + np.maximum((place + 1) * count // most - 1, 0)) // 2]
        rows = np.zeros((most, width), np.float32)
        rows[: len(features)] = features
        return rows, np.arange(most) < len(features)


if __name__ == "__main__":
    file, clip = sys.argv[1:]
    for name, chance in Student(file).ask(np.load(clip)):
        print(f"{chance:7.3f}   {name}")
