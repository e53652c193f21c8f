"""Ask an exported student where a video shows what a sentence says; needs numpy and onnxruntime alone.

python read_student.py student.onnx features.npy DURATION "the sentence"
"""

from __future__ import annotations

import json
import re
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
        words = json.loads(said["mtkd.model"])["vocabulary"]
        self.number_of = {word: number for number, word in enumerate(words)}

    def ask(self, rows: Any, sentence: str, *, duration: float, best: int = 5) -> list[tuple[float, ...]]:
        """This will give the likeliest windows of (T, D) feature rows as (start, end, probability), best first."""
        clips, outputs = self.run(rows, sentence)
        scores, windows = self.read(outputs, clips=clips, duration=duration)
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-scores, kind="stable")[:best]
        return [(*map(float, windows[place]), float(chances[place])) for place in order]

    def run(self, rows: Any, sentence: str) -> tuple[int, dict[str, Any]]:
        """This will feed one video and one sentence, and give the number of clips and the outputs by name."""
        video, text = self.feeding["video"], self.feeding["sentence"]
        seen = self.resample(np.asarray(rows, np.float32), video["clips"])
        features = np.zeros((1, video["clips"], video["feature_width"]), np.float32)
        features[0, : len(seen)] = seen
        mask = np.arange(video["clips"])[None] < len(seen)
        found = re.findall(text["word_pattern"], sentence.lower())[: text["most_words"]]
        numbers = [self.number_of.get(word, text["unknown"]) for word in found] or [text["unknown"]]
        wanted = self.feeding["inputs"]["words"]["shape"][1]
        words = np.zeros((1, wanted if isinstance(wanted, int) else len(numbers)), np.int64)
        words[0, : len(numbers)] = numbers
        heard = np.arange(words.shape[1])[None] < len(numbers)
        fed = {"features": features, "clip_mask": mask, "words": words, "word_mask": heard}
        outputs = dict(zip(self.feeding["outputs"], self.session.run(None, fed), strict=True))
        return len(seen), {name: values[0] for name, values in outputs.items()}

    @staticmethod
    def resample(rows: Any, clips: int) -> Any:
        """This will average T rows down to min(T, clips), each row weighing the time it shares with the clip."""
        count = len(rows)
        kept = min(count, clips)
        if kept == count:
            return rows
        clip, row = np.arange(kept)[:, None] * count, np.arange(count) * kept
        shared = np.minimum(clip + count, row + kept) - np.maximum(clip, row)
        return (shared.clip(min=0) / count).astype(np.float32) @ rows

    def read(self, outputs: dict[str, Any], *, clips: int, duration: float) -> tuple[Any, Any]:
        """This will give every window's score (its log-probability but for a constant) and its ends in seconds."""
        if "windows" in outputs:
            valid = outputs["valid"]
            return outputs["scores"][valid] / self.feeding["temperature"], outputs["windows"][
                valid
            ] * duration
        table = outputs["map"] if "map" in outputs else outputs["start"][:, None] + outputs["end"]
        first, last = np.triu_indices(clips)
        ends = np.stack([first, last + 1], axis=1) * (duration / clips)
        return table[first, last] / self.feeding["temperature"], ends


if __name__ == "__main__":
    file, features, seconds, asked = sys.argv[1:]
    for start, end, chance in Student(file).ask(np.load(features), asked, duration=float(seconds)):
        print(f"{start:8.2f} s to {end:8.2f} s   {chance:.3f}")
