"""The engine's command line: run, resume, evaluate, profile, predict, export, check, make-data."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

from mtkd_engine.data.errors import DataError
from mtkd_engine.fulldisk import NO_ROOM, is_full, let_go_of_output, tell
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, SpecError, load_yaml

REFUSED = 2
SOURCES = "sources.json"


def main(arguments: list[str] | None = None) -> int:
    """This will run one command and return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except (SpecError, DataError) as error:
        return _refuse(str(error))
    except UnicodeDecodeError as error:
        return _refuse(f"A file that should be text is not UTF-8 ({error}).")
    except OSError as error:
        _refuse(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return NO_ROOM if is_full(error) else REFUSED  # the disk's fault, not that of what was handed in


def _refuse(sentence: str) -> int:
    tell(sentence)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mtkd_engine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a job from its spec")
    run.add_argument("spec", type=Path, help="YAML file of the spec")
    run.add_argument("--out", type=Path, required=True, help="folder for journal, checkpoints and artifacts")
    run.add_argument(
        "--sources", type=Path, help="JSON file that maps names of datasets and teachers to paths"
    )
    run.add_argument("--first-seq", type=_count, default=1, help="number of the first event")
    run.add_argument("--resume", type=Path, help="checkpoint to go on from")
    run.add_argument("--pulse-fd", type=int, help="pipe on which a supervisor shows that it lives")
    run.add_argument("--attempt", type=_count, default=1, help="number of this attempt, for the log")
    _place(run)
    run.set_defaults(command=_run)

    resume = commands.add_parser("resume", help="go on with a stopped run in its folder")
    resume.add_argument("out", type=Path, help="folder of the run")
    resume.add_argument("--sources", type=Path, help="as for run")
    _place(resume)
    resume.set_defaults(command=_resume)

    evaluate = commands.add_parser("evaluate", help="measure a model file on a dataset")
    evaluate.add_argument("--model", type=Path, required=True, help=".safetensors file")
    evaluate.add_argument("--data", type=Path, required=True, help="dataset folder")
    evaluate.add_argument("--split", choices=("train", "val", "test"), default="test")
    evaluate.set_defaults(command=_evaluate)

    expand = commands.add_parser("expand", help="write the jobs of a group as one spec each")
    expand.add_argument("group", type=Path, help="YAML file of the group: a spec with seeds and ablate")
    expand.add_argument("--out", type=Path, required=True, help="folder for the specs")
    expand.set_defaults(command=_expand)

    _profiling(commands.add_parser("profile", help="measure what a model costs; prints JSON"))
    _prediction(commands.add_parser("predict", help="ask a student where a video shows what a sentence says"))
    _export(commands.add_parser("export", help="write a student as safetensors, ONNX and a card for people"))

    check = commands.add_parser("check", help="check what a user hands in; prints a JSON report")
    kinds = check.add_subparsers(required=True, metavar="KIND")
    _dataset_to_check(kinds.add_parser("dataset", help="check a dataset, and seal it where asked to"))
    _teacher_to_check(kinds.add_parser("teacher", help="check a teacher file"))

    make = commands.add_parser("make-data", help="generate the little world with exact truth")
    make.add_argument("--out", type=Path, required=True, help="folder to write")
    make.add_argument("--train", type=_count, default=240, help="videos for training")
    make.add_argument("--val", type=_count, default=40, help="videos for validation")
    make.add_argument("--test", type=_count, default=80, help="videos for testing")
    make.add_argument("--seed", type=int, default=0)
    make.set_defaults(command=_make_data)
    return parser


def _profiling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", type=Path, required=True, help=".safetensors file, or folder of a sealed teacher"
    )
    parser.add_argument("--data", type=Path, required=True, help="dataset folder whose lengths count")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test")
    parser.add_argument("--runs", type=_count, default=50, help="forward passes that are timed")
    parser.add_argument("--threads", type=_count, default=1, help="CPU threads")
    parser.add_argument("--device", default="cpu", help="torch device")
    parser.set_defaults(command=_profile)


