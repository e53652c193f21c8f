"""Everything that may be wrong with labelled images, by name, and what mends it."""

from __future__ import annotations

from mtkd_engine.data.check.problems import Kind
from mtkd_engine.data.images.decode import KINDS as IMAGE_KINDS
from mtkd_engine.data.images.decode import LONGEST_SIDE, MOST_PIXELS

_READABLE = f"a whole image in {', '.join(sorted(IMAGE_KINDS))} is accepted"

KINDS = {
    "unreadable_rows": Kind(
        "error", "{count} row(s) cannot be understood.", "an image with a class is accepted", "drop_rows"
    ),
    "unknown_labels": Kind(
        "error",
        "{count} image(s) have a label that is none of the classes.",
        "a name or number of a class is accepted",
        "drop_rows",
    ),
    "undecodable_images": Kind("error", "{count} image(s) cannot be decoded.", _READABLE, "drop_images"),
    "truncated_images": Kind("error", "{count} image(s) are cut short.", _READABLE, "drop_images"),
    "too_large_images": Kind(
        "error",
        "{count} image(s) are too large.",
        f"up to {MOST_PIXELS:,} pixels and {LONGEST_SIDE:,} a side are accepted",
        "drop_images",
    ),
    "repeated_ids": Kind(
        "error",
        "{count} image(s) repeat the id, the label and the bytes of an earlier one.",
        "every id may be given once",
        "drop_duplicates",
    ),
    "conflicting_ids": Kind(
        "error",
        "{count} image(s) have the id of an earlier one but another content.",
        "every id may be given once",
    ),
    "shared_images": Kind(
        "error",
        "{count} image(s) of train are in val or test as well: what was learnt there is only remembered.",
        "an image may be in one split only",
        "drop_shared",
    ),
    "shared_evaluation": Kind(
        "warning", "{count} image(s) are in both val and test: what is chosen on val is flattered on test."
    ),
    "shared_sources": Kind(
        "warning",
        "{count} source(s) are in more than one split: what was learnt there may be remembered "
        "instead of understood.",
    ),
    "duplicate_images": Kind(
        "warning",
        "{count} image(s) repeat an earlier one of the same split and class.",
        repair="drop_duplicates",
    ),
    "conflicting_labels": Kind(
        "warning",
        "{count} image(s) have the bytes of an earlier one of the same split and another class.",
    ),
    "untrained_classes": Kind(
        "warning",
        "{count} class(es) of val or test have no image to learn from.",
        repair="drop_untrained",
    ),
    "unused_classes": Kind("note", "{count} class(es) have no image."),
    "unnamed_classes": Kind(
        "note", "{count} class(es) have no name: their numbers stand for it, until a classes.json names them."
    ),
    "too_few_classes": Kind(
        "error", "Only {count} class has images.", "images of two classes or more are accepted"
    ),
    "animated_images": Kind("note", "Of {count} animated image(s) the first frame is taken."),
    "rotated_images": Kind("note", "{count} image(s) are turned upright as their EXIF orientation says."),
    "converted_images": Kind(
        "note",
        "{count} image(s) are transparent, CMYK, 16-bit or have a palette: they are brought to RGB, over white.",
    ),
    "ignored_files": Kind("note", "{count} file(s) are neither images nor tables of them."),
    "split_made": Kind(
        "note",
        "There is no usable train split: every class is divided into train, val and test (70/15/15 %).",
    ),
    "val_made": Kind(
        "note", "There is no split val: about 15 % of every class of train are set aside for it."
    ),
    "test_made": Kind(
        "note", "There is no split test: about 15 % of every class of train are set aside for it."
    ),
    "empty_split": Kind("error", "{count} split(s) are empty.", "at least one image is needed in each"),
}

REPAIRS = {
    "drop_rows": "Leave out what has no class of the dataset",
    "drop_images": "Leave out images that cannot be used",
    "drop_shared": "Leave images of val and test out of train",
    "drop_duplicates": "Keep only the first of equal images",
    "drop_untrained": "Leave images of classes without training images out of val and test",
}
"""Names and titles in the order in which they are made."""
