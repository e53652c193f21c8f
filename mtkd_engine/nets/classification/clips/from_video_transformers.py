"""Video classifiers of the transformers library, built from a configuration in the card: no hub, no code of others."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mtkd_engine.nets.classification.from_transformers import (
    FIELD,
    config_of,
    library_of_transformers,
    refuse_value,
)
from mtkd_engine.nets.classification.library import LibraryClassifier, built
from mtkd_engine.spec import ImageInput, SpecError
from mtkd_engine.spec.classification.clipnets import VideoTransformersNet
from mtkd_engine.spec.classification.inputs import ClipInput

MOST_TOKENS = 16_384
MOST_NUMBERS = 2**23
"""Of tokens times width: VideoMAE makes its table of positions number by number, a second for each million."""
_MODELS = {
    "videomae": "VideoMAEForVideoClassification",
    "timesformer": "TimesformerForVideoClassification",
    "vivit": "VivitForVideoClassification",
}


class VideoTransformersClassifier(LibraryClassifier):
    """A model for video classification; its `classifier` is taken out, so that what it reads are the features."""

    def __init__(self, net: VideoTransformersNet, *, classes: int, input: ClipInput) -> None:  # noqa: A002
        reads = ImageInput(size=input.size, mean=input.mean, std=input.std)
        made = built(
            _of_one_image,
            net,
            classes,
            input,
            reads=reads,
            field=FIELD,
            what=f"a network of type {net.model_type!r} for clips of {input.frames} frames",
        )
        super().__init__(made.model, outside=("classifier.",))
        self.classifier: nn.Linear = made.model.classifier
        made.model.classifier = nn.Identity()
        self.feature_width = self.classifier.in_features

    def features(self, clip_BTCHW: Tensor) -> Tensor:
        """This will give what the classifier reads, (B, F)."""
        pooled_BF: Tensor = self.net(pixel_values=clip_BTCHW, return_dict=True).logits
        return pooled_BF

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        logits: Tensor = self.classifier(features_BF)
        return logits


class _OneImage(nn.Module):
    """A video classifier that sees an image for as long as a clip: how it is tried out before it takes memory."""

    def __init__(self, model: Any, *, frames: int) -> None:
        super().__init__()
        self.model = model
        self._frames = frames

    def forward(self, images_BCHW: Tensor) -> Any:
        return self.model(pixel_values=images_BCHW.unsqueeze(1).expand(-1, self._frames, -1, -1, -1))


def _of_one_image(net: VideoTransformersNet, classes: int, reads: ClipInput) -> _OneImage:
    return _OneImage(_model(net, classes=classes, reads=reads), frames=reads.frames)


def _model(net: VideoTransformersNet, *, classes: int, reads: ClipInput) -> Any:
    transformers = library_of_transformers()
    known = config_of(net.model_type)
    known.pop("num_frames")
    for key, value in net.config.items():
        if key == "num_frames":
            raise SpecError(
                {FIELD: f"given {key!r}, which follows from the card's classes and input; accepted is none."}
            )
        refuse_value(key, value, known=known)
    _refuse_many_tokens({**known, **net.config}, reads)
    config = transformers.CONFIG_MAPPING[net.model_type](
        **net.config,
        num_labels=classes,
        num_channels=reads.channels,
        image_size=reads.size,
        num_frames=reads.frames,
    )
    model = getattr(transformers, _MODELS[net.model_type])(config)
    if net.model_type == "videomae":
        _keep_positions_with_parameters(model.videomae.embeddings)
    return model


def _refuse_many_tokens(stated: dict[str, Any], reads: ClipInput) -> None:
    tubelet = stated.get("tubelet_size", 1)
    time, *space = tubelet if isinstance(tubelet, list | tuple) else (tubelet, stated["patch_size"])
    if min(time, *space) < 1:
        raise SpecError({FIELD: f"given patches of size {[time, *space]}, accepted are sizes of 1 and more."})
    rows, columns = (reads.size // side for side in (space[0], space[-1]))
    tokens = reads.frames // time * rows * columns
    most = min(MOST_TOKENS, MOST_NUMBERS // max(1, stated["hidden_size"]))
    if tokens > most:
        raise SpecError(
            {
                FIELD: f"given {tokens:,} patches of a clip at a width of {stated['hidden_size']:,}, "
                f"accepted are up to {most:,}."
            }
        )


def _keep_positions_with_parameters(embeddings: Any) -> None:
    """The table is no parameter of the library's, and would be copied to the device in every step."""
    table: Tensor = embeddings.position_embeddings
    del embeddings.position_embeddings
    embeddings.register_buffer("position_embeddings", table, persistent=False)
