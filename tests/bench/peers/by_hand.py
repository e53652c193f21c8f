"""A straightforward loop as one writes it by hand: three frozen teachers on every batch, soft labels and labels.

It needs torch alone, so that it and its images serve inside a peer's environment as well.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

TEMPERATURE = 4.0
RATE, MOMENTUM, DECAY, CLIP = 0.1, 0.9, 5e-4, 5.0
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PADDING = 4


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images in memory, mirrored and cropped one by one as they are fetched."""

    def __init__(self, images_NCHW: Tensor, labels: Sequence[int]) -> None:
        """This will take uint8 images, (N, 3, H, W), and a label of each."""
        self._images_NCHW = images_NCHW
        self._labels = labels
        self._mean, self._std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        image = functional.pad(self._images_NCHW[place], [PADDING] * 4)
        down, right, mirrored = torch.randint(0, 2 * PADDING + 1, (3,)).tolist()
        size = self._images_NCHW.shape[-1]
        image = image[:, down : down + size, right : right + size]
        if mirrored % 2:
            image = image.flip(2)
        return self.plain(image), self._labels[place]

    def plain(self, images: Tensor) -> Tensor:
        """This will normalise images as networks read them."""
        return (images.float() / 255 - self._mean) / self._std


class ByHand:
    """Student, teachers, optimiser and loader; the loss is printed nowhere, but read in every step."""

    def __init__(self, student: nn.Module, teachers: Sequence[nn.Module], pictures: Pictures, *, batch: int):
        self.student = student
        self.teachers = [teacher.eval() for teacher in teachers]
        self.loader = DataLoader(pictures, batch_size=batch, shuffle=True)
        self.optimizer = torch.optim.SGD(
            student.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True
        )

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """This will give the cross-entropy and T^2 KL to the mean of the teachers' softened beliefs."""
        with torch.no_grad():
            said = [torch.softmax(teacher(images) / TEMPERATURE, dim=1) for teacher in self.teachers]
            target = torch.stack(said).mean(0)
        logits = self.student(images)
        learned = torch.log_softmax(logits / TEMPERATURE, dim=1)
        soft = functional.kl_div(learned, target, reduction="batchmean") * TEMPERATURE**2
        return functional.cross_entropy(logits, labels) + soft

    def epoch(self) -> dict[str, Any]:
        """This will train an epoch and tell the seconds of it, and of its steps without their batches."""
        self.student.train()
        steps, losses = [], []
        began = time.perf_counter()
        for images, labels in self.loader:
            at = time.perf_counter()
            loss = self.loss(images, labels)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.student.parameters(), CLIP)
            self.optimizer.step()
            losses.append(loss.item())
            steps.append(time.perf_counter() - at)
        return {"seconds": time.perf_counter() - began, "steps": steps, "losses": losses}
