"""Architectures that score classes for every pixel of a picture; torch-free."""

from __future__ import annotations

from mtkd_engine.spec.dense.nets import PICTURE_FAMILIES, PictureNetSpec

SegmenterNetSpec = PictureNetSpec
SEGMENTER_FAMILIES = PICTURE_FAMILIES
