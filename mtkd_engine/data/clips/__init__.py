"""Labelled clips: videos, raw frames or features of them, found, checked, sealed and read again."""
