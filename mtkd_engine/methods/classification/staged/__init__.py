"""Distillation in stages: the student's substages one after the other, then all of it; after Wang & Tang 2023.

Their paper (arXiv 2307.05201) names substage-based learning, a progressive cascade, optimised pseudo labels and a loss
on the distribution of features. Its formulas are not public: all of it here is our own design, or of papers named.
The cascade goes through assistants (`chain`), after Mirzadeh et al. 2020 (arXiv 1902.03393).
"""

from mtkd_engine.methods.classification.staged.plan import Stage, plan_of

__all__ = ["Stage", "plan_of"]
