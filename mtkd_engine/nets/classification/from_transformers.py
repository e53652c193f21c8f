"""Image classifiers of the transformers library, built from a configuration in the card: no hub, no code of others."""

from __future__ import annotations

import os
from typing import Any

from torch import Tensor, nn

from mtkd_engine.nets.classification.library import LibraryClassifier, built, near
from mtkd_engine.spec import ImageInput, SpecError, TransformersNet
from mtkd_engine.spec.classification.nets import ConfigValue

FIELD = "net.config"
LARGEST_VALUE = 100_000
MOST_LAYERS = 200
LARGEST_FACTOR = 10
LONGEST_LIST = 64
ENCODERS = (
    *(
        "convnext",
        "convnextv2",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilevit",
        "poolformer",
        "regnet",
        "resnet",
    ),
    *("segformer", "swin", "vit"),
)
"""Model types whose inner maps are known to cover pictures of any shape."""
_OURS = ("num_labels", "id2label", "label2id", "num_channels", "image_size")
"""Keys that the card states elsewhere: its classes, and what it reads."""


class TransformersClassifier(LibraryClassifier):
    """A model for image classification; its `classifier` is taken out, so that what it reads are the features."""

    def __init__(self, net: TransformersNet, *, classes: int, input: ImageInput) -> None:  # noqa: A002
        model = built(
            _model,
            net,
            classes,
            input.channels,
            input.size,
            reads=input,
            field=FIELD,
            what=f"a network of type {net.model_type!r}",
        )
        super().__init__(model, outside=("classifier.",))
        self.classifier = model.classifier
        model.classifier = nn.Identity()
        linear = [part for part in self.classifier.modules() if isinstance(part, nn.Linear)]
        self.feature_width = linear[-1].in_features

    def features(self, images_BCHW: Tensor) -> Tensor:
        """This will give what the classifier reads, (B, F)."""
        pooled: Tensor = self.net(pixel_values=images_BCHW, return_dict=True).logits
        return pooled.flatten(1)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        logits: Tensor = self.classifier(features_BF)
        return logits


def config_of(model_type: str) -> dict[str, Any]:
    """This will give the keys that a model type's configuration may set, with the library's defaults."""
    transformers = library_of_transformers()
    plain = transformers.PretrainedConfig().to_dict()
    own = transformers.CONFIG_MAPPING[model_type]().to_dict()
    return {key: value for key, value in own.items() if key not in plain and key not in _OURS + _DERIVED}


_DERIVED = ("model_type", "stage_names", "out_features", "out_indices")


def library_of_transformers() -> Any:
    """This will import the library, told to stay away from its hub."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers

    return transformers


def _model(net: TransformersNet, classes: int, channels: int, size: int) -> Any:
    transformers = library_of_transformers()
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as NAMES

    known = config_of(net.model_type)
    for key, value in net.config.items():
        refuse_value(key, value, known=known)
    stated = {**net.config, "num_labels": classes, "num_channels": channels}
    kind = transformers.CONFIG_MAPPING[net.model_type]
    if "image_size" in kind().to_dict():
        stated["image_size"] = size
    # The automatic class fails for types that have several models; of those the first is the plain one.
    name = NAMES[net.model_type]
    model = getattr(transformers, name if isinstance(name, str) else name[0])
    return model(kind(**stated))


def encoder_of(net: TransformersNet, *, height: int, width: int) -> Any:
    """This will build a network of a type in `ENCODERS` without its classifier, for pictures of a size in colour.

    Raises SpecError, field `net.model_type` or `net.config`.
    """
    if net.model_type not in ENCODERS:
        raise SpecError(
            {"net.model_type": f"given {net.model_type!r}, accepted are {', '.join(map(repr, ENCODERS))}."}
        )
    transformers = library_of_transformers()
    known = config_of(net.model_type)
    for key, value in net.config.items():
        refuse_value(key, value, known=known)
    kind = transformers.CONFIG_MAPPING[net.model_type]
    size = {"image_size": (height, width)} if "image_size" in kind().to_dict() else {}
    return transformers.AutoModel.from_config(kind(**net.config, **size, num_channels=3))


def refuse_value(key: str, value: ConfigValue, *, known: dict[str, Any]) -> None:
    """This will refuse what is no part of an architecture, or would take hours to build before it is found too large.

    Raises SpecError, field `net.config`.
    """
    if key in _OURS:
        raise _refusal(f"given {key!r}, which follows from the card's classes and input; accepted is none.")
    if key not in known:
        raise _refusal(f"given the key {key!r}, which this type does not have{near(key, known)}.")
    listed = value if isinstance(value, list) else [value]
    if isinstance(value, list) != isinstance(known[key], list | tuple):
        raise _refusal(f"given {key} {str(value)[:60]}, accepted is a value such as {known[key]!r}.")
    if len(listed) > LONGEST_LIST:
        raise _refusal(f"given {len(listed)} values of {key}, accepted are up to {LONGEST_LIST}.")
    most = (
        MOST_LAYERS
        if any(word in key for word in ("depth", "layers", "repeats", "blocks"))
        else LARGEST_VALUE
    )
    for number in listed:
        if isinstance(number, int | float) and not -1 <= number <= most:
            raise _refusal(f"given {key} {number}, accepted is up to {most:,}.")
    numbers = [number for number in listed if isinstance(number, int | float)]
    if most == MOST_LAYERS and sum(numbers) > most:
        raise _refusal(f"given {key} of {sum(numbers):,} together, accepted are up to {most:,}.")
    if (
        any(word in key for word in ("coefficient", "multiplier"))
        and max(numbers, default=0) > LARGEST_FACTOR
    ):
        raise _refusal(f"given {key} {max(numbers)}, accepted is up to {LARGEST_FACTOR}.")


def _refusal(sentence: str) -> SpecError:
    return SpecError({FIELD: sentence})
