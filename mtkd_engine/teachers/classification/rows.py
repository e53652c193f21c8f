"""What has to be kept of which teacher on which samples: headers of rows, and how a row is computed.

Shape suffixes: T teachers, B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from importlib.metadata import version

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals, mix
from mtkd_engine.cache.rows.build import Produce
from mtkd_engine.cache.rows.collapse import space_of
from mtkd_engine.cache.rows.header import Form, Header, digest, samples_digest
from mtkd_engine.cache.rows.read import Reader
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.spec import ClassificationSpec, MultiTeacherSpec
from mtkd_engine.spec.classification.kinds import CLIPS, FEATURES, IMAGES, STREAMS, families_of
from mtkd_engine.tasks.classification.batches import CLEAN
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.teachers.classification.extraction import OnnxNet
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.live import beliefs_of
from mtkd_engine.teachers.classification.programs import open_program

MIXTURE = "all teachers"
"""What the one belief is called that stands for several."""
_LIBRARIES = {
    "transformers": "transformers",
    "video_transformers": "transformers",
    "timm": "timm",
    "onnx": "onnxruntime",
}
"""By family of a teacher's network, what runs it beside torch."""
_DECODERS = {IMAGES: ("pillow",), CLIPS: ("av",), STREAMS: ("av",), FEATURES: ()}
"""By what samples are seen as, what decodes them."""


@dataclass(frozen=True)
class Part:
    """The samples of a split as they are, or in the views that a training shows."""

    split: ClassSplit
    _: KW_ONLY
    is_clean: bool
    views: tuple[int, ...]
    """Those that are needed now."""

    def says(self, who: str) -> str:
        """This will say for a person whose rows these are."""
        views = "1 view" if len(self.views) == 1 else f"{len(self.views)} views"
        return f"{who}: {self.split.name}" + ("" if self.is_clean else f", {views}")


def parts_of(spec: ClassificationSpec, split: ClassSplit) -> Iterator[Part]:
    """This will say in which views a split is needed: as it is, and as the epochs of a training show it."""
    yield Part(split, is_clean=True, views=(CLEAN,))
    if split.augment is not None:
        shown = min(split.augment.views, spec.optim.epochs)
        yield Part(split, is_clean=False, views=tuple(range(shown)))


@dataclass(frozen=True)
class Desk:
    """Asks teachers about one dataset on one device, and knows what their rows are called."""

    spec: ClassificationSpec
    dataset: LabelledDataset
    device: str

    def header(self, part: Part, teachers: Sequence[tuple[ClassTeacher, float]]) -> Header:
        """This will describe the rows of teachers on a part: of one of weight 1, or of several mixed into one."""
        method, augment = self.spec.method, part.split.augment
        assert isinstance(method, MultiTeacherSpec)
        form: Form = "dense" if part.is_clean else method.cache_form
        softens = len(teachers) > 1 or form == "sampled"
        shared = self.spec.data.shared()
        return Header(
            sources=tuple((teacher.content_hash, round(weight, 12)) for teacher, weight in teachers),
            dataset=self.dataset.whole_hash,
            split=part.split.name,
            samples=samples_digest([sample.sample_id for sample in part.split.samples]),
            count=len(part.split),
            classes=len(self.dataset.classes),
            class_maps=digest(
                [[teacher.card.classes for teacher, _ in teachers], list(self.dataset.classes)]
            ),
            inputs=digest([[t.card.input.model_dump(mode="json"), t.card.temperature] for t, _ in teachers]),
            size=shared.get("size", 0),
            views=0 if part.is_clean or augment is None else augment.views,
            augment=None if part.is_clean or augment is None else augment.model_dump(mode="json"),
            form=form,
            kept=0 if form == "dense" else method.cache_classes,
            softened=method.temperature if softens else None,
            space=space_of(method) if len(teachers) > 1 else "probability",
            device=torch.device(self.device).type,
            libraries=_libraries([teacher for teacher, _ in teachers], kind=self.spec.data.kind),
            shared=None if self.spec.data.kind == IMAGES else shared,
        )

    def live(self, teacher: ClassTeacher, part: Part) -> Produce:
        """This will give what asks a network, in this process or, for ONNX, in one of its own."""
        classes = ClassMap.of(teacher.card.classes, self.dataset.classes, teacher=teacher.name)
        model = _confined(teacher) if teacher.model is None else teacher.model
        model.eval().to(self.device)

        def produce(view: int, indices: Sequence[int]) -> Tensor:
            batch = part.split.at_view(view, indices)
            return beliefs_of(model, teacher.card, classes, batch.inputs)

        return produce

    def mixed_rows(self, heard: Sequence[tuple[ClassTeacher, float]], reader: Reader) -> Produce:
        """This will give what mixes rows that are kept already."""

        def produce(view: int, indices: Sequence[int]) -> Tensor:
            rows_B = torch.tensor(indices)
            return self._mix(heard, reader.log_probs(rows_B, torch.full_like(rows_B, view)))

        return produce

    def mixed_live(self, heard: Sequence[tuple[ClassTeacher, float]], part: Part) -> Produce:
        """This will give what asks several networks and mixes what they say."""
        asked = [self.live(teacher, part) for teacher, _ in heard]

        def produce(view: int, indices: Sequence[int]) -> Tensor:
            return self._mix(heard, torch.stack([ask(view, indices) for ask in asked]))

        return produce

    def _mix(self, heard: Sequence[tuple[ClassTeacher, float]], log_probs_TBC: Tensor) -> Tensor:
        """The weighted target at the method's temperature, log P (B, C)."""
        method = self.spec.method
        assert isinstance(method, MultiTeacherSpec)
        weights_T = log_probs_TBC.new_tensor([weight for _, weight in heard])
        signals = ClassSignals(log_probs_TBC, [teacher.name for teacher, _ in heard])
        weights_BT = weights_T.expand(signals.batch, -1)
        return mix(weights_BT, signals, temperature=method.temperature, space=space_of(method))


def _libraries(teachers: Sequence[ClassTeacher], *, kind: str) -> dict[str, str]:
    """Versions of what turns bytes into inputs and those into beliefs, the library of a network included."""
    found = {name: version(name) for name in _DECODERS[kind]}
    found["torch"] = str(torch.__version__)
    families = {family for teacher in teachers for family in families_of(teacher.card.net)}
    for family in sorted(families & _LIBRARIES.keys()):
        found[_LIBRARIES[family]] = version(_LIBRARIES[family])
    return found


def _confined(teacher: ClassTeacher) -> OnnxNet:
    return open_program(teacher.file, card=teacher.card, name=teacher.name)
