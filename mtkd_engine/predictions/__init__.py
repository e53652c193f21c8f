"""Predictions that a model made elsewhere, as files: read, held against a dataset, sealed.

Each form has one layout, whatever the format of the file (the numbers are seconds, logits or probabilities):

windows     scored windows of a sample in seconds: [start, end] and a score each
regression  centre, width and score each, in seconds or fractions of the duration, as `unit` says: read as windows
span        scores of start and end over clips of equal length, as many as the model likes
map         scores of (first clip, last clip); what lies below the diagonal counts for nothing

Beside any of them, `saliency` may score each clip by itself, in the model's own scale.

Scores that all lie in 0..1 are read as probabilities, others as logits, unless the file states its `scale`.
"""
