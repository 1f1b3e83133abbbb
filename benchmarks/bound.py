"""What scoring costs at least: the floating-point operations of its unique tokens, and a machine's
peak in matrix products.

A token takes 2 operations for each weight of the layers, 4 × width × layers for each token that it
sees (itself among them: a score and a weighted value), and 2 × width × vocabulary where its
prediction is read. Norms, softmaxes and activations are not counted, so 1 cannot be reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tools.models.forest import Sequel, grow


class ModelShape(NamedTuple):
    """A Llama-like model: three matrices in each feed-forward part, tied embeddings."""

    width: int
    layers: int
    inner: int
    heads: int
    key_heads: int
    words: int

    @property
    def body(self) -> int:
        """Weights of all layers' matrices."""
        keys = self.width * self.key_heads // self.heads
        return self.layers * self.width * (2 * self.width + 2 * keys + 3 * self.inner)

    @property
    def head(self) -> int:
        """Weights of the vocabulary head."""
        return self.width * self.words

    def flops(self, tokens: int, seen: int, read: int) -> float:
        """Operations for so many tokens, pairs of a token and one it sees, and predictions."""
        pairs = 4.0 * self.width * self.layers * seen
        return 2.0 * self.body * tokens + pairs + 2.0 * self.head * read


def unique(shape: ModelShape, sequels: Sequence[Sequel]) -> float:
    """Operations when each distinct token is computed once and the head is applied where needed."""
    forest = grow(sequels)
    seen, read = int((forest.depth + 1).sum()), len(np.unique(forest.reads.node))
    return shape.flops(len(forest.ids), seen, read)


def repeated(shape: ModelShape, sequels: Sequence[Sequel]) -> float:
    """Operations when each option is a sequence of its own with the head at every token."""
    sizes = [len(sequel.ids) - 1 for sequel in sequels]
    return sum(shape.flops(size, size * (size + 1) // 2, size) for size in sizes)


def peak(
    clock: Callable[[], float] = time.process_time,
    device: str = "cpu",
    precision: str = "float32",
    size: int = 1024,
) -> float:
    """Operations a second in square matrix products: the best of eight tries of 0.2 s at most."""
    import torch

    one, other = (
        torch.randn(size, size, device=device, dtype=getattr(torch, precision)) for _ in range(2)
    )
    best = 0.0
    for _ in range(8):
        began = clock()
        for _ in range(4):
            torch.mm(one, other)
        best = max(best, 4 * 2 * size**3 / (clock() - began))
    return best
