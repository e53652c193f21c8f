"""Everything that may be wrong with labelled clips, by name, and what mends it."""

from __future__ import annotations

from mtkd_engine.data.check.problems import Kind
from mtkd_engine.data.clips.rows import UNKNOWN_RATE

FEWEST_FRAMES = 16
"""What nets of the field read at once: shorter clips show some frames twice."""

KINDS = {
    "unreadable_rows": Kind(
        "error", "{count} row(s) cannot be understood.", "a clip with a class is accepted", "drop_rows"
    ),
    "missing_files": Kind(
        "error",
        "{count} listed clip(s) are not there.",
        "every listed file must lie below the dataset's folder",
        "drop_rows",
    ),
    "unknown_labels": Kind(
        "error",
        "{count} clip(s) have a label that is none of the classes.",
        "a name or number of a class is accepted",
        "drop_rows",
    ),
    "refused_clips": Kind(
        "error", "{count} video(s) cannot be used.", "a whole, plain video is accepted", "drop_clips"
    ),
    "not_finite": Kind(
        "error",
        "{count} clip(s) have features that are no numbers.",
        "finite numbers are accepted",
        "drop_clips",
    ),
    "repeated_ids": Kind(
        "error",
        "{count} clip(s) repeat the id, the label and the content of an earlier one.",
        "every id may be given once",
        "drop_duplicates",
    ),
    "conflicting_ids": Kind(
        "error",
        "{count} clip(s) have the id of an earlier one but another label or content.",
        "every id may be given once",
    ),
    "shared_clips": Kind(
        "error",
        "{count} clip(s) of train are in val or test as well: what was learnt there is only remembered.",
        "a clip may be in one split only",
        "drop_shared",
    ),
    "shared_evaluation": Kind(
        "warning", "{count} clip(s) are in both val and test: what is chosen on val is flattered on test."
    ),
    "shared_sources": Kind(
        "warning",
        "{count} source(s) are in more than one split: what was learnt there may be remembered "
        "instead of understood.",
        repair="drop_shared_sources",
    ),
    "duplicate_clips": Kind(
        "warning",
        "{count} clip(s) repeat an earlier one of the same split and class.",
        repair="drop_duplicates",
    ),
    "conflicting_labels": Kind(
        "warning", "{count} clip(s) have the bytes of an earlier one of the same split and another class."
    ),
    "short_clips": Kind(
        "warning",
        "{count} clip(s) have fewer frames than networks read at once: some of them are shown twice.",
        repair="drop_short",
    ),
    "zero_features": Kind("warning", "{count} clip(s) have features of zeros only."),
    "untrained_classes": Kind(
        "warning", "{count} class(es) of val or test have no clip to learn from.", repair="drop_untrained"
    ),
    "labels_maybe_from_one": Kind(
        "warning",
        "No label is 0: if they count from 1, every clip has the name of a wrong class (they are taken as "
        "counting from 0).",
    ),
    "labels_from_one": Kind(
        "note", "Labels count from 1: the first class is number 1 of what was handed in."
    ),
    "unused_classes": Kind("note", "{count} class(es) have no clip."),
    "unnamed_classes": Kind(
        "note", "{count} class(es) have no name: their numbers stand for it, until a classes.json names them."
    ),
    "too_few_classes": Kind(
        "error", "Only {count} class has clips.", "clips of two classes or more are accepted"
    ),
    "adapted_clips": Kind("note", "{count} remark(s) were made when videos were read."),
    "encoded_again": Kind(
        "note", "The streams of a sealed dataset are encoded once more, as any videos that are handed in."
    ),
    "assumed_rate": Kind("note", f"Raw frames tell no rate: {UNKNOWN_RATE:g} of them count as a second."),
    "first_division": Kind("note", "There are lists for several divisions: those of the first are read."),
    "unused_rows": Kind("note", "{count} clip(s) are not used by this division."),
    "unlisted_clips": Kind("note", "{count} video(s) are in no list and are left out."),
    "ignored_files": Kind("note", "{count} file(s) are neither clips nor say anything of them."),
    "split_made": Kind(
        "note",
        "There is no usable train split: every class is divided into train, val and test (70/15/15 %) by source.",
    ),
    "val_made": Kind(
        "note", "There is no split val: about 15 % of every class of train are set aside for it, by source."
    ),
    "test_made": Kind(
        "note", "There is no split test: about 15 % of every class of train are set aside for it, by source."
    ),
    "empty_split": Kind("error", "{count} split(s) are empty.", "at least one clip is needed in each"),
}

REPAIRS = {
    "drop_rows": "Leave out what has no class of the dataset or is not there",
    "drop_clips": "Leave out clips that cannot be used",
    "drop_short": "Leave out clips that are too short",
    "drop_shared": "Leave clips of val and test out of train",
    "drop_shared_sources": "Leave clips out of train and val whose source is in test, and out of train whose is in val",
    "drop_duplicates": "Keep only the first of equal clips",
    "drop_untrained": "Leave clips of classes without training clips out of val and test",
}
"""Names and titles in the order in which they are made."""
