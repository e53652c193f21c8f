"""Pictures with masks that tell the class of each pixel: readers, checks, sealing, decoding; torch-free."""
