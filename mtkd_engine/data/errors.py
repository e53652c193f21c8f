"""The one exception that tells a person what is wrong with a dataset, and what a refusal carries."""

from typing import Any


class DataError(ValueError):
    """Says in one sentence which file and field is wrong, what was given and what is accepted."""


class DatasetRefusedError(DataError):
    """What was found cannot become a dataset; `report` holds everything that was found."""

    def __init__(self, said: str, *, report: dict[str, Any]) -> None:
        super().__init__(said)
        self.report = report


def shown(value: object, *, limit: int = 60) -> str:
    """Give a short, single-line rendering of a value for an error sentence."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
