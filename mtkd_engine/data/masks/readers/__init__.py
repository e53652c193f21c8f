"""Forms in which pictures with masks, and the classes of masks, are handed in."""
