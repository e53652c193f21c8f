"""Datasets of labelled samples, whatever a sample is."""

from mtkd_engine.data.labelled.dataset import LabelledDataset, LabelledSample

__all__ = ["LabelledDataset", "LabelledSample"]
