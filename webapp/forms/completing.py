"""What a person says of a classifier that came without a card: architecture, classes, input, and what measures it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from django import forms

from mtkd_engine.spec import INPUTS, TextError, read_yaml
from webapp.forms.sources import SPLITS

OWN = "own"
CLIP, STREAMS, FEATURES = "clip", "streams", "features"
OF_DATASET, LISTED = "dataset", "list"
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


class NetField(forms.CharField):
    """An architecture as YAML: read to plain data, None where nothing is written."""

    def __init__(self, **options: Any) -> None:
        area = forms.Textarea(attrs={"class": "is-short", "rows": 5, "spellcheck": "false"})
        super().__init__(**{"widget": area, **options})

    def clean(self, value: Any) -> Any:
        """This will read what was written; nothing is the one proposed."""
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            given = read_yaml(text)
        except TextError as error:
            raise forms.ValidationError(str(error)) from None
        if not isinstance(given, dict):
            raise forms.ValidationError("Accepted are lines such as family: cifar_resnet.")
        return given


class CompletingForm(forms.Form):
    """The missing half of a teacher; an ONNX program brings its architecture itself."""

    dataset = forms.ChoiceField(
        label="Measure it on",
        help_text="Its accuracy is measured on val and test before it can teach; its temperature is fitted on val.",
    )
    split = forms.ChoiceField(
        label="Headline from", choices=SPLITS, initial="val", help_text="Which split lists show."
    )
    net = NetField(
        label="Architecture",
        required=False,
        help_text="As YAML. Families: cifar_resnet (depth, factor, shortcut), transformers (model_type, config), "
        "timm (name); of clips frames, conv3d, video_transformers, streams, sequence.",
    )
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
        help_text="One per line, in the order of its outputs. It must know every class of the dataset by the same "
        "name; others are left out.",
    )
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
        super().__init__(*args, **kwargs)
        self._others = others or {}
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*datasets, *self._others.items()]
        if not needs_net:
            del self.fields["net"]

    def clean(self) -> dict[str, Any]:
        """This will ask for names and for an input where they are not the usual ones."""
        given = self.cleaned_data
        if given.get("classes") == LISTED and not given.get("names", "").strip():
            self.add_error("names", "This field is required.")
        wanted = _SAID.get(given.get("input", ""), {})
        for name in wanted:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, "This field is required.")
        for name in _NUMBERS & wanted.keys() & given.keys():
            given[name] = self._numbers(name, given[name])
        return given

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
        listed = [line.strip() for line in given["names"].splitlines() if line.strip()]
        classes: Any = OF_DATASET if given["classes"] == OF_DATASET else listed
        card = {"net": given.get("net"), "classes": classes, "input": reads}
        return {"card": card, "dataset": given["dataset"], "split": given["split"]}

    def _numbers(self, name: str, text: str) -> list[float]:
        try:
            return numbers_in(text)
        except forms.ValidationError as error:
            self.add_error(name, error)
            return []


def initial_of(asks: Mapping[str, Any], *, dataset: str, split: str) -> dict[str, Any]:
    """This will fill the form: with what was said before, else with what the tensors speak for."""
    said, proposed = asks.get("said") or {}, asks.get("proposed") or {}
    net = said.get("net") or proposed.get("net")
    classes, reads = said.get("classes", OF_DATASET), said.get("input", INPUT_CHOICES[0][0])
    listed = classes if isinstance(classes, list) else []
    own = reads if isinstance(reads, dict) else {}
    return {
        "dataset": dataset,
        "split": split,
        "net": as_lines(net) if net else "",
        "classes": LISTED if listed else OF_DATASET,
        "names": "\n".join(listed),
        "input": own.get("kind", OWN) if own else reads,
        "moments": own.get("segments", own.get("frames")),
        "width": own.get("width"),
        "size": own.get("size"),
        "mean": ", ".join(str(number) for number in own.get("mean", ())),
        "std": ", ".join(str(number) for number in own.get("std", ())),
    }


def numbers_in(text: str) -> list[float]:
    """This will read numbers with commas or spaces between them; raises ValidationError."""
    try:
        return [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise forms.ValidationError("Accepted are numbers, such as 0.485, 0.456, 0.406.") from None


def as_lines(net: Mapping[str, Any]) -> str:
    """This will write an architecture as YAML; its family, which decides what the rest means, stands first."""
    return yaml.safe_dump({"family": net.get("family"), **net}, sort_keys=False)
