"""Word vectors in the text form of GloVe and word2vec: one word a line, then its numbers."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_glove(path: Path, *, words: Collection[str]) -> tuple[list[str], NDArray[np.float32]]:
    """This will give those of `words` (lower case) that the file knows, in alphabetical order, and their vectors.

    `path` is a text file, or a .gz or .zip of one. Raises DataError with the line that is wrong.
    """
    raise NotImplementedError
