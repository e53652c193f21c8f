"""What a person says of a segmentation or saliency network without a card: architecture, classes, what it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from jobs.queries.kinds import SEGMENTATION
from mtkd_engine.spec import PictureInput
from webapp.forms.completing import LISTED, OF_DATASET, NetField, as_lines, numbers_in
from webapp.forms.sources import SPLITS

PICTURE, FILM = "picture", "film"
_USUAL = PictureInput()
_FAMILIES = {
    True: "As YAML. Families: pyramid (backbone, decoder), segformer (config), upernet (backbone, width).",
    False: "As YAML. Families: pyramid (backbone, decoder), segformer, upernet; of videos conv3d_maps (width), "
    "space_time (patch, width).",
}


class DenseCompletingForm(forms.Form):
    """The missing half of a network with an output for every pixel."""

    dataset = forms.ChoiceField(
        label="Measure it on", help_text="It is measured on val and test before it can teach."
    )
    split = forms.ChoiceField(
        label="Headline from", choices=SPLITS, initial="val", help_text="Which split lists show."
    )
    net = NetField(label="Architecture", required=True)
    classes = forms.ChoiceField(
        label="Classes",
        choices=((OF_DATASET, "Those of the dataset, in its order"), (LISTED, "A list of its own")),
        initial=OF_DATASET,
    )
    names = forms.CharField(
        label="Names of its outputs",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "is-short", "rows": 5, "spellcheck": "false"}),
        help_text="One per line, in the order of its outputs, without void. It must know every class of the dataset "
        "by the same name.",
    )
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
        super().__init__(*args, **kwargs)
        self.task = task
        has_classes = task == SEGMENTATION
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = datasets
        self.fields["net"].help_text = _FAMILIES[has_classes]
        for name in ("input", "frames") if has_classes else ("classes", "names"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """This will ask for names and frames where they are needed, and read numbers."""
        given = self.cleaned_data
        if given.get("classes") == LISTED and not given.get("names", "").strip():
            self.add_error("names", "This field is required.")
        if given.get("input") == FILM and not given.get("frames") and "frames" not in self.errors:
            self.add_error("frames", "This field is required.")
        for name in ("mean", "std"):
            if name in given:
                try:
                    given[name] = numbers_in(given[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        return given

    def asked(self) -> dict[str, Any]:
        """This will give the arguments of `complete` that the form is about."""
        given = self.cleaned_data
        kind = given.get("input", PICTURE)
        reads = {"kind": kind, **{name: given[name] for name in ("height", "width", "mean", "std")}}
        if kind == FILM:
            reads["frames"] = given["frames"]
        card: dict[str, Any] = {"task": self.task, "net": given["net"], "input": reads}
        if self.task == SEGMENTATION:
            listed = [line.strip() for line in given["names"].splitlines() if line.strip()]
            card["classes"] = OF_DATASET if given["classes"] == OF_DATASET else listed
        return {"card": card, "dataset": given["dataset"], "split": given["split"]}


def dense_initial(asks: Mapping[str, Any], *, dataset: str, split: str) -> dict[str, Any]:
    """This will fill the form with what was said before, else with what is usual."""
    said = asks.get("said") or {}
    reads, classes, net = said.get("input") or {}, said.get("classes", OF_DATASET), said.get("net")
    listed = classes if isinstance(classes, list) else []
    return {
        "dataset": dataset,
        "split": split,
        "net": as_lines(net) if net else "",
        "classes": LISTED if listed else OF_DATASET,
        "names": "\n".join(listed),
        "input": reads.get("kind", PICTURE),
        "frames": reads.get("frames"),
        "height": reads.get("height", _USUAL.height),
        "width": reads.get("width", _USUAL.width),
        "mean": ", ".join(str(number) for number in reads.get("mean", _USUAL.mean)),
        "std": ", ".join(str(number) for number in reads.get("std", _USUAL.std)),
    }
