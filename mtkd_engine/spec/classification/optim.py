"""How the parameters of classifiers are fitted; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mtkd_engine.spec.optim import PixelOptimSpec


class ClassOptimSpec(PixelOptimSpec):
    """SGD with Nesterov momentum or AdamW, a schedule, and how numbers are held."""

    batch_size: int = Field(128, ge=1, le=4096, title="Batch size", description="Samples per step.")
    learning_rate: float = Field(
        0.1, gt=0, le=10, title="Learning rate", description="Highest rate, after warm-up."
    )
    weight_decay: float = Field(
        5e-4, ge=0, le=1, title="Weight decay", description="L2 for SGD, decoupled decay for AdamW."
    )
    clip_norm: float = Field(
        5.0, gt=0, le=1000, title="Clip norm", description="Largest norm of the gradient."
    )
    optimizer: Literal["sgd", "adamw"] = Field(
        "sgd", title="Optimiser", description="SGD with Nesterov momentum, or AdamW."
    )
