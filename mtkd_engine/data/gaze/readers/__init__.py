"""Forms in which pictures and videos with gaze are handed in."""
