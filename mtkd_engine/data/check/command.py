"""`check dataset` of the command line: a report on standard output or in a file, a refusal in one sentence."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.handed import LABELLED_FORMATS
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.discovery import AUTO
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.readers import READERS

REFUSED = 2


def check_dataset_command(given: argparse.Namespace) -> int:
    """This will check and perhaps seal the dataset at `given.path`; 2 stands for a refusal."""
    formats = (AUTO, *READERS, *LABELLED_FORMATS)
    if given.format not in formats:
        raise DataError(f"--format: given {given.format!r}, accepted are {', '.join(formats)}.")
    accept = given.accept
    gc.disable()  # a million rows make no garbage in circles, and looking for it takes half of the time
    try:
        report = check_dataset(
            given.path,
            name=given.name,
            annotation_format=given.format,
            words=given.words,
            accept=None if accept is None else [name.strip() for name in accept.split(",") if name.strip()],
            seal=given.seal,
            work=given.work,
            progress=Progress(given.progress),
        )
    except DatasetRefusedError as error:
        if given.report is not None:
            _write(given.report, error.report)
        print(error, file=sys.stderr)
        return REFUSED
    finally:
        gc.enable()
    if given.report is None:
        print(json.dumps(report))
    else:
        _write(given.report, report)
    return 0


def _write(path: Path, report: dict[str, Any]) -> None:
    fresh = path.with_name(path.name + ".part")
    fresh.write_text(json.dumps(report, allow_nan=False), encoding="utf-8")
    os.replace(fresh, path)
