"""What checkpoints of the transformers library call tensors that its newest version calls otherwise.

Published files keep the names of the day on which they were saved, and the library renames as it loads and as it
saves: its own table is asked, so that files of any age are known by the names that networks have here.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from mtkd_engine.nets.classification.clips.from_video_transformers import VideoTransformersClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier, library_of_transformers
from mtkd_engine.nets.dense.from_transformers import LibraryMaps


def renamed_here(model: nn.Module, names: Iterable[str]) -> dict[str, str]:
    """This will give for each of a file's names that is another here the one of `model`'s own tensors.

    Empty for networks of other kinds. Tensors that the library takes apart or puts together while loading keep
    their names, and are missed later.
    """
    if not isinstance(model, TransformersClassifier | VideoTransformersClassifier | LibraryMaps):
        return {}
    library_of_transformers()
    from transformers import PreTrainedModel
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.core_model_loading import WeightRenaming, rename_source_key

    assert isinstance(model.net, PreTrainedModel)
    table = [one for one in get_model_conversion_mapping(model.net) if isinstance(one, WeightRenaming)]
    given = {name: rename_source_key(name, table, [])[0] for name in names}
    return {name: here for name, here in given.items() if here != name}
