"""Names and texts of a server do not command the terminal of who asks it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from mtkd_engine.client import Artifact, Job, Message, RefusedError
from mtkd_engine.client.commands.telling import as_json, write
from mtkd_engine.client.downloads import download
from mtkd_engine.client.harmless import harmless
from mtkd_engine.client.screen import Watched, screen
from tests.engine.client.answering import Script, job

ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b2J\r\b\u202e"


def test_a_watched_job_commands_nothing() -> None:
    known = job(step=3) | {"name": ORDERS, "part": ORDERS, "failure": ORDERS}
    watched = Watched(job=Job.model_validate(known))
    watched.hear(
        Message("1", "metrics", {"replace": False, "series": {ORDERS: {"steps": [1], "values": [1.0]}}})
    )
    watched.hear(Message("2", "event", {"kind": "weights", "teachers": [ORDERS], "mean": [1.0]}))
    watched.hear(Message("3", "event", {"kind": "warned", "message": ORDERS}))
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(screen(watched, width=100))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert harmless(shown) == shown
    assert shown.count("]0;owned") == 6


def test_what_is_written_to_standard_output_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write("-", as_json({"name": ORDERS}))
    write("-", f"# {ORDERS}\n")
    said = capsys.readouterr().out
    assert not set(said) & set(ORDERS) - set("]0;owned[2J")


def test_json_says_the_same_as_before() -> None:
    assert json.loads(as_json({"name": ORDERS})) == {"name": ORDERS}


@pytest.mark.parametrize(
    "name", ["../up", "/etc/passwd", "a/b", "..", "", "a\x1b[2Jb", "a\0b", "a\nb", "\u202eb"]
)
def test_a_file_is_stored_under_no_odd_name(tmp_path: Path, name: str) -> None:
    script = Script()
    artifact = Artifact(name=name, size=0, sha256="0" * 64)
    with pytest.raises(RefusedError, match="is no name of a file here"):
        download(
            script.connection(), job_id=1, artifact=artifact, folder=tmp_path / "out", on_came=lambda _: None
        )
    assert not (tmp_path / "out").exists()
    assert not script.asked
