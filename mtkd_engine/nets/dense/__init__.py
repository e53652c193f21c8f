"""Networks with an output for every pixel: class scores of a picture, or where people look in it or in a film."""

from mtkd_engine.nets.dense.base import DenseNet
from mtkd_engine.nets.dense.build import AnyDenseCard, build_dense

__all__ = ["AnyDenseCard", "DenseNet", "build_dense"]
