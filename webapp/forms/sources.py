"""Registering datasets and teachers, from uploads or from what already lies on this machine; promoting a student."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings

from mtkd_engine.spec import INPUTS

MOST_SUGGESTED = 50
UPLOAD, PATH = "upload", "path"
PLACES = ((UPLOAD, "Upload files"), (PATH, "Path on the server"))
FORMATS = (
    ("auto", "Detect it from the files"),
    ("charades_sta", "Charades-STA"),
    ("activitynet", "ActivityNet Captions"),
    ("tacos", "TACoS"),
    ("qvhighlights", "QVHighlights"),
    ("class_folders", "Folders of classes with images"),
    ("parquet", "Parquet with images"),
    ("video_folders", "Folders of classes with videos"),
    ("clip_table", "CSV of clips and labels"),
    ("video_list", "List of videos and labels"),
    ("frame_list", "List of frame folders and labels"),
    ("ucf101", "UCF101 with its lists"),
    ("hmdb51", "HMDB51 with its lists"),
    ("feature_arrays", "Features of clips, .npz"),
    ("mask_folders", "Images with masks"),
    ("fixation_table", "CSV of fixations with images or videos"),
    ("gaze_pictures", "Images or videos with maps of saliency"),
)
SPLITS = (("val", "val"), ("test", "test"), ("train", "train"))
PATTERNS = {
    "dataset": ("*/", "*.zip", "*.tar", "*.tar.gz", "*.tgz", "*.json", "*.jsonl", "*.parquet", "*.npz"),
    "teacher": tuple(
        f"{folder}*{ending}"
        for folder in ("", "*/")
        for ending in (
            *(".safetensors", ".pt", ".pth", ".th", ".onnx"),
            *(".npz", ".jsonl", ".jsonl.gz", ".parquet"),
        )
    ),
}


def roots() -> str:
    """This will name the folders that may be registered from."""
    return " or ".join(str(root) for root in settings.DATA_ROOTS)


def suggestions(noun: str) -> list[str]:
    """This will list what lies ready to be registered: for teachers up to one folder down."""
    found = (
        path for root in settings.DATA_ROOTS for pattern in PATTERNS[noun] for path in root.glob(pattern)
    )
    shown = (str(path) for path in found if not path.name.startswith("."))
    return sorted(set(itertools.islice(shown, MOST_SUGGESTED)))


class RegisterForm(forms.Form):
    """A name, and either uploads or a path below an allowed folder."""

    kind: str

    name = forms.CharField(
        label="Name", max_length=120, help_text="How specs refer to it; unique within the project."
    )
    place = forms.ChoiceField(
        label="Where it is", choices=PLACES, required=False, widget=forms.RadioSelect, initial=UPLOAD
    )
    uploads = forms.CharField(label="Files", required=False, widget=forms.HiddenInput)
    path = forms.CharField(
        label="Path on the server",
        required=False,
        max_length=1000,
        strip=True,
        widget=forms.TextInput(attrs={"list": "suggestions", "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """This will ask for the one place that was chosen; a path alone needs no choice."""
        given = self.cleaned_data
        place = given.get("place") or (PATH if given.get("path") else UPLOAD)
        if place == PATH and not given.get("path") and "path" not in self.errors:
            self.add_error("path", "This field is required.")
        if place == UPLOAD and not given.get("uploads"):
            self.add_error("uploads", "Nothing has been uploaded yet: choose files, or a path on the server.")
        given["place"] = place
        return given

    @property
    def place_now(self) -> str:
        """The place whose fields are shown."""
        chosen = str(self["place"].value() or "")
        return chosen if chosen in {UPLOAD, PATH} else PATH if self["path"].value() else UPLOAD

    @property
    def upload_ids(self) -> list[str]:
        """The ids as they were posted, in order and each once."""
        return list(dict.fromkeys(str(self["uploads"].value() or "").split()))

    def asked(self) -> dict[str, Any]:
        """This will give the arguments of `register` that the form is about."""
        given = dict(self.cleaned_data)
        place = given.pop("place")
        given["uploads"] = self.upload_ids if place == UPLOAD else []
        given["path"] = given["path"] if place == PATH else ""
        return given | {"kind": self.kind}


class DatasetForm(RegisterForm):
    """What a dataset needs beyond a name and a place."""

    kind = "dataset"

    new_version = forms.BooleanField(label="Register it as a new version", required=False)
    format = forms.ChoiceField(label="Format", choices=FORMATS, required=False, initial="auto")
    words = forms.CharField(
        label="Word vectors",
        required=False,
        max_length=1000,
        help_text=(
            "Optional: a text file of the GloVe kind. Give its path on the server, or its name among the uploads."
        ),
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "autocomplete": "off", "placeholder": "glove.6B.300d.txt"}
        ),
    )

    def clean_format(self) -> str:
        """This will detect the format where none was chosen."""
        return str(self.cleaned_data["format"] or "auto")


class TeacherForm(RegisterForm):
    """What a teacher needs beyond a name and a place: the data it is measured on."""

    kind = "teacher"

    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        help_text="How specs refer to it; unique within the project. Several models, checkpoints or prediction files "
        "at once become a teacher each, called after its file; a name given here stands before.",
    )
    dataset = forms.ChoiceField(
        label="Measure it on",
        required=False,
        help_text="Stored predictions belong to the samples of one dataset and need it, models of "
        "classes, masks and saliency are measured before they teach; for a model of grounding it is optional.",
    )
    split = forms.ChoiceField(
        label="Split",
        choices=SPLITS,
        required=False,
        initial="val",
        help_text="Its quality stands beside that of a guess which sees nothing. Keep test for the end.",
    )
    input = forms.ChoiceField(
        label="Input of checkpoints",
        choices=(
            ("", "Ask me when they are converted"),
            *((name, words) for name, (words, _) in INPUTS.items()),
        ),
        required=False,
        help_text="With an input chosen, .pt, .pth, .th and .onnx files go through without a question: their outputs "
        "are the classes of the dataset in its order, their architecture is the one that the tensors speak for.",
    )

    def __init__(self, *args: Any, datasets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Not measured"), *datasets]

    def clean(self) -> dict[str, Any]:
        """This will ask for a name where files cannot give one."""
        given = super().clean()
        if not given.get("name") and "name" not in self.errors and len(self.upload_ids) < 2:
            self.add_error("name", "This field is required.")
        return given

    def asked(self) -> dict[str, Any]:
        """This will make what is said of all checkpoints a card."""
        given = super().asked()
        reads = given.pop("input", "")
        return given | {"card": {"classes": "dataset", "input": reads} if reads else None}

    def clean_split(self) -> str:
        """This will measure on validation where nothing was chosen."""
        return str(self.cleaned_data["split"] or "val")


class PromoteForm(forms.Form):
    """The name that a student gets as a teacher; of several models that learned, one is chosen."""

    participant = forms.CharField(label="Model", required=False, widget=forms.Select)
    name = forms.CharField(
        label="Teacher name", max_length=120, help_text="How specs refer to it; unique within the project."
    )

    def __init__(self, *args: Any, learners: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["participant"].widget
        assert isinstance(widget, forms.Select)
        if learners:
            widget.choices = [("", "Choose one that learned"), *((name, name) for name in learners)]
        else:
            del self.fields["participant"]
