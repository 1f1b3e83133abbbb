"""Attention over a forest of tokens: a layer's own keys and those of what stands above, no others.

transformers lets an attention function be named and chosen by name, and hands on to it what a model
is called with. So any model that keeps to that interface computes a pack of tree nodes as one row
without padding: no position is computed that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.models.forest import AttentionBlock, Forest, Pack, blocks

if TYPE_CHECKING:
    from torch import Tensor

NAME = "goldpan_forest"


class KeyValueCache:
    """Keys and values of nodes that later packs see, by layer. Each [nodes, heads, width]."""

    def __init__(self) -> None:
        self.layers: dict[Any, tuple[Tensor, Tensor]] = {}

    def extended(self, layer: Any, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """What is held of a layer, with the pack's own behind it."""
        import torch

        if layer not in self.layers:
            return keys, values
        old_keys, old_values = self.layers[layer]
        return torch.cat([old_keys, keys]), torch.cat([old_values, values])


class Group:
    """Blocks that attend in one call: padded to the longest list of keys."""

    def __init__(
        self, forest: Forest, pack: Pack, members: Sequence[AttentionBlock], like: Tensor
    ) -> None:
        """members: blocks of one size that follow each other. like: for device and precision."""
        import torch

        self.begin = members[0].begin - pack.begin
        self.end = members[-1].end - pack.begin
        self.rows = len(members)
        self.size = members[0].end - members[0].begin
        width = max(len(block.keys) for block in members)
        # A padded key is seen by nobody: it ends before it begins.
        keys, node, until, above = np.zeros((4, self.rows, width), dtype=np.int64)
        for row, block in enumerate(members):
            nodes, size = pack.known[block.keys], len(block.keys)
            keys[row, :size], node[row, :size] = block.keys, nodes
            until[row, :size], above[row, :size] = forest.stop[nodes], forest.depth[nodes]
        own = np.arange(members[0].begin, members[-1].end).reshape(self.rows, -1)
        found = (keys.ravel(), node, until, above, own, forest.depth[own])
        put = [torch.from_numpy(one).to(like.device) for one in found]
        self._keys, first, stop, self._above, asks, self._below = put
        self._seen = (first[:, None] <= asks[:, :, None]) & (asks[:, :, None] < stop[:, None])
        self._masks: dict[tuple[int, int | None], Tensor] = {}
        self._like = like

    def asked(self, query: Tensor, shared: int) -> Tensor:
        """A layer's [heads, nodes, width] as [rows, heads / shared, shared × tokens, width].

        Heads that share their keys ask as if they were further tokens.
        """
        parted = query[:, self.begin : self.end]
        parted = parted.view(-1, shared, self.rows, self.size, query.shape[2])
        return parted.permute(2, 0, 1, 3, 4).flatten(2, 3)

    def by_node(self, found: Tensor, shared: int) -> Tensor:
        """What came of it, as [nodes, heads, width]."""
        parted = found.view(self.rows, -1, shared, self.size, found.shape[3])
        return parted.permute(0, 3, 1, 2, 4).reshape(self.end - self.begin, -1, found.shape[3])

    def picked(self, known: Tensor) -> Tensor:
        """The keys or values that each row sees: [rows, heads, keys, width]."""
        # Whole nodes are copied: six times as fast as indexing by [rows, keys].
        found = known.index_select(0, self._keys)
        return found.view(self.rows, -1, *known.shape[1:]).transpose(1, 2)

    def mask(self, heads: int, window: int | None) -> Tensor:
        """[rows, 1, heads × tokens, keys], to be added to the scores of `heads` heads on end.

        window: how far back a token sees, itself counted; None: to its beginning.
        """
        import torch

        if (heads, window) not in self._masks:
            seen = self._seen
            if window is not None:
                seen = seen & (self._below[:, :, None] - self._above[:, None] < window)
            mask = torch.zeros(seen.shape, dtype=self._like.dtype, device=seen.device)
            mask.masked_fill_(~seen, float("-inf"))
            self._masks[heads, window] = mask.repeat(1, heads, 1)[:, None]
        return self._masks[heads, window]


class PackedAttention:
    """One pack, ready for a model's layers."""

    def __init__(
        self,
        forest: Forest,
        pack: Pack,
        cache: KeyValueCache,
        like: Tensor,
        size: int,
        together: bool,
    ) -> None:
        """size: nodes in a block. together: attend in few large calls, as a graphics card likes."""
        import torch

        self.cache = cache
        self.keep = torch.from_numpy(pack.keep).to(like.device)
        every = list(blocks(forest, pack, size))
        full = [b for b in every if b.end - b.begin == size] if together else []
        single = [[b] for b in every[len(full) :]]
        self.groups = [Group(forest, pack, g, like) for g in ([full] if full else []) + single]


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001  (the interface's)
    *,
    plan: PackedAttention,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """The attention function of a layer, as transformers calls it.

    query: [1, heads, nodes, width]; key and value may have fewer heads. Returns [1, nodes, heads,
    width].
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    keys, values = plan.cache.extended(module, key[0].transpose(0, 1), value[0].transpose(0, 1))
    plan.cache.layers[module] = keys.index_select(0, plan.keep), values.index_select(0, plan.keep)
    shared = query.shape[1] // key.shape[1]
    told = [
        group.by_node(
            scaled_dot_product_attention(
                group.asked(query[0], shared),
                group.picked(keys),
                group.picked(values),
                attn_mask=group.mask(shared, sliding_window),
                scale=scaling,
            ),
            shared,
        )
        for group in plan.groups
    ]
    return torch.cat(told)[None], None


@contextmanager
def chosen(model: Any) -> Iterator[None]:
    """The model attends over forests for a while. It must be called with a `plan` then."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
