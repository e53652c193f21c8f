"""A trained student taken away: its ONNX file says what the network says, and so does what its card tells to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from mtkd_engine.__main__ import main
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.evaluation.student import predict_ranked
from mtkd_engine.export.feeding import INPUTS, output_names
from mtkd_engine.export.onnxfile import FEEDING_KEY, TOLERANCE, _compare, form_of
from mtkd_engine.modelfile import HEADER_KEY, load_model, save_model, student_file
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from tests.engine.export.networks import inputs, needs_onnx
from tests.engine.learnt import NETS, Learnt

pytestmark = [pytest.mark.slow, needs_onnx]
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


@dataclass(frozen=True)
class Taken:
    """A folder that `export` wrote, and what is known on the platform of the student in it."""

    out: Path
    world: Path
    model: nn.Module
    card: GroundingCard


@pytest.fixture(scope="module", params=NETS)
def taken(
    request: pytest.FixtureRequest,
    learnt: Learnt,
    tmp_path_factory: pytest.TempPathFactory,
    translations: None,
) -> Taken:
    """A student of each family, taken away once: translating it takes longer than the tests do."""
    world, folder = learnt.world(), tmp_path_factory.mktemp(request.param)
    run, out = learnt.run(request.param), folder / "out"
    if request.param in HASTY:
        run = hasty(run, folder / "run")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MTKD_ONNX", "1")
        assert main(["export", "--student", str(run), "--out", str(out), "--data", str(world)]) == 0
    model, card = load_model(out / "student.safetensors")
    return Taken(out=out, world=world, model=model, card=card)


def test_the_file_says_what_the_network_says_of_any_number_of_samples(taken: Taken) -> None:
    import onnxruntime

    card, path = taken.card, taken.out / "student.onnx"
    form = form_of(card)
    batches = [
        inputs(card, samples=samples, words=words) for samples, words in ((5, card.max_words), (1, 1), (2, 2))
    ]
    fed = [dict(zip(form.inputs, form.given(batch), strict=True)) for batch in batches]
    parity = _compare(form.plain(taken.model), path, fed)
    assert parity.samples == 8
    assert parity.difference <= TOLERANCE
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [given.name for given in session.get_inputs()] == list(INPUTS)
    assert [said.name for said in session.get_outputs()] == list(output_names(card))
    features, clip_mask, words, word_mask = (given.shape for given in session.get_inputs())
    assert isinstance(features[0], str)  # any number
    assert features[1:] == [card.net.clips, card.feature_width]
    assert clip_mask[1] == card.net.clips
    assert words[1] == word_mask[1]
    assert isinstance(words[1], str) if card.net.family == "span" else words[1] == card.max_words
    told = session.get_modelmeta().custom_metadata_map
    assert GroundingCard.model_validate_json(told[HEADER_KEY]) == card
    feeding = json.loads(told[FEEDING_KEY])
    assert (feeding["opset"], feeding["family"]) == (18, card.net.family)
    assert feeding["temperature"] == card.temperature != 1.0
    assert {left.name for left in taken.out.iterdir()} >= {"student.onnx", "MODEL_CARD.md"}
    assert not list(taken.out.glob("*.partial"))


def test_the_exported_student_predicts_what_the_platform_predicts(taken: Taken, tmp_path: Path) -> None:
    out, world, card = taken.out, taken.world, taken.card
    dataset = load_dataset(world)
    samples = [sample for split in dataset.splits.values() for sample in split][:SAMPLES]
    assert len(samples) == SAMPLES
    split = SplitData(samples, Collator.of(card, dataset.needed_features()), device="cpu")
    windows_NK2, scores_NK = predict_ranked(taken.model, split, k=1, temperature=card.temperature)

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
