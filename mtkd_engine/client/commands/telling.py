"""What commands say: results on standard output, everything else beside it, outcomes in files."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.junit import junit
from mtkd_engine.client.markdown import markdown, number
from mtkd_engine.client.outcomes import OK, Outcome, in_words

STANDARD = "-"
SUMMARY = "GITHUB_STEP_SUMMARY"
_LEFT_IN_JSON = re.compile("[\x7f-\x9f]")


def output() -> Console:
    """This will give where results go; what others wrote is never read as markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def beside() -> Console:
    """This will give where progress and complaints go."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """This will say what went wrong."""
    print(harmless(sentence), file=sys.stderr)


def as_json(data: Any) -> str:
    """This will give the text of a JSON file."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return _LEFT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # some terminals obey these, too


def print_json(data: Any) -> None:
    """This will write data to standard output."""
    write(STANDARD, as_json(data))


def write(file: str, text: str) -> None:
    """This will write a file, or standard output for `-`."""
    if file == STANDARD:
        print(harmless(text), end="" if text.endswith("\n") else "\n")
        return
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(text, encoding="utf-8")


def report(outcome: Outcome, *, files: Mapping[str, str | None]) -> None:
    """This will write the files that were asked for and the summary of a CI run, and say what came out.

    `files` are places for the forms `json`, `junit` and `markdown`.
    """
    forms: dict[str, Callable[[], str]] = {
        "json": lambda: as_json(outcome.plain()),
        "junit": lambda: junit(outcome),
        "markdown": lambda: markdown(outcome),
    }
    for form, make in forms.items():
        if file := files.get(form):
            write(file, make())
    if summary := os.environ.get(SUMMARY):
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(markdown(outcome) + "\n")
    console = beside() if STANDARD in files.values() else output()
    console.print(f"{harmless(outcome.title)}.", style="green" if outcome.code == OK else "red")
    if outcome.failure:
        console.print(harmless(outcome.failure))
    for gate in outcome.subject.gates:
        console.print(f"{'+' if gate.passed else '-'} {harmless(in_words(gate))}")
    console.print(outcome.address)


def table_of(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """This will begin a table; columns of numbers stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def cell(value: Any) -> str:
    """This will write a value into a table."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(float(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return harmless(text)


def transfers() -> Progress:
    """This will give bars for files on their way, shown where somebody sits before a terminal."""
    console = beside()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
