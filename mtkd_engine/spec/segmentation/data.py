"""Which pictures with masks a job learns from; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mtkd_engine.spec.dense.data import DenseDataSpec


class MaskDataSpec(DenseDataSpec):
    """A dataset of pictures, each with a mask that tells the class of its pixels."""

    kind: Literal["masks"] = Field("masks", title="Kind", description="Pictures with masks.")
