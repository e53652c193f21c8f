"""torchdistill: three teachers for one student, by its own mechanisms.

It has no multi-teacher method. Its nearest equivalent, built here: one teacher model that holds three networks, a
forward hook on each, and a weighted sum of losses with one `KDLoss` against each hook's output. The loop is that of
its examples: forward process, check of the loss, post-forward process, loss and rate read in every step.
"""

from __future__ import annotations

import importlib.metadata
import math
import time
from typing import Any

import torch
from by_hand import CLIP, DECAY, MOMENTUM, RATE, TEMPERATURE, Pictures
from told import serve
from torch import Tensor, nn

# No build of torchvision fits every build of torch: where its operators are missing it wants their names.
_NAMES = torch.library.Library("torchvision", "FRAGMENT")
if not hasattr(torch.ops.torchvision, "nms"):
    _NAMES.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _NAMES.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torch.utils.data import RandomSampler  # noqa: E402
from torchdistill.core.distillation import get_distillation_box  # noqa: E402
from torchdistill.models.classification.resnet import resnet  # noqa: E402

NAMES = ("first", "second", "third")
_state: dict[str, Any] = {}


class Together(nn.Module):
    """Three networks as one teacher model."""

    def __init__(self, networks: list[nn.Module]) -> None:
        super().__init__()
        for name, network in zip(NAMES, networks, strict=True):
            self.add_module(name, network)

    def forward(self, images: Tensor) -> Tensor:
        """This will run all three; what they say is taken by hooks."""
        return torch.stack([network(images) for network in self.children()])


def start(*, file: str, threads: int, batch: int, student: int, teacher: int) -> str:
    """This will build everything around the parameters in a file and return the version."""
    torch.set_num_threads(threads)
    held = torch.load(file, weights_only=True)
    classes = held["classes"]
    networks = [_network(teacher, classes, tensors).eval() for tensors in held["teachers"]]
    pictures = Pictures(held["images"], held["labels"].tolist())
    box = get_distillation_box(
        Together(networks),
        _network(student, classes, held["student"]),
        {"pictures": pictures},
        _config(batch),
        torch.device("cpu"),
        None,
        False,
        1.0,
    )
    _state.update(box=box, pictures=pictures, held=held, batch=batch)
    return importlib.metadata.version("torchdistill")


def _network(depth: int, classes: int, tensors: dict[str, Tensor]) -> nn.Module:
    network = resnet(depth, classes, False, False)
    names = {name: name.replace("shortcut", "downsample").replace("linear", "fc") for name in tensors}
    network.load_state_dict({names[name]: tensor for name, tensor in tensors.items()})
    return network


def _config(batch: int) -> dict[str, Any]:
    label = {"is_from_teacher": False, "module_path": ".", "io": "output"}
    terms: dict[str, Any] = {
        "labels": {
            "criterion": {"key": "CrossEntropyLoss", "kwargs": {}},
            "criterion_wrapper": {
                "key": "SimpleLossWrapper",
                "kwargs": {"input": label, "target": {"uses_label": True}},
            },
            "weight": 1.0,
        }
    }
    for name in NAMES:
        soft = {"student_module_path": ".", "student_module_io": "output", "temperature": TEMPERATURE}
        soft |= {"teacher_module_path": name, "teacher_module_io": "output", "alpha": 0.0}
        terms[name] = {
            "criterion": {"key": "KDLoss", "kwargs": soft},
            "weight": TEMPERATURE**2 / len(NAMES),  # without a share of labels it does not scale
        }
    sampled = {"class_or_func": RandomSampler, "kwargs": {}}
    rule = {"lr": RATE, "momentum": MOMENTUM, "weight_decay": DECAY, "nesterov": True}
    return {
        "num_epochs": 1000,
        "train_data_loader": {
            "dataset_id": "pictures",
            "sampler": sampled,
            "kwargs": {"batch_size": batch},
        },
        "teacher": {
            "forward_proc": "forward_batch_only",
            "forward_hook": {"input": [], "output": list(NAMES)},
            "requires_grad": False,
        },
        "student": {"forward_proc": "forward_batch_only"},
        "criterion": {"key": "WeightedSumLoss", "kwargs": {"sub_terms": terms}},
        "optimizer": {"key": "SGD", "kwargs": rule, "max_grad_norm": CLIP},
    }


def first_loss() -> float:
    """This will give the loss of the first batch as it is, before anything is learned."""
    box, held = _state["box"], _state["held"]
    images, labels = held["images"][: _state["batch"]], held["labels"][: _state["batch"]]
    student = {name: tensor.clone() for name, tensor in box.student_model.state_dict().items()}
    box.pre_epoch_process(epoch=0)
    loss = box.forward_process(_state["pictures"].plain(images), labels, {})
    box.student_model.load_state_dict(student)  # its statistics have moved
    return float(loss)


def epoch() -> dict[str, Any]:
    """This will train an epoch and tell the seconds of it, and of its steps without their batches."""
    box = _state["box"]
    steps, losses = [], []
    began = time.perf_counter()
    box.pre_epoch_process(epoch=0)
    for images, labels, beside in box.train_data_loader:
        at = time.perf_counter()
        loss = box.forward_process(images, labels, beside)
        box.post_forward_process(loss)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise ValueError(f"the loss is {losses[-1]}")
        steps.append(time.perf_counter() - at)
    box.post_epoch_process()
    return {"seconds": time.perf_counter() - began, "steps": steps, "losses": losses}


serve({"start": start, "first_loss": first_loss, "epoch": epoch})
