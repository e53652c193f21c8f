"""The check of pictures with masks: every file read to its end, every mask held against its picture and the classes."""
