"""The confined side of the ingest: many videos one after the other, each told of before and after.

`SAID` in the working folder gets a line {"begun": N}, and one {"done": N, ...} or {"refused": N, ...} for each.
"""

from __future__ import annotations

import json
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av

from mtkd_engine.data.video.container import keep_messages, said_by
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import Bounds
from mtkd_engine.data.video.outcomes import stream_name
from mtkd_engine.data.video.said import SAID
from mtkd_engine.data.video.transcode import Transcoded, transcode_images, transcode_video


def ingest_all(arguments: dict[str, Any]) -> None:
    """This will transcode every item of `arguments` to the working folder.

    What is too large for the memory ends the process, since nobody knows what it left behind.
    """
    keep_messages()
    bounds = Bounds(**arguments["bounds"])
    with Path(SAID).open("a", encoding="utf-8") as said:
        for item in arguments["items"]:
            number = item["number"]
            _say(said, {"begun": number})
            _limit_processor(item["seconds"])
            _say(said, _ingested(item, number=number, bounds=bounds))


def _ingested(item: dict[str, Any], *, number: int, bounds: Bounds) -> dict[str, Any]:
    try:
        done = _transcoded(item, to=Path(stream_name(number)), bounds=bounds)
    except VideoError as refusal:
        return {"refused": number, "code": refusal.code, "said": str(refusal)}
    except MemoryError:
        raise
    except av.FFmpegError as error:  # some are an OSError as well
        return {"refused": number, "code": "corrupted", "said": f"cannot be read ({said_by(error)})."}
    except OSError:
        raise  # a limit of the disk
    except Exception as error:  # whatever a library makes of a stranger's bytes
        said = f"cannot be read ({type(error).__name__}: {said_by(error)})."
        return {"refused": number, "code": "corrupted", "said": said}
    return {"done": number, **asdict(done)}


def _transcoded(item: dict[str, Any], *, to: Path, bounds: Bounds) -> Transcoded:
    paths = [Path(path) for path in item["paths"]]
    if item["rate"] is None:
        return transcode_video(paths[0], to=to, bounds=bounds)
    return transcode_images(paths, rate=item["rate"], to=to, bounds=bounds)


def _limit_processor(seconds: int) -> None:
    """The kernel ends the process when this one item has taken so many seconds; the limit on all of them stays."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if most == resource.RLIM_INFINITY else min(soft, most), most)
    )


def _say(said: Any, line: dict[str, Any]) -> None:
    said.write(json.dumps(line) + "\n")
    said.flush()
