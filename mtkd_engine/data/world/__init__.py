"""A generated little world with exact truth: short videos of shapes that act, and sentences about them."""

from mtkd_engine.data.world.write import VideosPerSplit, make_world

__all__ = ["VideosPerSplit", "make_world"]
