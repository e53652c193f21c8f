"""Classifiers that teach each other: someone else's ResNets, two Transformers trained here, and a planted expert."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench import classify
from tests.bench.zoo_rows import SEEDS, Asked, Zoo, mean_gain, run_solo, run_zoos, table

TRAINED = 10_000
"""Training images, those with the smallest sha256 of their ids, so that 3 seeds of 5 zoos end within hours."""
EPOCHS = 2
OPTIM = {
    "epochs": EPOCHS,
    "batch_size": 128,
    "learning_rate": 0.01,
    "precision": "bfloat16",
    "channels_last": True,
}
VITS = {"vit-64": (64, 4), "vit-128": (128, 6)}
"""By name the width and the number of layers."""
VIT_OPTIM = {
    "epochs": 12,
    "batch_size": 128,
    "optimizer": "adamw",
    "learning_rate": 1e-3,
    "weight_decay": 0.05,
    "precision": "bfloat16",
}
VIT_FINE = {**VIT_OPTIM, "epochs": EPOCHS, "learning_rate": 1e-4}
SEEN = 5
"""Classes that the expert saw."""
EXPERT = {
    "epochs": 8,
    "batch_size": 128,
    "learning_rate": 0.1,
    "precision": "bfloat16",
    "channels_last": True,
}


def run(data: Path, teachers: Path, base: Path) -> dict[str, Any]:
    """This will print the tables and give the same numbers."""
    whole = base / "dataset"
    classify.split_off(data, whole)
    _fewer(whole, base / "fewer")
    taken = {
        name: sealed / "model.safetensors" for name, (sealed, _) in classify.take_in(teachers, base).items()
    }
    print(f"\n### Transfer between classifiers, {len(SEEDS)} seeds, {EPOCHS} epochs of {TRAINED:,} images\n")
    resnets = _resnets(taken, base)
    vits = _transformers(base)
    zoos, alone = {**resnets[0], **vits[0]}, {**resnets[1], **vits[1]}
    rows = table(zoos, alone, ["top1"])
    means = {
        "resnets": mean_gain(*resnets),
        "vits": mean_gain(*vits),
    }
    return {"participants": rows, **means, "expert": _expert(base), "seeds": len(SEEDS)}


Runs = tuple[dict[str, list[Zoo]], dict[str, list[Zoo]]]


def _resnets(taken: Mapping[str, Path], base: Path) -> Runs:
    """All pairs and the triple; each alone is trained once for each seed, in the job of the triple."""
    names = sorted(taken)
    pairs = [[a, b] for place, a in enumerate(names) for b in names[place + 1 :]]
    groups = [names, *pairs] if len(names) > 2 else pairs
    found = _together(groups, taken, OPTIM, base, alone_in=groups[0])
    return found, {zoo: found["+".join(groups[0])] for zoo in found}


def _transformers(base: Path) -> Runs:
    """Two sizes of one family, trained here on the same images, then together."""
    asked = [
        Asked(f"train-{name}", _spec({"student": {"net": _vit(*size)}, "optim": VIT_OPTIM, "seed": 7}), {})
        for name, size in VITS.items()
    ]
    trained = dict(zip(VITS, run_solo(asked, base=base), strict=True))
    found = _together([list(VITS)], trained, VIT_FINE, base, alone_in=list(VITS))
    return found, found


def _together(
    groups: Sequence[Sequence[str]],
    models: Mapping[str, Path],
    optim: Mapping[str, Any],
    base: Path,
    *,
    alone_in: Sequence[str],
) -> dict[str, list[Zoo]]:
    asked = [
        Asked(
            f"{'+'.join(group)}-{seed}",
            _spec(
                {
                    "method": {"kind": "mutual"},
                    "optim": dict(optim),
                    "seed": seed,
                    "evaluation": {"compare_solo": list(group) == list(alone_in)},
                }
            ),
            {name: models[name] for name in group},
        )
        for seed in SEEDS
        for group in groups
    ]
    ended = run_zoos(asked, base=base)
    found: dict[str, list[Zoo]] = {"+".join(group): [] for group in groups}
    for one, zoo in zip(asked, ended, strict=True):
        found[one.name.rsplit("-", 1)[0]].append(zoo)
    return found


def _expert(base: Path) -> dict[str, float]:
    """An expert that saw half of the classes, and a generalist that began with all: who teaches what?"""
    rows = pq.read_table(base / "fewer" / "train.parquet", columns=["id", "label"]).to_pylist()
    for split in ("val", "test"):
        rows += pq.read_table(base / "fewer" / f"{split}.parquet", columns=["id", "label"]).to_pylist()
    (base / "unseen").write_text("\n".join(str(row["id"]) for row in rows if row["label"] >= SEEN))
    net = {"net": {"family": "cifar_resnet", "depth": 14}}
    expert = _spec({"student": net, "optim": EXPERT, "seed": 1})
    expert["data"] = {**expert["data"], "leave_out": ["unseen"]}
    generalist = _spec({"student": net, "optim": {**EXPERT, "epochs": 3}, "seed": 2})
    asked = [Asked("expert", expert, {}), Asked("generalist", generalist, {})]
    models = dict(zip(("generalist", "expert"), run_solo(asked, base=base)[::-1], strict=True))
    spec = _spec({"method": {"kind": "mutual"}, "optim": {**OPTIM, "epochs": 1}})
    run_zoos([Asked("with-expert", spec, models)], base=base)
    table_of = pq.read_table(base / "jobs/with-expert/artifacts/1-generalist.per_sample.parquet").to_pylist()
    tested = [row for row in table_of if row["split"] == "test"]
    seen = set(_classes(base)[:SEEN])
    shares = {
        kind: float(np.mean([row["expert/weight"] for row in tested if (row["label"] in seen) == known]))
        for kind, known in (("seen", True), ("others", False))
    }
    print(
        f"\nA planted expert of {SEEN} classes teaches {shares['seen']:.1%} of their test samples and "
        f"{shares['others']:.1%} of the others."
    )
    return shares


def _classes(base: Path) -> list[str]:
    import json

    return list(json.loads((base / "fewer" / "classes.json").read_text()))


def _vit(width: int, layers: int) -> dict[str, Any]:
    config = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": width // 32,
        "intermediate_size": 4 * width,
        "patch_size": 4,
    }
    return {"family": "transformers", "model_type": "vit", "config": config}


def _spec(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "task": "classification",
        "data": {"dataset": "fewer", "augment": {"views": 10}},
        "recording": {"log_every": 50, "checkpoint_every": 100_000},
        **parts,
    }


def _fewer(whole: Path, folder: Path) -> None:
    """The dataset with a part of its training images."""
    if folder.exists():
        return
    partial = folder.with_name("fewer.partial")
    partial.mkdir(parents=True, exist_ok=True)
    for name in ("classes.json", "val.parquet", "test.parquet"):
        (partial / name).write_bytes((whole / name).read_bytes())
    train = pq.read_table(whole / "train.parquet")
    ids = [str(one) for one in train.column("id").to_pylist()]
    chosen = set(sorted(ids, key=lambda one: hashlib.sha256(one.encode()).digest())[:TRAINED])
    pq.write_table(train.filter(pa.array([one in chosen for one in ids])), partial / "train.parquet")
    partial.rename(folder)
