"""SegFormer and UperNet of the transformers library, built from a configuration in the card: no hub, no code."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mtkd_engine.nets.classification.from_transformers import config_of, library_of_transformers, refuse_value
from mtkd_engine.nets.classification.library import LibraryNet, built
from mtkd_engine.nets.dense.base import DenseNet
from mtkd_engine.spec import PictureInput, SegformerNet, SpecError, UperNet


class LibraryMaps(LibraryNet, DenseNet):
    """A network of transformers for semantic segmentation; in files its tensors have the library's names."""

    def __init__(self, net: SegformerNet | UperNet, *, outputs: int | None, reads: PictureInput) -> None:
        is_segformer = isinstance(net, SegformerNet)
        try:
            model = built(
                _model,
                net,
                outputs or 1,
                reads,
                reads=reads,
                field="net.config" if is_segformer else "net.backbone.config",
                what=f"a network of family {net.family!r}",
            )
        except SpecError as error:
            raise error if is_segformer else _of_backbone(error) from None
        super().__init__(model)
        self._outputs = outputs

    def forward(self, given: Tensor) -> Tensor:
        """This will give the logits (B, C, h, w), or (B, h, w), of pictures (B, 3, H, W)."""
        logits: Tensor = self.net(pixel_values=given, return_dict=True).logits
        return logits.squeeze(1) if self._outputs is None else logits


def _of_backbone(error: SpecError) -> SpecError:
    return SpecError(
        {path.replace("net.config", "net.backbone.config"): why for path, why in error.fields.items()}
    )


def _model(net: SegformerNet | UperNet, outputs: int, reads: PictureInput) -> nn.Module:
    return _segformer(net, outputs) if isinstance(net, SegformerNet) else _upernet(net, outputs, reads)


def _segformer(net: SegformerNet, outputs: int) -> nn.Module:
    transformers = library_of_transformers()
    known = config_of("segformer")
    for key, value in net.config.items():
        refuse_value(key, value, known=known)
    config = transformers.SegformerConfig(**net.config, num_labels=outputs, num_channels=3)
    made: nn.Module = transformers.SegformerForSemanticSegmentation(config)
    return made


def _upernet(net: UperNet, outputs: int, reads: PictureInput) -> nn.Module:
    transformers = library_of_transformers()
    kind = net.backbone.model_type
    known = config_of(kind)
    for key, value in net.backbone.config.items():
        refuse_value(key, value, known=known)
    stated: dict[str, Any] = {**net.backbone.config, "num_channels": 3}
    inside = transformers.CONFIG_MAPPING[kind]
    if "image_size" in inside().to_dict():
        stated["image_size"] = (reads.height, reads.width)
    backbone = inside(**stated)
    backbone.out_features = [f"stage{place + 1}" for place in range(len(backbone.depths))]
    config = transformers.UperNetConfig(
        backbone_config=backbone,
        hidden_size=net.width,
        pool_scales=list(net.pool_scales),
        # Its logits are seen by a loss of the library's alone.
        use_auxiliary_head=False,
        num_labels=outputs,
    )
    made: Any = transformers.UperNetForSemanticSegmentation(config)
    if kind == "swin":  # it comes after the last stage, where nothing reads what it gives
        made.backbone.swin.layernorm = nn.Identity()
    whole: nn.Module = made
    return whole