def _prediction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--student", type=Path, required=True, help="model file, or folder of a job")
    parser.add_argument("--features", type=Path, required=True, help=".npy, .npz or HDF5 with feature rows")
    parser.add_argument("--video", help="which one, where the file holds several")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--duration", type=float, help="seconds that the rows cover")
    length.add_argument("--fps", type=float, help="rows per second")
    parser.add_argument(
        "--query", action="append", required=True, help="a sentence; may be given several times"
    )
    parser.add_argument("--top", type=_count, default=5, help="windows for each sentence")
    parser.add_argument(
        "--window",
        type=float,
        help="seconds that a longer video is looked at at once; else known from training",
    )
    parser.add_argument("--report", type=Path, help="file for the answer instead of the standard output")
    parser.add_argument("--pulse-fd", type=int, help="pipe on which a supervisor shows that it lives")
    parser.set_defaults(command=_predict)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--student", type=Path, required=True, help="model file, or folder of a job")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--data", type=Path, help="dataset whose test samples the ONNX file is compared on")
    parser.set_defaults(command=_export_student)


def _dataset_to_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="folder, archive or single annotation file")
    parser.add_argument("--name", help="name in the report and in the sealed dataset")
    parser.add_argument("--format", default="auto", help="format of the annotations; found out if not given")
    parser.add_argument("--words", type=Path, help="word vectors as a GloVe text file")
    parser.add_argument("--accept", help="repairs to make, by name with commas; with it the rest is decided")
    parser.add_argument("--seal", type=Path, help="folder to write the sealed dataset to")
    parser.add_argument("--work", type=Path, help="folder for what another call can go on with")
    _watched(parser)
    parser.set_defaults(command=_check_dataset)


def _teacher_to_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help=".safetensors model, or .jsonl, .npz or .parquet predictions")
    parser.add_argument("--card", type=Path, help="JSON model card of a file without one in its header")
    parser.add_argument("--dataset", type=Path, help="dataset to measure on; predictions need theirs")
    parser.add_argument(
        "--split", choices=("train", "val", "test"), default="val", help="split to measure on"
    )
    parser.add_argument("--seal", type=Path, help="folder to write the sealed teacher to")
    _watched(parser)
    parser.set_defaults(command=_check_teacher)


def _watched(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, help="file for the report instead of the standard output")
    parser.add_argument("--progress", type=Path, help="small JSON file that says how far it is")
    parser.add_argument("--pulse-fd", type=int, help="pipe on which a supervisor shows that it lives")


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache", type=Path, help="folder for out-of-fold copies and beliefs, shared by runs"
    )
    parser.add_argument(
        "--threads",
        type=_count,
        default=max(1, (os.cpu_count() or 2) - 1),
        help="CPU threads; part of the bits",
    )
    parser.add_argument("--device", default="cpu", help="torch device")


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"given {text!r}, accepted is a whole number from 1")
    return int(text)


def _run(given: argparse.Namespace) -> int:
    _heed_pulse(given)
    print(f"attempt {given.attempt}", flush=True)
    spec = load_yaml(given.spec.read_text())
    sources = Sources.from_file(given.sources) if given.sources else Sources(base=given.spec.resolve().parent)
    if given.resume is None and (given.out / "journal.jsonl").exists():
        return _refuse(
            f"--out: {given.out} already holds a run; give another folder, or use the command resume."
        )
    return _attempt(given, spec=spec, sources=sources, resume=given.resume, first_seq=given.first_seq)


def _resume(given: argparse.Namespace) -> int:
    from mtkd_engine import checkpoint

    spec = load_yaml((given.out / "spec.yaml").read_text())
    sources = Sources.from_file(given.sources or given.out / SOURCES)
    newest = checkpoint.latest(given.out / "checkpoint")
    return _attempt(given, spec=spec, sources=sources, resume=newest, first_seq=1)


