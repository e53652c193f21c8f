"""What a person says of any network that came without a card: what measures it, its architecture, its classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from django import forms

from mtkd_engine.spec import TextError, read_yaml
from webapp.forms.sources import SPLITS

OF_DATASET, LISTED = "dataset", "list"
MISSING = "This field is required."


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


class NetworkForm(forms.Form):
    """What is asked of every network; a form of it adds what the network reads."""

    dataset = forms.ChoiceField(label="Measure it on")
    split = forms.ChoiceField(
        label="Headline from", choices=SPLITS, initial="val", help_text="Which split lists show."
    )
    net = NetField(label="Architecture", required=False)
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
    )

    def __init__(
        self, *args: Any, datasets: list[tuple[str, str]], words: Mapping[str, str], **kwargs: Any
    ) -> None:
        """This will offer datasets; `words` are what to say below fields, by name."""
        super().__init__(*args, **kwargs)
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = datasets
        for name, text in words.items():
            self.fields[name].help_text = text

    def clean(self) -> dict[str, Any]:
        """This will ask for names where they are not those of the dataset."""
        if self.cleaned_data.get("classes") == LISTED and not self.cleaned_data.get("names", "").strip():
            self.add_error("names", MISSING)
        return self.cleaned_data

    def require(self, names: Iterable[str]) -> None:
        """This will ask for fields that are empty and about which nothing is said yet."""
        for name in names:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, MISSING)

    def read_numbers(self, names: Iterable[str]) -> None:
        """This will read fields that hold numbers with commas or spaces between them."""
        for name in names:
            if name not in self.cleaned_data:
                continue
            try:
                self.cleaned_data[name] = [
                    float(word) for word in self.cleaned_data[name].replace(",", " ").split()
                ]
            except ValueError:
                self.add_error(name, "Accepted are numbers, such as 0.485, 0.456, 0.406.")

    def classes_said(self) -> str | list[str]:
        """This will give the names of its outputs, or say that they are those of the dataset."""
        if self.cleaned_data["classes"] == OF_DATASET:
            return OF_DATASET
        return [line.strip() for line in self.cleaned_data["names"].splitlines() if line.strip()]


def network_initial(
    said: Mapping[str, Any], net: Mapping[str, Any] | None, *, dataset: str, split: str
) -> dict[str, Any]:
    """This will fill what is asked of every network with what was said before, and with an architecture."""
    classes = said.get("classes", OF_DATASET)
    listed = classes if isinstance(classes, list) else []
    return {
        "dataset": dataset,
        "split": split,
        "net": as_lines(net) if net else "",
        "classes": LISTED if listed else OF_DATASET,
        "names": "\n".join(listed),
    }


def as_lines(net: Mapping[str, Any]) -> str:
    """This will write an architecture as YAML; its family, which decides what the rest means, stands first."""
    return yaml.safe_dump({"family": net.get("family"), **net}, sort_keys=False)


def as_text(numbers: Iterable[float]) -> str:
    """This will write numbers as a person would."""
    return ", ".join(str(number) for number in numbers)
