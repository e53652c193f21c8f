"""How the parameters of networks that tell something of every pixel are fitted; torch-free."""

from __future__ import annotations

from pydantic import Field

from mtkd_engine.spec.optim import PixelOptimSpec


class DenseOptimSpec(PixelOptimSpec):
    """AdamW or SGD with Nesterov momentum, a schedule, and how numbers are held."""

    epochs: int = Field(40, ge=1, le=10_000, title="Epochs", description="Passes over the training split.")
    batch_size: int = Field(8, ge=1, le=4096, title="Batch size", description="Samples per step.")
    learning_rate: float = Field(
        1e-3, gt=0, le=10, title="Learning rate", description="Highest rate, after warm-up."
    )
    weight_decay: float = Field(
        0.01, ge=0, le=1, title="Weight decay", description="L2 for SGD, decoupled decay for AdamW."
    )
