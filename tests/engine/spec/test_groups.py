"""A group document becomes specs that differ in what it says and in nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.__main__ import main
from mtkd_engine.spec import Spec, SpecError, cell_texts, expand, is_group, load_yaml, parse, spec_hash
from mtkd_engine.spec.groups import LONGEST_NAME, MOST_JOBS
from mtkd_engine.spec.load import _YOUNGER
from mtkd_engine.spec.switches import SWITCHES

EMTM: dict[str, Any] = {
    "name": "study",
    "data": {"dataset": "world"},
    "teachers": ["a", "b"],
    "method": {"kind": "emtm", "aggregator": {"kind": "kau", "width": 8}},
}


def group(**more: Any) -> dict[str, Any]:
    return {**EMTM, **more}


def of(cell: str, **more: Any) -> Spec:
    """The spec of a cell."""
    return next(job.spec for job in expand(group(**more)).cells if job.cell == cell)


def refused(**more: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as refusal:
        expand(group(**more))
    return refusal.value.fields


def test_every_seed_meets_every_cell_the_reference_first() -> None:
    expanded = expand(
        group(seeds=[3, 1], ablate=["kau", {"cell": "long", "change": {"optim": {"epochs": 40}}}])
    )
    assert expanded.name == "study"
    assert [(job.cell, job.seed) for job in expanded.cells] == [
        *((cell, 3) for cell in ("", "kau", "long")),
        *((cell, 1) for cell in ("", "kau", "long")),
    ]
    for job in expanded.cells:
        assert (job.spec.seed, job.spec.group.name, job.spec.group.cell) == (job.seed, "study", job.cell)  # type: ignore[union-attr]
    assert expanded.cells[1].spec.name == "study: kau, seed 3"
    assert expanded.cells[2].spec.optim.epochs == 40
    assert expanded.places == {"": "", "kau": "ablate.0", "long": "ablate.1.change"}


def test_one_key_is_enough_and_seeds_come_from_the_spec_where_none_are_given() -> None:
    assert [job.seed for job in expand(group(ablate=["kau"], seed=7)).cells] == [7, 7]
    assert [job.cell for job in expand(group(seeds=[1, 2])).cells] == ["", ""]
    assert is_group(group(seeds=[1]))
    assert not is_group(EMTM)
    assert not is_group([])


@pytest.mark.parametrize(
    ("switch", "path", "value"),
    [
        ("kau", "method.aggregator.kind", "uniform"),
        ("static", "method.aggregator.kind", "static"),
        ("shared_encoder", "method.isomorphic.shares", []),
        ("isomorphic_teacher", "method.isomorphic.enabled", False),
        ("soft_labels", "method.distill_weight", 0),
        ("out_of_fold", "method.beliefs", "in_sample"),
        ("teacher:a", "teachers", [{"name": "b"}]),
        ("solo", "method.kind", "solo"),
    ],
)
def test_a_switch_changes_its_part_only(switch: str, path: str, value: object) -> None:
    before, after = (
        of("", ablate=[switch]).model_dump(mode="json"),
        of(switch, ablate=[switch]).model_dump(mode="json"),
    )
    found: Any = after
    for key in path.split("."):
        found = found[key]
    assert found == value
    same = {"data", "student", "optim", "recording", "seed", "task"} | (
        {"teachers"} if "teacher" not in path else set()
    )
    if switch != "solo":
        assert {key: before[key] for key in same} == {key: after[key] for key in same}


def test_all_switches_fit_the_full_method_and_have_words() -> None:
    every = [*(name for name, switch in SWITCHES.items() if "emtm" in switch.methods), "teacher:b"]
    texts = cell_texts(group(ablate=every))
    assert list(texts) == every
    assert all(text.title and text.brings[0].isupper() for text in texts.values())
    assert texts["kau"].brings == "KAU"
    assert len(expand(group(ablate=every)).cells) == 1 + len(every)


def test_static_weights_are_fitted_like_the_gate_they_are_held_against() -> None:
    kau = {"kind": "kau", "fitted": "beforehand", "epochs": 4}
    spec = of("static", method={"kind": "emtm", "aggregator": kau}, ablate=["static"])
    assert spec.method.aggregator.model_dump() == {"kind": "static", "fitted": "beforehand", "epochs": 4}  # type: ignore[union-attr]


def test_a_change_of_kind_leaves_nothing_of_the_old_kind() -> None:
    change = {"method": {"aggregator": {"kind": "medoid"}}, "student": {"net": {"clips": 16}}}
    spec = of("m", ablate=[{"cell": "m", "change": change}])
    assert spec.method.aggregator.kind == "medoid"  # type: ignore[union-attr]
    assert spec.student.net.clips == 16


@pytest.mark.parametrize(
    ("more", "path", "words"),
    [
        ({"seeds": []}, "seeds", "given 0 of them, accepted is a list of 1 to 50"),
        ({"seeds": 3}, "seeds", "given 3, accepted is a list"),
        ({"seeds": list(range(51))}, "seeds", "given 51 of them"),
        ({"seeds": [1, True]}, "seeds.1", "given True"),
        ({"seeds": [1, -1]}, "seeds.1", "given -1"),
        ({"seeds": [1, 2, 1]}, "seeds.2", "given 1 twice"),
        ({"ablate": "kau"}, "ablate", "accepted is a list"),
        ({"ablate": ["kau"] * 51}, "ablate", "given 51 of them"),
        ({"ablate": ["kua"]}, "ablate.0", "accepted is one of kau, static"),
        ({"ablate": ["kau", "kau"]}, "ablate.1", "given 'kau' twice"),
        ({"ablate": ["teacher:c"]}, "ablate.0", "accepted is one of a, b"),
        ({"ablate": [3]}, "ablate.0", "accepted is the name of a switch or"),
        ({"ablate": [{"cell": "x"}]}, "ablate.0", "accepted is the name of a switch or"),
        ({"ablate": [{"cell": " ", "change": {"task": "grounding"}}]}, "ablate.0", "1 to 120 printable"),
        ({"ablate": [{"cell": "x", "change": {}}]}, "ablate.0.change", "accepted is a mapping"),
        ({"ablate": [{"cell": "x", "change": {"seed": 3}}]}, "ablate.0.change.seed", "the group's"),
        ({"ablate": [{"cell": "x", "change": {"seeds": [3]}}]}, "ablate.0.change.seeds", "the group's"),
        (
            {"ablate": ["kau", {"cell": "x", "change": {"optim": {"epochs": 0}}}]},
            "ablate.1.change.optim.epochs",
            "given 0",
        ),
        (
            {"ablate": [{"cell": "x", "change": {"method": {"kind": "solo"}}}]},
            "ablate.0.change.teachers",
            "method solo",
        ),
        (
            {"ablate": [{"cell": "x", "change": {"method": {"folds": 3}}}]},
            "ablate.0.change",
            "changes nothing",
        ),
        (
            {"ablate": ["kau", {"cell": "x", "change": {"method": {"aggregator": {"kind": "uniform"}}}}]},
            "ablate.1.change",
            "the cell 'kau'",
        ),
        (
            {"seeds": list(range(50)), "ablate": ["kau", "static", "solo", "soft_labels"]},
            "",
            f"250 jobs; a group has {MOST_JOBS} at most",
        ),
        ({"seeds": [1], "group": {"name": "x"}}, "group", "remove this key"),
        ({"seeds": [1], "optim": {"epochs": 0}}, "optim.epochs", "given 0"),
    ],
)
def test_a_refusal_names_the_entry(more: dict[str, Any], path: str, words: str) -> None:
    assert words in refused(**more)[path]


def test_what_a_spec_does_not_have_cannot_be_left_out() -> None:
    solo = {"data": {"dataset": "world"}}
    for switch in SWITCHES:
        with pytest.raises(SpecError, match="which this spec does not have") as refusal:
            expand({**solo, "ablate": [switch]})
        assert list(refusal.value.fields) == ["ablate.0"]


def test_a_change_nested_without_end_is_refused() -> None:
    change: dict[str, Any] = {}
    inner = change
    for _ in range(5_000):
        inner["method"] = inner = {}
    inner["kind"] = "solo"
    assert "too deeply" in refused(ablate=[{"cell": "deep", "change": change}])["ablate.0.change"]


def test_long_names_stay_within_what_a_spec_takes() -> None:
    long = "n" * LONGEST_NAME
    jobs = expand(
        group(name=long, seeds=[2**31 - 1], ablate=[{"cell": long, "change": {"optim": {"epochs": 1}}}])
    ).cells
    for job in jobs:
        assert parse(job.spec.model_dump(mode="json")) == job.spec
        assert job.spec.name.endswith("seed 2147483647")
    assert jobs[0].spec.name != jobs[1].spec.name
    unnamed = expand({"data": {"dataset": "d" * 300}, "seeds": [1]})
    assert unnamed.name.startswith("solo on ddd")


def test_jobs_that_differ_in_their_group_only_have_one_hash() -> None:
    plain = parse({**EMTM, "seed": 5, "name": "study: reference, seed 5"})
    assert spec_hash(of("", seeds=[5])) == spec_hash(plain)


def test_a_choice_that_was_none_before_changes_no_hash_unless_it_is_taken() -> None:
    images = {"task": "classification", "data": {"dataset": "pets"}}
    staged = {**images, "teachers": ["a"], "method": {"kind": "staged"}}
    of = {"data.kind": images, "data.labels": images, "method.assistants": staged}
    for path, before in _YOUNGER:
        given = of.get(path, EMTM)
        raw = parse(given).model_dump(mode="json")
        part = raw
        *inner, last = path.split(".")
        for key in inner:
            part = part[key]
        assert part[last] == before
        del part[last]
        assert spec_hash(parse(raw)) == spec_hash(parse(given))


def test_hashes_of_images_are_those_of_checkpoints_from_before_there_were_clips() -> None:
    images = parse({"task": "classification", "data": {"dataset": "pets"}})
    assert spec_hash(images) == "28bd293db4e11d926e474fc0f3dfb9f1c043193a0179d749b7f6249fa7ae89b4"


def test_hashes_of_stages_are_those_of_checkpoints_from_before_there_were_assistants() -> None:
    staged = {
        "task": "classification",
        "data": {"dataset": "x"},
        "teachers": ["a"],
        "method": {"kind": "staged"},
    }
    assert spec_hash(parse(staged)) == "25f0cd25262f90f66e8036292a4c1ec1ecc1b11ea7a987f440ac9cbf72e2cc64"


def test_assistants_can_be_left_out_where_there_are_any() -> None:
    method = {"kind": "staged", "assistants": [{"net": {"family": "cifar_resnet", "depth": 20}}]}
    document = {
        "task": "classification",
        "data": {"dataset": "x"},
        "teachers": ["a"],
        "method": method,
        "ablate": [
            "assistants",
            {
                "cell": "two",
                "change": {"method": {"assistants": [{"net": {"family": "cifar_resnet"}}] * 2}},
            },
        ],
    }
    found = {cell: spec.model_dump()["method"]["assistants"] for cell, _, spec in expand(document).cells}
    assert [len(found[cell]) for cell in ("", "assistants", "two")] == [1, 0, 2]
    text = cell_texts(document)["assistants"]
    assert (text.title, text.brings) == ("no assistants", "Going through assistants")


def test_hashes_are_those_of_checkpoints_from_before_there_were_groups() -> None:
    assert spec_hash(parse(EMTM)) == "02278214d56ecca825030ad7f23693a1758aa3e4e77e581f26f25629898e59ad"
    solo = "253552e0d5e2d083ca9a93b8de4787cbe232966adde4a1c707f4d98530dca370"
    assert spec_hash(parse({"data": {"dataset": "world"}})) == solo


def test_texts_of_a_document_that_is_no_longer_accepted_are_left_out() -> None:
    assert cell_texts({"data": 3, "ablate": ["kau"]}) == {}
    assert cell_texts(group(ablate=["gone", {"cell": "x", "change": {}}, 3]))["x"].title == "x"


def test_a_group_is_no_job_and_the_engine_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "group.yaml"
    path.write_text(json.dumps(group(seeds=[1, 2], ablate=["teacher:a"])))
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "seeds: this key makes a group of jobs" in said
    assert len(said.strip().splitlines()) == 1


def test_expand_writes_a_spec_for_each_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "group.yaml", tmp_path / "jobs"
    path.write_text(json.dumps(group(seeds=[1, 2], ablate=["teacher:a"])))
    assert main(["expand", str(path), "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(job["file"]).name for job in told["jobs"]] == [
        "001-reference-seed-1.yaml",
        "002-teacher-a-seed-1.yaml",
        "003-reference-seed-2.yaml",
        "004-teacher-a-seed-2.yaml",
    ]
    specs = [load_yaml(Path(job["file"]).read_text()) for job in told["jobs"]]
    assert specs == [job.spec for job in expand(group(seeds=[1, 2], ablate=["teacher:a"])).cells]
    assert main(["expand", str(path), "--out", str(out)]) == 2
    assert "accepted is a new or an empty folder" in capsys.readouterr().err
    path.write_text(json.dumps(EMTM))
    assert main(["expand", str(path), "--out", str(tmp_path / "other")]) == 2
    assert "key seeds or ablate" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
