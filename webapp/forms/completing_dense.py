"""What a person says of a segmentation or saliency network without a card: architecture, classes, what it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from jobs.queries.kinds import SEGMENTATION
from mtkd_engine.spec import PictureInput
from webapp.forms.networks import NetworkForm, as_text, network_initial

PICTURE, FILM = "picture", "film"
_USUAL = PictureInput()
_FAMILIES = {
    True: "As YAML. Families: pyramid (backbone, decoder), segformer (config), upernet (backbone, width).",
    False: "As YAML. Families: pyramid (backbone, decoder), segformer, upernet; of videos conv3d_maps (width), "
    "space_time (patch, width).",
}
_WORDS = {
    "dataset": "It is measured on val and test before it can teach.",
    "names": "One per line, in the order of its outputs, without void. It must know every class of the dataset by the "
    "same name.",
}


class DenseCompletingForm(NetworkForm):
    """The missing half of a network with an output for every pixel."""

    input = forms.ChoiceField(
        label="It reads", choices=((PICTURE, "One picture"), (FILM, "Frames that follow each other"))
    )
    frames = forms.IntegerField(
        label="Frames", required=False, min_value=1, max_value=64, help_text="That it reads at a time."
    )
    height = forms.IntegerField(
        label="Height", min_value=8, max_value=4096, help_text="Pixels that it reads."
    )
    width = forms.IntegerField(label="Width", min_value=8, max_value=4096)
    mean = forms.CharField(
        label="Mean", max_length=200, help_text="One number per channel, of values from 0 to 1."
    )
    std = forms.CharField(label="Spread", max_length=200, help_text="As many numbers above 0.")

    def __init__(self, *args: Any, task: str, datasets: list[tuple[str, str]], **kwargs: Any) -> None:
        """This will ask what a network of a task is, and offer datasets of that task."""
        self.task = task
        has_classes = task == SEGMENTATION
        words = {**_WORDS, "net": _FAMILIES[has_classes]}
        super().__init__(*args, datasets=datasets, words=words, **kwargs)
        self.fields["net"].required = True
        for name in ("input", "frames") if has_classes else ("classes", "names"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """This will ask for names and frames where they are needed, and read numbers."""
        if super().clean().get("input") == FILM:
            self.require(["frames"])
        self.read_numbers(["mean", "std"])
        return self.cleaned_data

    def asked(self) -> dict[str, Any]:
        """This will give the arguments of `complete` that the form is about."""
        given = self.cleaned_data
        kind = given.get("input", PICTURE)
        reads = {"kind": kind, **{name: given[name] for name in ("height", "width", "mean", "std")}}
        if kind == FILM:
            reads["frames"] = given["frames"]
        card: dict[str, Any] = {"task": self.task, "net": given["net"], "input": reads}
        if self.task == SEGMENTATION:
            card["classes"] = self.classes_said()
        return {"card": card, "dataset": given["dataset"], "split": given["split"]}


def dense_initial(asks: Mapping[str, Any], *, dataset: str, split: str) -> dict[str, Any]:
    """This will fill the form with what was said before, else with what is usual."""
    said = asks.get("said") or {}
    reads = said.get("input") or {}
    return {
        **network_initial(said, said.get("net"), dataset=dataset, split=split),
        "input": reads.get("kind", PICTURE),
        "frames": reads.get("frames"),
        "height": reads.get("height", _USUAL.height),
        "width": reads.get("width", _USUAL.width),
        "mean": as_text(reads.get("mean", _USUAL.mean)),
        "std": as_text(reads.get("std", _USUAL.std)),
    }
