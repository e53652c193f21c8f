"""The command `cache`: rows of classifiers' beliefs, built before a job, verified, listed and collected."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mtkd_engine.commands.given import RefusedError, count, refuse_device, refusing_models

if TYPE_CHECKING:
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import ClassificationSpec

DIFFERS = 3
"""Exit code where rows are not what their teachers say today."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the command to those of a parser."""
    cache = commands.add_parser("cache", help="what classifiers say of images, kept for many jobs")
    kinds = cache.add_subparsers(required=True, metavar="WHAT")
    build = kinds.add_parser("build", help="compute what a job needs and the cache does not have")
    _add_job(build)
    build.set_defaults(command=_build)
    verify = kinds.add_parser("verify", help="compute a random part again and compare; prints JSON")
    _add_job(verify)
    verify.add_argument("--share", type=_share, default=0.01, help="part of the rows, 0.01 if not given")
    verify.add_argument("--discard", action="store_true", help="remove entries that do not hold")
    verify.set_defaults(command=_verify)
    listed = kinds.add_parser("list", help="what there is and when it was used; prints JSON")
    _add_cache(listed)
    listed.set_defaults(command=_list)
    collect = kinds.add_parser("collect", help="remove what was not used for long; prints JSON")
    _add_cache(collect)
    collect.add_argument("--days", type=count, help="remove what nobody used for so many days")
    collect.add_argument(
        "--gigabytes", type=count, help="remove more until so many are left, the oldest first"
    )
    collect.set_defaults(command=_collect)


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cache", type=Path, required=True, help="folder that jobs share")


def _add_job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", type=Path, help="YAML file of a spec of task classification")
    parser.add_argument("--sources", type=Path, help="JSON file of names and paths, as for run")
    _add_cache(parser)
    parser.add_argument("--threads", type=count, default=1, help="CPU threads")
    parser.add_argument("--device", default="cpu", help="torch device")


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"given {text!r}, accepted is a number above 0, 1 at the most")
    return share


def _spec(given: argparse.Namespace) -> tuple[ClassificationSpec, Sources]:
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import ClassificationSpec, MultiTeacherSpec, load_yaml

    spec = load_yaml(given.spec.read_text())
    if not isinstance(spec, ClassificationSpec):
        raise RefusedError(f"task: given {spec.task!r}, accepted is 'classification'.")
    if not isinstance(spec.method, MultiTeacherSpec) or spec.method.signals != "cached":
        raise RefusedError("method.signals: given a job that reads no cache, accepted is 'cached'.")
    sources = Sources.from_file(given.sources) if given.sources else Sources(base=given.spec.resolve().parent)
    refuse_device(given.device)
    return spec, sources


def _build(given: argparse.Namespace) -> int:
    spec, sources = _spec(given)
    from mtkd_engine.pipelines.rows import build_rows
    from mtkd_engine.runner import Speaker

    say = Speaker()
    with refusing_models():
        for event in build_rows(
            spec, sources=sources, cache=given.cache, device=given.device, threads=given.threads
        ):
            say(event)
    return 0


def _verify(given: argparse.Namespace) -> int:
    spec, sources = _spec(given)
    from mtkd_engine.pipelines.rows import verify_rows

    with refusing_models():
        found = verify_rows(
            spec,
            sources=sources,
            cache=given.cache,
            device=given.device,
            threads=given.threads,
            share=given.share,
            discard=given.discard,
        )
    print(json.dumps(found, indent=1))
    return 0 if all(one["holds"] for one in found) else DIFFERS


def _list(given: argparse.Namespace) -> int:
    from mtkd_engine.cache.rows.collect import described, entries

    print(json.dumps([described(entry) for entry in entries(given.cache)], indent=1))
    return 0


def _collect(given: argparse.Namespace) -> int:
    from mtkd_engine.cache.rows.collect import collect

    if given.days is None and given.gigabytes is None:
        raise RefusedError("--days: given neither it nor --gigabytes, accepted is one of them or both.")
    most = None if given.gigabytes is None else given.gigabytes * 10**9
    gone = collect(given.cache, days=given.days, most_bytes=most)
    print(json.dumps({"removed": len(gone), "bytes": sum(entry.size for entry in gone)}))
    return 0
