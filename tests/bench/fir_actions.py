"""Real video: overhead recordings of people with hand-labelled actions, through the whole application.

The set is small (103 test queries of 6 videos) and its sentences are templates: numbers are reported, nothing
is claimed. Sizes and epochs were chosen on validation only.
"""

from __future__ import annotations

from typing import Any

from tests.bench.application import HEAD, application, line
from tests.real_data import FIR_ACTIONS

DATA = {"dataset": "fir_actions"}
OPTIM = {"epochs": 60, "batch_size": 16, "learning_rate": 0.003}
EVALUATION = {"every_epochs": 2}
TEACHERS: dict[str, dict[str, Any]] = {
    "span": {"net": {"family": "span", "clips": 64, "width": 48, "attention_layers": 1}},
    "map2d": {"net": {"family": "map2d", "clips": 32, "width": 32}},
}
STUDENT = {"net": {"family": "span", "clips": 64, "width": 24}}


def main() -> None:
    """This will train both families as solo jobs, then the EMTM student, and print student and baselines."""
    if not FIR_ACTIONS.is_dir():
        print(
            f"skipped: the data are not at {FIR_ACTIONS} (MTKD_SHARED_DATA names the folder that holds them)"
        )
        return
    with application(data_roots=[FIR_ACTIONS.parent]) as app:
        app.dataset("fir_actions", FIR_ACTIONS)
        base = {"data": DATA, "optim": OPTIM, "evaluation": EVALUATION}
        app.teachers({name: {**base, "name": name, "student": student} for name, student in TEACHERS.items()})
        alone = app.submit({**base, "name": "student alone", "student": STUDENT})
        taught = app.submit(
            {
                **base,
                "name": "EMTM",
                "student": STUDENT,
                "teachers": list(TEACHERS),
                "method": {"kind": "emtm", "folds": 3},
            }
        )
        result = app.result(taught)
        print(HEAD)
        print(line("**EMTM student**", result["metrics"]))
        print(line("the same student without teachers", app.result(alone)["metrics"]))
        for name, values in result["baselines"].items():
            print(line(name, values))
        print(f"\nstatic weights: {result['static_weights']}")
