"""Everything that may be wrong with pictures and their masks, by name, and what mends it."""

from __future__ import annotations

from mtkd_engine.data.check.problems import MADE_BY_SOURCE, Kind
from mtkd_engine.data.images.check.problems import KINDS as OF_IMAGES
from mtkd_engine.data.images.check.problems import REPAIRS as REPAIRS_OF_IMAGES
from mtkd_engine.data.images.decode import LONGEST_SIDE, MOST_PIXELS
from mtkd_engine.data.masks.values import LOSSLESS

_READABLE = f"a whole mask in {', '.join(LOSSLESS)} is accepted"

_OF_MASKS = {
    "missing_masks": Kind(
        "error",
        "{count} picture(s) have no mask.",
        "a mask with the name of its picture is accepted",
        "drop_images",
    ),
    "undecodable_masks": Kind("error", "{count} mask(s) cannot be read.", _READABLE, "drop_images"),
    "truncated_masks": Kind("error", "{count} mask(s) are cut short.", _READABLE, "drop_images"),
    "too_large_masks": Kind(
        "error",
        "{count} mask(s) are too large.",
        f"up to {MOST_PIXELS:,} pixels and {LONGEST_SIDE:,} a side are accepted",
        "drop_images",
    ),
    "lossy_masks": Kind(
        "error", "{count} mask(s) are of a kind of file that changes values.", _READABLE, "drop_images"
    ),
    "other_sizes": Kind(
        "error",
        "{count} mask(s) have another size than their picture.",
        "a mask has a value for every pixel of its picture",
        "drop_images",
    ),
    "too_many_values": Kind(
        "error",
        "{count} mask(s) have too many different values to be classes.",
        "up to 255 classes and void are accepted",
        "drop_images",
    ),
    "colour_masks": Kind(
        "error",
        "{count} mask(s) are in colours while classes are given by numbers.",
        "a file of classes with their colours is accepted beside them",
        "drop_images",
    ),
    "void_masks": Kind(
        "error",
        "{count} mask(s) say no class of any pixel.",
        "a mask with at least one pixel of a class is accepted",
        "drop_images",
    ),
    "unknown_values": Kind(
        "error",
        "{count} mask(s) have values that stand for no class.",
        "values of classes and of void are accepted",
        "void_unknown",
    ),
    "unused_masks": Kind("note", "{count} mask(s) have no picture."),
}

_REWORDED = {
    "unreadable_rows": Kind(
        "error", "{count} row(s) cannot be understood.", "a picture with a mask is accepted"
    ),
    "conflicting_labels": Kind(
        "warning",
        "{count} image(s) have the bytes of an earlier one of the same split and another mask.",
    ),
    "duplicate_images": Kind(
        "warning",
        "{count} image(s) repeat an earlier one of the same split with its mask.",
        repair="drop_duplicates",
    ),
    "repeated_ids": Kind(
        "error",
        "{count} image(s) repeat the id, the mask and the bytes of an earlier one.",
        "every id may be given once",
        "drop_duplicates",
    ),
    "untrained_classes": Kind("warning", "{count} class(es) of val or test have no pixel to learn from."),
    "unused_classes": Kind("note", "{count} class(es) have no pixel."),
    "unnamed_classes": Kind(
        "note",
        "{count} class(es) have no name: what stands for them in masks stands for it, until a classes.json names them.",
    ),
    "too_few_classes": Kind(
        "error", "Only {count} class has pixels.", "pixels of two classes or more are accepted"
    ),
    "ignored_files": Kind("note", "{count} file(s) are neither pictures nor masks."),
    **MADE_BY_SOURCE,
}

KINDS = {
    **{
        code: kind
        for code, kind in OF_IMAGES.items()
        if kind.severity == "error" and code != "unknown_labels"
    },
    **_OF_MASKS,
    **{code: kind for code, kind in OF_IMAGES.items() if kind.severity != "error"},
    **_REWORDED,
}

REPAIRS = {
    "drop_images": "Leave out pictures that cannot be used, or whose mask cannot",
    "void_unknown": "Take values that stand for no class as void",
    "drop_shared": REPAIRS_OF_IMAGES["drop_shared"],
    "drop_duplicates": REPAIRS_OF_IMAGES["drop_duplicates"],
}
"""Names and titles in the order in which they are made."""
