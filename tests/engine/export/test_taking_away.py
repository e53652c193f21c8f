"""A trained student taken away: what its model card tells to do gives what the platform says, without torch."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.__main__ import main
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.evaluation.student import predict_ranked
from mtkd_engine.export.onnxfile import TOLERANCE
from mtkd_engine.modelfile import load_model, save_model, student_file
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from tests.engine.export.networks import needs_onnx
from tests.engine.learnt import NETS, Learnt

pytestmark = [pytest.mark.slow, needs_onnx, pytest.mark.usefixtures("translations")]
SAMPLES = 500
LONGEST = 6
"""Words of a sentence that a hasty student reads: some sentences of the world have fewer, and some have more."""
HASTY = ("map2d", "proposal")
"""Families of which a hasty student is taken away; the others as they were trained."""
ASK_ALL = """
import json, sys
import numpy as np
student = Student(sys.argv[1])
features = np.load(sys.argv[2])
for line in open(sys.argv[3]):
    asked = json.loads(line)
    print(json.dumps(student.ask(features[asked["video"]], asked["sentence"], duration=asked["duration"], best=1)))
assert "torch" not in sys.modules and not any(name.startswith("mtkd") for name in sys.modules)
"""


def hasty(run: Path, folder: Path) -> Path:
    """A job's student that reads only the first words of a sentence: its GRU is written out for each of them."""
    student = student_file(run)
    shutil.copytree(student.parent, folder)
    model, card = load_model(student)
    shorter = card.model_copy(update={"max_words": LONGEST})
    save_model(folder / student.name, parameters=model.state_dict(), card=shorter)
    return folder


@pytest.mark.parametrize("family", NETS)
def test_the_exported_student_predicts_what_the_platform_predicts(
    learnt: Learnt, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, out = learnt.world(), tmp_path / "out"
    run = learnt.run(family)
    if family in HASTY:
        run = hasty(run, tmp_path / "run")
    monkeypatch.setenv("MTKD_ONNX", "1")
    assert main(["export", "--student", str(run), "--out", str(out), "--data", str(world)]) == 0

    model, card = load_model(out / "student.safetensors")
    dataset = load_dataset(world)
    samples = [sample for split in dataset.splits.values() for sample in split][:SAMPLES]
    assert len(samples) == SAMPLES
    split = SplitData(samples, Collator.of(card, dataset.needed_features()), device="cpu")
    windows_NK2, scores_NK = predict_ranked(model, split, k=1, temperature=card.temperature)

    asked = tmp_path / "asked.jsonl"
    lines = [{"video": s.video_id, "sentence": s.sentence, "duration": s.duration} for s in samples]
    asked.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    code = re.search(r"```python\n(.*?)```", (out / "MODEL_CARD.md").read_text(), re.DOTALL)
    assert code is not None
    reader = tmp_path / "reader.py"
    reader.write_text(code[1].partition("if __name__")[0] + ASK_ALL)
    features = world / "features.npz"
    said = subprocess.run(
        [sys.executable, reader, out / "student.onnx", features, asked],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    found = np.array([json.loads(line)[0] for line in said.stdout.splitlines()])
    np.testing.assert_allclose(found[:, :2], windows_NK2[:, 0].numpy(), atol=TOLERANCE)
    np.testing.assert_allclose(found[:, 2], scores_NK[:, 0].numpy(), atol=TOLERANCE)
