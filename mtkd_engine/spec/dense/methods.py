"""How knowledge moves between networks that tell something of every pixel; torch-free."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mtkd_engine.spec.methods import SoloSpec
from mtkd_engine.spec.online import SelfSpec
from mtkd_engine.spec.zoo import MutualSpec, PartitionSpec

DenseMethodSpec = Annotated[SoloSpec | MutualSpec | PartitionSpec | SelfSpec, Field(discriminator="kind")]
ALONE = ("solo", "self")
"""Methods that train the student of the spec, without teachers."""
