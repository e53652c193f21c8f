"""Architectures that score classes for every pixel of a picture; torch-free."""

from __future__ import annotations

from mtkd_engine.spec.dense.nets import PictureNetSpec

SegmenterNetSpec = PictureNetSpec
