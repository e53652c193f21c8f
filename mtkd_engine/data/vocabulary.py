"""Words of sentences."""

import re
from collections import Counter
from collections.abc import Iterable

PAD = "<pad>"
UNKNOWN = "<unk>"
PATTERN = r"[^\W_]+(?:'[^\W_]+)?"
_WORD = re.compile(PATTERN)


def tokenize(sentence: str) -> list[str]:
    """Split a sentence into lower-case words and numbers, without punctuation."""
    return _WORD.findall(sentence.lower())


def words_of(sentences: Iterable[str]) -> set[str]:
    """Give the different words of sentences."""
    return {word for sentence in sentences for word in tokenize(sentence)}


def has_words(sentence: str) -> bool:
    """Say whether a sentence has a word at all."""
    return _WORD.search(sentence) is not None


def build_vocabulary(sentences: Iterable[str], min_count: int = 1) -> list[str]:
    """List the words seen at least `min_count` times, most frequent first (ties by alphabet).

    The first two entries are always "<pad>" (index 0) and "<unk>" (index 1).
    """
    counts = Counter(word for sentence in sentences for word in tokenize(sentence))
    kept = [word for word, count in counts.items() if count >= min_count]
    return [PAD, UNKNOWN, *sorted(kept, key=lambda word: (-counts[word], word))]
