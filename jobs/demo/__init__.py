"""The main job from nothing to result, through the same doors that users have."""
