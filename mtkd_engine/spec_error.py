"""What is said of a spec that cannot be accepted, to be caught by who has loaded no specs."""

from __future__ import annotations


class SpecError(ValueError):
    """The user's Spec (or model card) cannot be accepted; `problems` has one sentence per field.

    `fields` maps a dotted field path ("optim.epochs") to its sentence, so that a form can show it in place.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        self.problems = [f"{path}: {sentence}" if path else sentence for path, sentence in fields.items()]
        super().__init__(" ".join(self.problems))
