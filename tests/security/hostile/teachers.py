"""Model files that nobody should load."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from mtkd_engine.modelfile import HEADER_KEY
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import GroundingCard, SpanNet
from tests.security.hostile.base import HUGE, Case, Runs, cut, zip_of

NET = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)
CARD = GroundingCard(net=NET, feature_width=4, max_words=6, vocabulary=("<pad>", "<unk>", "red"))


def parameters() -> dict[str, torch.Tensor]:
    """This will give the parameters of the small architecture."""
    torch.manual_seed(0)
    return build(NET, feature_width=4, vocabulary_size=3).state_dict()


def _model(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        changed = {name: tensor.clone() for name, tensor in parameters().items()}
        change(changed)
        path = folder / "model.safetensors"
        path.write_bytes(save(changed, metadata={HEADER_KEY: CARD.model_dump_json()}))
        return path

    return make


def _header(change: Callable[[dict[str, Any]], object], *, body: int | None = None) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        whole = save(parameters(), metadata={HEADER_KEY: CARD.model_dump_json()})
        size = int.from_bytes(whole[:8], "little")
        header = json.loads(whole[8 : 8 + size])
        change(header)
        text = json.dumps(header).encode()
        path = folder / "model.safetensors"
        with path.open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text + whole[8 + size :])
            if body is not None:
                file.truncate(8 + len(text) + body)  # sparse: claims the bytes, takes no disk
        return path

    return make


def _first(header: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = header[next(name for name in header if name != "__metadata__")]
    return found


def _second(header: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = header[[name for name in header if name != "__metadata__"][1]]
    return found


def _bytes(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def _torch(name: str, thing: Any, **how: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        torch.save(thing, path, **how)
        return path

    return make


CASES = (
    Case("pickle", "protocol 0", "teacher", _bytes("model.pkl", pickle.dumps(Runs(), protocol=0)), "pickle"),
    Case(
        "pickle",
        "protocol 5 named safetensors",
        "teacher",
        _bytes("model.safetensors", pickle.dumps(Runs(), protocol=5)),
        "pickle",
    ),
    Case(
        "pickle",
        "torch, old form",
        "teacher",
        _torch("model.pth", [Runs()], _use_new_zipfile_serialization=False),
        "which is code",
    ),
    Case(
        "torch archive",
        ".pt of a list",
        "teacher",
        _torch("model.pt", [1, 2]),
        "holds no state dict",
    ),
    Case(
        "torch archive",
        "TorchScript",
        "teacher",
        zip_of(
            "model.pt",
            {
                "m/code/__torch__.py": b"class M: pass",
                "m/data.pkl": b"\x80\x02.",
                "m/constants.pkl": b"\x80\x02.",
            },
        ),
        "TorchScript",
    ),
    Case(
        "torch archive",
        ".pt2 program",
        "teacher",
        zip_of("model.pt2", {"m/models/model.json": b"{}", "m/archive_format": b"pt2"}),
        ".pt2",
    ),
    Case(
        "lying header",
        "shape larger than its bytes",
        "teacher",
        _header(lambda h: _first(h).update(shape=[10**6, 10])),
        "model.safetensors",
    ),
    Case(
        "lying header",
        "overlapping tensors",
        "teacher",
        _header(lambda h: _second(h).update(data_offsets=_first(h)["data_offsets"])),
        "model.safetensors",
    ),
    Case(
        "lying header",
        "length beyond the file",
        "teacher",
        _bytes("model.safetensors", struct.pack("<Q", 2**40) + b"{}"),
        "model.safetensors",
    ),
    Case(
        "100 GB claimed",
        "safetensors",
        "teacher",
        _header(
            lambda h: h.update(big={"dtype": "U8", "shape": [HUGE], "data_offsets": [0, HUGE]}), body=HUGE
        ),
        "model.safetensors",
    ),
    Case(
        "not finite",
        "NaN parameter",
        "teacher",
        _model(lambda p: next(iter(p.values())).view(-1)[0].fill_(float("nan"))),
        "NaN",
    ),
    Case(
        "not finite",
        "infinite parameter",
        "teacher",
        _model(lambda p: next(iter(p.values())).view(-1)[0].fill_(float("inf"))),
        "infinite",
    ),
    Case("wrong architecture", "tensor missing", "teacher", _model(lambda p: p.pop(sorted(p)[0])), "missing"),
    Case(
        "wrong architecture",
        "other shape",
        "teacher",
        _model(lambda p: p.update({sorted(p)[0]: torch.zeros(3, 3, 3)})),
        "does not fit",
    ),
    Case(
        "wrong architecture",
        "other dtype",
        "teacher",
        _model(
            lambda p: p.update(
                {name: tensor.half() for name, tensor in list(p.items()) if tensor.is_floating_point()}
            )
        ),
        "float16",
    ),
    Case(
        "wrong architecture",
        "prefixed names",
        "teacher",
        _model(lambda p: p.update({f"module.{name}": p.pop(name) for name in list(p)})),
        "module.",
    ),
    Case("truncated", "safetensors", "teacher", cut("", _model(lambda p: None)), "model.safetensors"),
)
