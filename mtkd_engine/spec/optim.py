"""How parameters are fitted; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mtkd_engine.spec.base import Part


class OptimSpec(Part):
    """AdamW with linear warm-up and linear decay to zero."""

    epochs: int = Field(20, ge=1, le=10_000, title="Epochs", description="Passes over the training split.")
    batch_size: int = Field(32, ge=1, le=4096, title="Batch size", description="Samples per step.")
    learning_rate: float = Field(
        3e-3, gt=0, le=1, title="Learning rate", description="Highest rate, after warm-up."
    )
    weight_decay: float = Field(
        0.01, ge=0, le=1, title="Weight decay", description="AdamW's decoupled decay."
    )
    warmup: float = Field(0.05, ge=0, le=0.9, title="Warm-up", description="Share of all steps that warm up.")
    clip_norm: float = Field(
        1.0, gt=0, le=1000, title="Clip norm", description="Largest norm of the gradient."
    )


class PixelOptimSpec(OptimSpec):
    """What networks that look at pixels ask for besides: SGD or AdamW, a schedule, and how numbers are held."""

    optimizer: Literal["sgd", "adamw"] = Field(
        "adamw", title="Optimiser", description="SGD with Nesterov momentum, or AdamW."
    )
    momentum: float = Field(0.9, ge=0, lt=1, title="Momentum", description="Of SGD.")
    schedule: Literal["linear", "cosine"] = Field(
        "cosine", title="Schedule", description="How the rate falls to zero after warm-up."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        title="Precision",
        description="bfloat16 computes convolutions and products in half the bits; parameters stay float32.",
    )
    channels_last: bool = Field(
        False,
        title="Channels last",
        description="Keep images in the memory order that convolutions prefer.",
    )
    compile: bool = Field(
        False, title="Compile", description="torch.compile the student; pays on GPUs and for long trainings."
    )
    cuda_graphs: bool = Field(
        False, title="CUDA graphs", description="Replay whole steps of the student; on CUDA devices only."
    )
