"""Archives from outside, unpacked safely."""
