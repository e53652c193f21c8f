"""How well probabilities rank the test samples of all folds, and how sure that is.

The area under the ROC curve of each class against the others, their mean. Probabilities of different folds come from
different networks, so only samples of one fold are held against each other; pairs of all folds count alike.
Shape suffixes: S seeds, N samples, C classes, D draws, U sources, P samples of a class, Q all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]
DRAWS = 2000


@dataclass(frozen=True)
class Ranking:
    """Of each test sample its fold, source and class."""

    folds_N: Whole
    sources_N: list[str]
    labels_N: Whole

    def auc(self, probs_SNC: Numbers) -> float:
        """This will give the mean over seeds, 0..1; a tie counts half."""
        return float(self._aucs(probs_SNC, np.ones((1, len(self.labels_N))))[0])

    def difference(self, own_SNC: Numbers, other_SNC: Numbers) -> tuple[float, float, float]:
        """This will give own minus other and its 95 % interval, over draws of n - 1 of n sources with replacement."""
        names, of_N = np.unique(self.sources_N, return_inverse=True)
        drawn_DU = np.random.default_rng(0).multinomial(
            len(names) - 1, np.full(len(names), 1 / len(names)), size=DRAWS
        )
        counts_DN = drawn_DU[:, of_N].astype(np.float64)
        found_D = self._aucs(own_SNC, counts_DN) - self._aucs(other_SNC, counts_DN)
        low, high = np.nanpercentile(found_D, [2.5, 97.5])
        return self.auc(own_SNC) - self.auc(other_SNC), float(low), float(high)

    def _aucs(self, probs_SNC: Numbers, counts_DN: Numbers) -> Numbers:
        """One for each row of counts, by which a sample is taken several times or not at all."""
        by_class = [self._of_class(own, probs_SNC[:, :, own], counts_DN) for own in range(probs_SNC.shape[2])]
        mean_D: Numbers = np.mean(by_class, axis=0)
        return mean_D

    def _of_class(self, own: int, scores_SN: Numbers, counts_DN: Numbers) -> Numbers:
        won_D, pairs_D = np.zeros(len(counts_DN)), np.zeros(len(counts_DN))
        for fold in np.unique(self.folds_N):
            here_N, is_own_N = self.folds_N == fold, self.labels_N == own
            yes_P, no_Q = np.flatnonzero(here_N & is_own_N), np.flatnonzero(here_N & ~is_own_N)
            own_SP1, other_S1Q = scores_SN[:, yes_P, None], scores_SN[:, None, no_Q]
            won_PQ = ((own_SP1 > other_S1Q) + 0.5 * (own_SP1 == other_S1Q)).mean(0)
            won_D += ((counts_DN[:, yes_P] @ won_PQ) * counts_DN[:, no_Q]).sum(1)
            pairs_D += counts_DN[:, yes_P].sum(1) * counts_DN[:, no_Q].sum(1)
        with np.errstate(invalid="ignore"):  # a draw without a pair says nothing and is left out later
            return won_D / pairs_D
