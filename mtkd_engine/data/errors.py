"""The one exception that tells a person what is wrong with a dataset."""


class DataError(ValueError):
    """Says in one sentence which file and field is wrong, what was given and what is accepted."""


def shown(value: object, *, limit: int = 60) -> str:
    """Give a short, single-line rendering of a value for an error sentence."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
