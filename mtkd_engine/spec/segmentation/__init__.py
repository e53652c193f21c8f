"""Task segmentation: which class each pixel is of; torch-free."""
