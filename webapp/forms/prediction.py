"""A question to a student, about a sample of its dataset or about features of one's own."""

from __future__ import annotations

from django import forms

from jobs.operations.predictions import ENDINGS, LARGEST_FEATURES, LONGEST_SENTENCE


class SampleQuestionForm(forms.Form):
    """A sentence, and the row of a sample over all splits."""

    sentence = forms.CharField(label="Sentence", max_length=LONGEST_SENTENCE)
    row = forms.IntegerField(min_value=0, max_value=2**40, widget=forms.HiddenInput)


class FileQuestionForm(forms.Form):
    """A sentence, and a file of feature rows with the time that they cover."""

    prefix = "file"

    sentence = forms.CharField(label="Sentence", max_length=LONGEST_SENTENCE)
    features = forms.FileField(
        label="Feature file",
        help_text=f"{', '.join(ENDINGS)}, up to {LARGEST_FEATURES >> 20} MB, one row for each moment.",
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
    )
    duration = forms.FloatField(label="Length of the video, seconds", required=False)
    fps = forms.FloatField(label="or rows per second", required=False)
    video = forms.CharField(
        label="Which video", required=False, max_length=200, help_text="Where the file holds several."
    )
