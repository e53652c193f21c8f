"""The formulas of aggregators written out in plain numbers, one sample at a time; slow on purpose.

Names are those of the papers: `beliefs[k]` are teacher k's log-probabilities on one sample, `y` its class.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

Row = Sequence[float]


def softmax(values: Row) -> list[float]:
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    return [power / sum(powers) for power in powers]


def entropy(belief: Row) -> float:
    return -sum(math.exp(value) * value for value in belief if value > -700)


def ebkd(beliefs: Sequence[Row]) -> list[float]:
    entropies = [entropy(belief) for belief in beliefs]
    return [(1 - own / sum(entropies)) / (len(beliefs) - 1) for own in entropies]


def sharp_entropy(beliefs: Sequence[Row]) -> list[float]:
    return softmax([-entropy(belief) for belief in beliefs])


def ca_mkd(beliefs: Sequence[Row], y: int) -> list[float]:
    shares = softmax([-belief[y] for belief in beliefs])
    return [(1 - share) / (len(beliefs) - 1) for share in shares]


def confidence_softmax(beliefs: Sequence[Row], y: int) -> list[float]:
    return softmax([belief[y] for belief in beliefs])


def oracle(beliefs: Sequence[Row], y: int) -> list[float]:
    right = [k for k, belief in enumerate(beliefs) if max(belief) == belief[y]] or range(len(beliefs))
    most = max(beliefs[k][y] for k in right)
    best = [k for k in right if beliefs[k][y] == most]
    return [1 / len(best) if k in best else 0.0 for k in range(len(beliefs))]


def softened(belief: Row, temperature: float) -> list[float]:
    return softmax([value / temperature for value in belief])


def soft_label_loss(belief: Row, logits: Row, temperature: float) -> float:
    """T^2 KL(softmax(z_k / T) || softmax(z_s / T))."""
    taught, said = softened(belief, temperature), softened(logits, temperature)
    return temperature**2 * sum(p * math.log(p / q) for p, q in zip(taught, said, strict=True) if p > 0)


def ae_kd(gradients: Sequence[Row], tolerance: float) -> np.ndarray:
    """The capped simplex searched by its faces: every choice of weights at 0 and at the cap, the rest solved."""
    count = len(gradients)
    most = max(tolerance, 1 / count)
    gram = np.array([[float(np.dot(a, b)) for b in gradients] for a in gradients])
    best, least = np.full(count, 1 / count), np.inf
    for places in itertools.product("0cf", repeat=count):
        found = _on_face(gram, places, most)
        if found is None or found.min() < -1e-12 or found.max() > most + 1e-12:
            continue
        if found @ gram @ found < least - 1e-15:
            best, least = found, float(found @ gram @ found)
    return best


def _on_face(gram: np.ndarray, places: tuple[str, ...], most: float) -> np.ndarray | None:
    weights = np.array([most if place == "c" else 0.0 for place in places])
    free = [k for k, place in enumerate(places) if place == "f"]
    left = 1 - weights.sum()
    if not free:
        return weights if abs(left) < 1e-12 else None
    system = np.zeros((len(free) + 1, len(free) + 1))
    system[:-1, :-1] = gram[np.ix_(free, free)]
    system[:-1, -1] = system[-1, :-1] = 1
    asked = np.append(-(gram @ weights)[free], left)
    weights[free] = np.linalg.lstsq(system, asked, rcond=None)[0][:-1]
    return weights


def evidence(beliefs: Sequence[Row], k: int) -> list[float]:
    """Confidence, margin, entropy / log C, and the mean probability that others give to the likeliest class."""
    probs = [[math.exp(value) for value in belief] for belief in beliefs]
    order = sorted(range(len(probs[k])), key=lambda c: -probs[k][c])
    others = [probs[j][order[0]] for j in range(len(probs)) if j != k]
    first, second = probs[k][order[0]], probs[k][order[1]]
    agreement = sum(others) / len(others) if others else 0.0
    return [first, first - second, entropy(beliefs[k]) / math.log(len(probs[k])), agreement]


def gap(belief: Row, logits: Row) -> float:
    apart = soft_label_loss(belief, logits, 1.0)
    return apart / (1 + apart)


def reward(belief: Row, logits: Row, y: int, temperature: float) -> float:
    """(softmax(z_s) - y) . (softmax(z_s / T) - softmax(z_k / T))."""
    taught, said, now = softened(belief, temperature), softened(logits, temperature), softmax(logits)
    label = [p - (c == y) for c, p in enumerate(now)]
    return sum(g * (s - t) for g, s, t in zip(label, said, taught, strict=True))


def relu(values: Row) -> list[float]:
    return [max(value, 0.0) for value in values]


def linear(weight: Sequence[Row], bias: Row | None, values: Row) -> list[float]:
    products = [sum(w * v for w, v in zip(row, values, strict=True)) for row in weight]
    return products if bias is None else [p + b for p, b in zip(products, bias, strict=True)]


def normed(values: Row) -> list[float]:
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values) + 1e-5)
    return [(value - mean) / spread for value in values]
