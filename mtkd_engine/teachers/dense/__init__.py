"""Segmentation and saliency networks as teachers."""
