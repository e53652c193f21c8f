"""Everything that may be wrong with pictures and videos that people looked at, by name, and what mends it."""

from __future__ import annotations

from mtkd_engine.data.check.problems import MADE_BY_SOURCE, Kind
from mtkd_engine.data.clips.check.problems import KINDS as OF_CLIPS
from mtkd_engine.data.gaze.rows import PICTURES
from mtkd_engine.data.images.check.problems import KINDS as OF_IMAGES
from mtkd_engine.data.labelled.nouns import IMAGE, one

VIDEO = "video"
_OF_PICTURES = ("undecodable_images", "truncated_images", "too_large_images")
_NOTES_ON_PICTURES = ("animated_images", "rotated_images", "converted_images")


def noun_of(kind: str) -> str:
    """This will give what one sample is called."""
    return IMAGE if kind == PICTURES else VIDEO


def drop_of(kind: str) -> str:
    """This will name the repair that leaves out samples that cannot be used."""
    return "drop_images" if kind == PICTURES else "drop_clips"


def repairs_of(kind: str) -> dict[str, str]:
    """This will give names and titles of repairs in the order in which they are made."""
    noun = noun_of(kind)
    return {
        "drop_rows": "Leave out rows that say nothing, or of what is not there",
        drop_of(kind): f"Leave out {noun}s that cannot be used, or that nobody looked at",
        "drop_shared": f"Leave {noun}s of val and test out of train",
        "drop_duplicates": f"Keep only the first of equal {noun}s",
    }


def kinds_of(kind: str) -> dict[str, Kind]:
    """This will give what may be wrong with a dataset of this kind."""
    return {
        **_errors(noun_of(kind), drop_of(kind)),
        **_of_content(kind),
        **_of_gaze(),
        **_of_splits(noun_of(kind)),
    }


def _errors(noun: str, drop: str) -> dict[str, Kind]:
    return {
        "unreadable_rows": Kind(
            "error",
            "{count} row(s) cannot be understood.",
            "a row with a name, x and y, and plain times, is accepted",
            "drop_rows",
        ),
        "missing_files": Kind(
            "error",
            f"{{count}} listed {noun}(s) are not there.",
            "every listed file must lie below the dataset's folder",
            "drop_rows",
        ),
        "broken_maps": Kind(
            "error",
            f"{{count}} {noun}(s) have a map or fixated pixels that cannot be decoded.",
            "whole images are accepted",
            drop,
        ),
        "nobody_looked": Kind(
            "error",
            f"{{count}} {noun}(s) have neither a fixation in a frame nor a map.",
            "at least one of them is needed",
            drop,
        ),
        **_repeats(noun),
    }


def _repeats(noun: str) -> dict[str, Kind]:
    return {
        "repeated_ids": Kind(
            "error",
            f"{{count}} {noun}(s) repeat the id and the content of an earlier one.",
            "every id may be given once",
            "drop_duplicates",
        ),
        "conflicting_ids": Kind(
            "error",
            f"{{count}} {noun}(s) have the id of an earlier one but another content.",
            "every id may be given once",
        ),
        f"shared_{noun}s": Kind(
            "error",
            f"{{count}} {noun}(s) of train are in val or test as well: what was learnt there is only remembered.",
            f"{one(noun)} may be in one split only",
            "drop_shared",
        ),
    }


def _of_content(kind: str) -> dict[str, Kind]:
    if kind == PICTURES:
        errors = {code: OF_IMAGES[code] for code in _OF_PICTURES}
        return {**errors, **{code: OF_IMAGES[code] for code in _NOTES_ON_PICTURES}}
    return {
        code: OF_CLIPS[code] for code in ("refused_clips", "adapted_clips", "encoded_again", "assumed_rate")
    }


def _of_gaze() -> dict[str, Kind]:
    return {
        "outside_fixations": Kind(
            "note", "{count} sample(s) have fixations outside of the frame, which are left out."
        ),
        "late_fixations": Kind(
            "note", "{count} video(s) have fixations that begin after their end, which are left out."
        ),
        "clipped_fixations": Kind(
            "note", "{count} video(s) have fixations that last beyond their end, which are cut off there."
        ),
        "only_maps": Kind(
            "warning",
            "{count} sample(s) have a map but no fixation: AUC-J, s-AUC and NSS are not defined there.",
        ),
        "unlisted_samples": Kind("note", "{count} file(s) are in no table or have no map and are left out."),
    }


def _of_splits(noun: str) -> dict[str, Kind]:
    return {
        "shared_evaluation": Kind(
            "warning",
            f"{{count}} {noun}(s) are in both val and test: what is chosen on val is flattered on test.",
        ),
        "shared_sources": Kind(
            "warning",
            "{count} source(s) are in more than one split: what was learnt there may be remembered "
            "instead of understood.",
        ),
        f"duplicate_{noun}s": Kind(
            "warning",
            f"{{count}} {noun}(s) repeat an earlier one of the same split.",
            repair="drop_duplicates",
        ),
        "conflicting_labels": Kind(
            "warning",
            f"{{count}} {noun}(s) have the content of an earlier one of the same split and other fixations.",
        ),
        **MADE_BY_SOURCE,
        "empty_split": Kind("error", "{count} split(s) are empty.", f"at least one {noun} is needed in each"),
    }