def _attempt(
    given: argparse.Namespace, *, spec: Spec, sources: Sources, resume: Path | None, first_seq: int
) -> int:
    from mtkd_engine.distill import Place
    from mtkd_engine.runner import run_attempt

    if refusal := _device_refusal(given.device):
        return _refuse(refusal)
    if resume is not None and not resume.is_file():
        return _refuse(f"--resume: given {resume}, but no checkpoint lies there.")
    resolved = sources.of(spec).to_json()
    fresh = not given.out.exists()
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / SOURCES).write_text(resolved)
    place = Place(folder=given.out, cache=given.cache or given.out / "cache", device=given.device)
    code = run_attempt(
        spec, sources=sources, place=place, resume=resume, threads=given.threads, first_seq=first_seq
    )
    if code == REFUSED and fresh:
        shutil.rmtree(given.out)  # what was refused leaves nothing half-made
    return code


def _device_refusal(device: str) -> str | None:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch without CUDA
        return f"--device: given {device!r}, which cannot be used here ({str(error).splitlines()[0]})."
    return None


def _evaluate(given: argparse.Namespace) -> int:
    from mtkd_engine.modelfile import ModelError
    from mtkd_engine.teachers.check import evaluate_model

    try:
        print(json.dumps(evaluate_model(given.model, data=given.data, split=given.split)))
    except ModelError as error:
        return _refuse(str(error))
    return 0


def _expand(given: argparse.Namespace) -> int:
    from mtkd_engine.spec.expanding import write_jobs

    return write_jobs(given.group, given.out)


def _profile(given: argparse.Namespace) -> int:
    import torch

    from mtkd_engine.modelfile import ModelError
    from mtkd_engine.profile import profile_file
    from mtkd_engine.teachers.load import teacher_file

    if refusal := _device_refusal(given.device):
        return _refuse(refusal)
    torch.set_num_threads(given.threads)
    try:
        path = teacher_file(given.model)
        cost = profile_file(path, data=given.data, split=given.split, runs=given.runs, device=given.device)
    except ModelError as error:
        return _refuse(str(error))
    print(json.dumps(cost))
    return 0


def _predict(given: argparse.Namespace) -> int:
    from mtkd_engine.modelfile import ModelError
    from mtkd_engine.predict.command import predict_command

    _heed_pulse(given)
    try:
        return predict_command(given)
    except ModelError as error:
        return _refuse(str(error))


def _export_student(given: argparse.Namespace) -> int:
    from mtkd_engine.export.command import export_command
    from mtkd_engine.loop import JobError
    from mtkd_engine.modelfile import ModelError

    try:
        paths = export_command(given.student, out=given.out, data=given.data)
    except (ModelError, JobError) as error:
        return _refuse(str(error))
    print(json.dumps([str(path) for path in paths]))
    return 0


def _check_dataset(given: argparse.Namespace) -> int:
    from mtkd_engine.data.check.command import check_dataset_command

    _heed_pulse(given)
    return check_dataset_command(given)


def _check_teacher(given: argparse.Namespace) -> int:
    from mtkd_engine.teachers.check import check_teacher_command

    _heed_pulse(given)
    return check_teacher_command(given)


def _heed_pulse(given: argparse.Namespace) -> None:
    from mtkd_engine.pulse import watch_pulse

    if given.pulse_fd is not None:
        watch_pulse(given.pulse_fd, timeout=float(os.environ.get("MTKD_PULSE_TIMEOUT", "20")))


def _make_data(given: argparse.Namespace) -> int:
    from mtkd_engine.data.world import VideosPerSplit, make_world

    videos = VideosPerSplit(train=given.train, val=given.val, test=given.test)
    report = make_world(given.out, videos=videos, seed=given.seed)
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    code = main()
    let_go_of_output()
    # To take apart all that torch has loaded takes seconds on a busy machine, and does nothing.
    os._exit(code)
