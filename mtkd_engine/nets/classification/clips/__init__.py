"""Networks that read clips and score classes: frames, compressed streams, or features of them."""

from mtkd_engine.nets.classification.clips.build import build_clip_classifier
from mtkd_engine.nets.classification.clips.fusion import fit_fusion
from mtkd_engine.nets.classification.clips.given import Given, Padded, Streams
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier

__all__ = ["Given", "Padded", "Streams", "StreamsClassifier", "build_clip_classifier", "fit_fusion"]
