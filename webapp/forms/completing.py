"""What a person says of a classifier that came without a card: architecture, classes, input, and what measures it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from mtkd_engine.spec import INPUTS
from webapp.forms.networks import NetworkForm, as_text, network_initial

OWN = "own"
CLIP, STREAMS, FEATURES = "clip", "streams", "features"
INPUT_CHOICES = tuple((name, words) for name, (words, _) in INPUTS.items())
OF_CLIPS = (
    (CLIP, "Frames of a clip"),
    (STREAMS, "Compressed stream of a clip"),
    (FEATURES, "Features of a clip"),
)
_NUMBERS = {"mean", "std"}
_SAID = {
    OWN: {"size": "size", "mean": "mean", "std": "std"},
    CLIP: {"moments": "frames", "size": "size", "mean": "mean", "std": "std"},
    STREAMS: {"moments": "segments", "size": "size"},
    FEATURES: {"moments": "frames", "width": "width"},
}
"""Which fields say what of an input that has no name: field of the form, field of the input."""
_WORDS = {
    "dataset": "Its accuracy is measured on val and test before it can teach; its temperature is fitted on val.",
    "net": "As YAML. Families: cifar_resnet (depth, factor, shortcut), transformers (model_type, config), timm (name); "
    "of clips frames, conv3d, video_transformers, streams, sequence.",
    "names": "One per line, in the order of its outputs. It must know every class of the dataset by the same name; "
    "others are left out.",
}


class CompletingForm(NetworkForm):
    """The missing half of a teacher; an ONNX program brings its architecture itself."""

    input = forms.ChoiceField(
        label="Input",
        choices=(("Images", (*INPUT_CHOICES, (OWN, "Something else"))), ("Clips", OF_CLIPS)),
        help_text="What it was trained to read: pixels a side, and the mean and spread of each channel; of clips also "
        "how much of each.",
    )
    moments = forms.IntegerField(
        label="Frames, segments or rows",
        required=False,
        min_value=1,
        max_value=4096,
        help_text="Of each clip; of features at the most.",
    )
    width = forms.IntegerField(
        label="Width", required=False, min_value=1, max_value=16_384, help_text="Numbers in each row."
    )
    size = forms.IntegerField(label="Pixels a side", required=False, min_value=8, max_value=1024)
    mean = forms.CharField(
        label="Mean",
        required=False,
        max_length=200,
        help_text="One number per channel, of values from 0 to 1.",
    )
    std = forms.CharField(
        label="Spread", required=False, max_length=200, help_text="As many numbers above 0."
    )

    def __init__(
        self,
        *args: Any,
        datasets: list[tuple[str, str]],
        needs_net: bool,
        others: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """This will offer datasets; `others` are labels of those of other tasks, with their titles."""
        self._others = others or {}
        super().__init__(*args, datasets=[*datasets, *self._others.items()], words=_WORDS, **kwargs)
        if not needs_net:
            del self.fields["net"]

    def clean(self) -> dict[str, Any]:
        """This will ask for names and for an input where they are not the usual ones."""
        wanted = _SAID.get(super().clean().get("input", ""), {})
        self.require(wanted)
        self.read_numbers(_NUMBERS & wanted.keys())
        return self.cleaned_data

    def asked(self) -> dict[str, Any]:
        """This will give the arguments of `complete` that the form is about.

        For a dataset of another task it is asked anew what the model is.
        """
        given = self.cleaned_data
        if given["dataset"] in self._others:
            return {"card": None, "dataset": given["dataset"], "split": given["split"]}
        reads: Any = given["input"]
        if said := _SAID.get(reads):
            kind = {} if reads == OWN else {"kind": reads}
            reads = {**kind, **{inner: given[name] for name, inner in said.items()}}
        card = {"net": given.get("net"), "classes": self.classes_said(), "input": reads}
        return {"card": card, "dataset": given["dataset"], "split": given["split"]}


def initial_of(asks: Mapping[str, Any], *, dataset: str, split: str) -> dict[str, Any]:
    """This will fill the form: with what was said before, else with what the tensors speak for."""
    said, proposed = asks.get("said") or {}, asks.get("proposed") or {}
    reads = said.get("input", INPUT_CHOICES[0][0])
    own = reads if isinstance(reads, dict) else {}
    return {
        **network_initial(said, said.get("net") or proposed.get("net"), dataset=dataset, split=split),
        "input": own.get("kind", OWN) if own else reads,
        "moments": own.get("segments", own.get("frames")),
        "width": own.get("width"),
        "size": own.get("size"),
        "mean": as_text(own.get("mean", ())),
        "std": as_text(own.get("std", ())),
    }
