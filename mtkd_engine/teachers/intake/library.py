"""What `config.json` of the transformers library says of a checkpoint saved beside it, as a person would say it.

`save_pretrained` leaves it with the parameters; `preprocessor_config.json`, where it lies beside, says how what is read
is prepared. Nothing of either is executed: keys that an architecture here does not have are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.modelfile import LARGEST_CARD, ModelError
from mtkd_engine.nets.classification.from_transformers import config_of
from mtkd_engine.spec.classification.clipnets import VIDEO_TRANSFORMERS
from mtkd_engine.spec.classification.nets import TRANSFORMERS

CONFIG, PREPARING = "config.json", "preprocessor_config.json"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5,) * 3, (0.5,) * 3)
_USUAL = {"timesformer": ((0.45,) * 3, (0.225,) * 3), "vivit": _HALF, "vit": _HALF, "deit": _IMAGENET}
"""Mean and spread that a type's published checkpoints want, where that is not ImageNet's."""
_SIZE = 224


def is_library_config(stated: Mapping[str, Any]) -> bool:
    """This will tell the library's file from what is said of a classifier here."""
    return isinstance(stated.get("model_type"), str) and not {"net", "classes", "task"} & stated.keys()


def statement_of(config: Mapping[str, Any], *, beside: Path) -> dict[str, Any]:
    """This will say network, classes and input; `beside` is where `preprocessor_config.json` may lie.

    Raises ModelError for a type that is not built here.
    """
    kind = config["model_type"]
    if kind not in (*TRANSFORMERS, *VIDEO_TRANSFORMERS):
        accepted = ", ".join((*TRANSFORMERS, *VIDEO_TRANSFORMERS))
        raise ModelError(f"{CONFIG}: given the model_type {kind!r:.80}, accepted is one of {accepted}.")
    is_video = kind in VIDEO_TRANSFORMERS
    defaults = config_of(kind)
    own = own_values(config, defaults)
    own.pop("num_frames", None)
    prepared = preparing_beside(beside)
    mean, std = _USUAL.get(kind, _IMAGENET)
    reads = {
        "size": _size(config, prepared),
        "mean": _of_channels(prepared.get("image_mean", mean), config),
        "std": _of_channels(prepared.get("image_std", std), config),
    }
    if is_video:
        reads |= {"kind": "clip", "frames": config.get("num_frames", defaults["num_frames"])}
    return {
        "net": {
            "family": "video_transformers" if is_video else "transformers",
            "model_type": kind,
            "config": own,
        },
        "classes": classes_in(config),
        "input": reads,
    }


def own_values(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """This will give the values of a configuration that are known here and differ from the library's defaults."""
    return {
        key: value
        for key, value in config.items()
        if key in defaults and _is_plain(value) and value != _plain(defaults[key])
    }


def preparing_beside(beside: Path) -> Mapping[str, Any]:
    """This will read how what is read is prepared, {} where that is not said; raises ModelError."""
    path = beside / PREPARING
    if not path.is_file():
        return {}
    try:
        return read_json_object(path, most_bytes=LARGEST_CARD)
    except DataError as error:
        raise ModelError(str(error)) from None


def _size(config: Mapping[str, Any], prepared: Mapping[str, Any]) -> Any:
    """Pixels a side: what positions are counted for, what images are cut to, or what most read."""
    stated = (
        _side(one) for one in (config.get("image_size"), prepared.get("crop_size"), prepared.get("size"))
    )
    return next((side for side in stated if side is not None), _SIZE)


def _side(stated: Any) -> Any:
    if isinstance(stated, Mapping):
        return stated.get("height", stated.get("shortest_edge"))
    is_square = isinstance(stated, list) and len(set(map(str, stated))) == 1
    return stated[0] if is_square else stated


def _of_channels(values: Any, config: Mapping[str, Any]) -> Any:
    return [values[0]] if config.get("num_channels", 3) == 1 and len(values) == 3 else values


def classes_in(config: Mapping[str, Any]) -> Any:
    """This will give names in the order of the outputs; those that the library makes up stand for the dataset's."""
    named = config.get("id2label")
    if not isinstance(named, Mapping) or not named:
        return "dataset"
    names = [named.get(str(place)) for place in range(len(named))]
    made_up = [f"LABEL_{place}" for place in range(len(named))]
    return "dataset" if names == made_up else names


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | list)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
