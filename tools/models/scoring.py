"""Log-likelihoods of many short continuations, each shared token computed once.

Four savings over scoring one sequence per option: what sequences begin with alike, however deep,
is one path of a forest and computed once, its keys and values kept for as long as they are seen; a
forest is cut into packs of one size, so that nothing is padded; the vocabulary is multiplied only
where something is read; and there for many packs together. Tokenising and loading are left to the
caller.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.models.attention import KeyValueCache, PackedAttention, chosen
from tools.models.forest import Forest, Pack, Sequel, grow, packs

if TYPE_CHECKING:
    import torch


class Sizes(NamedTuple):
    """How much is computed at a time."""

    tokens: int
    """In one forward pass."""
    rows: int
    words: int
    """Predictions, and words of the vocabulary, that are multiplied with each other at a time."""
    block: int
    """Tokens that attend together; more waste time on keys that they do not see."""
    together: bool
    """Whether the blocks of a pass attend in one call."""


PROCESSOR = Sizes(512, 2048, 4096, 64, together=False)
"""What stays in a core's caches: 1024 tokens are a tenth slower, 256 no faster; so are 12,000 words
a fifth. Above 32 MB of logits, memory comes from the system each time."""
CARD = Sizes(16384, 16384, 16384, 128, together=True)
"""What keeps a graphics card busy; 1 GB of logits."""

Scorer = Callable[[Any, Sequence[Sequel]], list[float]]
"""From a causal language model and sequences to the summed log-probability of each in nats."""


def scorer(model: Any) -> Scorer:
    """The fastest way that gives this model the same sums as plain sequences: tried, not believed.

    Models with recurrent layers or biased attention (ALiBi) ignore a plan or refuse it; others
    scale or bend what their vocabulary says.
    """
    for apart in (True, False):
        if honours_forests(model, apart=apart):
            return partial(score, apart=apart)
    return score_plainly


def score(
    model: Any, sequels: Sequence[Sequel], sizes: Sizes | None = None, *, apart: bool = False
) -> list[float]:
    """Summed log-probability of each sequel in nats.

    model: a causal language model for which `honours_forests`. sizes: by its device unless given.
    apart: multiply with the vocabulary here, for many packs together, and not in the model.
    """
    limit = steady(model.config)
    sizes = sizes or (PROCESSOR if model.device.type == "cpu" else CARD)
    short = [i for i, sequel in enumerate(sequels) if len(sequel.ids) <= limit]
    long = [i for i, sequel in enumerate(sequels) if len(sequel.ids) > limit]
    packed = _packed(model, [sequels[i] for i in short], sizes, apart=apart)
    found = dict(zip(short, packed, strict=True))
    found |= zip(long, score_plainly(model, [sequels[i] for i in long]), strict=True)
    return [found[i] for i in range(len(sequels))]


def score_plainly(model: Any, sequels: Sequence[Sequel]) -> list[float]:
    """The same sums, one sequence at a time, without masks or packs: right for any model."""
    import torch

    found = []
    with torch.inference_mode():
        for ids, start in sequels:
            if start >= len(ids):
                found.append(0.0)
                continue
            fed = torch.tensor([ids[:-1]], device=model.device)
            keep = len(ids) - start
            logits = model(fed, use_cache=False, logits_to_keep=keep).logits[0].float()
            read = torch.tensor(ids[start:], device=model.device)
            values = logits.gather(1, read[:, None])[:, 0] - logits.logsumexp(1)
            found.append(float(values.double().sum()))
    return found


def honours_forests(model: Any, *, apart: bool = False) -> bool:
    """Whether packs give this model the same sums as plain sequences do. apart: as for `score`."""
    import torch

    ids = [i % model.config.vocab_size for i in range(40)]
    tails = [[7, 3], [5, 2, 4], [5, 2, 6], [5]]
    tried = [Sequel([*ids[:cut], *tail], cut) for cut in (40, 33, 9) for tail in tails]
    try:
        quick = _packed(model, tried, Sizes(16, 8, 1 << 20, 5, together=True), apart=apart)
    except (ValueError, RuntimeError, TypeError, IndexError, AttributeError, KeyError):
        return False
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.2
    plain = score_plainly(model, tried)
    return all(abs(a - b) <= tolerance for a, b in zip(quick, plain, strict=True))


def steady(config: Any) -> int:
    """Tokens up to which a sequence gets the same numbers beside longer ones as alone.

    Beyond, a model stretches its rotary positions to the longest, or attends in pieces.
    """
    limits = [sys.maxsize, getattr(config, "attention_chunk_size", None) or sys.maxsize]
    ropes = getattr(config, "rope_parameters", None) or {}
    for rope in (ropes, *(one for one in ropes.values() if isinstance(one, dict))):
        if rope.get("rope_type") in ("dynamic", "longrope"):
            known = rope.get("original_max_position_embeddings")
            limits.append(known or config.max_position_embeddings)
    return min(limits)


class _Rows(NamedTuple):
    """What a model says where something is read, and what is looked up in it."""

    states: torch.Tensor
    """[rows, width] before the vocabulary, or [rows, words] after it."""
    row: NDArray[np.int64]
    token: NDArray[np.int64]
    owner: NDArray[np.int64]
    """For each that is looked up: its row, the token, and the sequel it counts for. A row that is
    read twice stands once."""


def _packed(model: Any, sequels: Sequence[Sequel], sizes: Sizes, *, apart: bool) -> list[float]:
    import torch

    forest, cache = grow(sequels), KeyValueCache()
    head = _head(model) if apart else None
    reads = sizes.tokens if apart else max(1, sizes.rows * sizes.words // model.config.vocab_size)
    like = torch.empty(0, dtype=model.dtype, device=model.device)
    sums = np.zeros(len(sequels))
    waiting: list[_Rows] = []
    with torch.inference_mode(), chosen(model):
        for pack in packs(forest, sizes.tokens, reads):
            plan = PackedAttention(forest, pack, cache, like, sizes.block, together=sizes.together)
            waiting.append(_run(model, forest, pack, plan, apart=apart))
            enough = sum(len(one.states) for one in waiting) >= (sizes.rows if apart else 1)
            if enough or pack.end == len(forest.ids):
                rows, waiting = _joined(waiting), []
                np.add.at(sums, rows.owner, _looked_up(rows, head, sizes.words))
    return [float(one) for one in sums]


def _head(model: Any) -> torch.nn.Linear:
    """The vocabulary as a matrix. Raises TypeError for a model that has it in another form."""
    import torch

    head = model.get_output_embeddings()
    if type(head) is not torch.nn.Linear:
        raise TypeError(f"the vocabulary is a {type(head).__name__}")
    return head


def _run(model: Any, forest: Forest, pack: Pack, plan: PackedAttention, *, apart: bool) -> _Rows:
    """One forward pass over a pack, up to the vocabulary (apart) or through it."""
    import torch

    def put(array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(array).to(model.device)

    spots, row = np.unique(pack.reads.node - pack.begin, return_inverse=True)
    given = {
        "input_ids": put(forest.ids[None, pack.begin : pack.end]),
        "position_ids": put(forest.depth[None, pack.begin : pack.end]),
        "use_cache": False,
        "plan": plan,
    }
    if apart:
        states = model.get_decoder()(**given).last_hidden_state[0][put(spots)]
    else:
        states = model(**given, logits_to_keep=put(spots)).logits[0]
    return _Rows(states, row, pack.reads.token, pack.reads.owner)


def _joined(rows: Sequence[_Rows]) -> _Rows:
    import torch

    sizes = [len(one.states) for one in rows]
    return _Rows(
        torch.cat([one.states for one in rows]),
        np.concatenate([one.row + sum(sizes[:at]) for at, one in enumerate(rows)]),
        np.concatenate([one.token for one in rows]),
        np.concatenate([one.owner for one in rows]),
    )


def _looked_up(rows: _Rows, head: torch.nn.Linear | None, words: int) -> NDArray[np.float64]:
    """Log-probability of each token that is looked up.

    head: what the rows are still to be multiplied with, so many words at a time.
    """
    import torch

    row, token = (torch.from_numpy(one).to(rows.states.device) for one in (rows.row, rows.token))
    found = torch.empty(len(token), device=rows.states.device)
    normalisers = []
    for first, part in _slices(rows.states, head, words):
        normalisers.append(_normalisers(part))
        mine = (first <= token) & (token < first + part.shape[1])
        found[mine] = part[row[mine], token[mine] - first]
    values: NDArray[np.float64] = (
        (found - torch.stack(normalisers).logsumexp(0)[row]).double().cpu().numpy()
    )
    return values


def _slices(
    states: torch.Tensor, head: torch.nn.Linear | None, words: int
) -> Iterator[tuple[int, torch.Tensor]]:
    """Logits [rows, words] of some words after another, each with the first word's id."""
    from torch.nn.functional import linear

    if head is None:
        yield 0, states.float()
        return
    for first in range(0, len(head.weight), words):
        bias = None if head.bias is None else head.bias[first : first + words]
        yield first, linear(states, head.weight[first : first + words], bias).float()


def _normalisers(logits: torch.Tensor) -> torch.Tensor:
    """What is taken from each row of logits to make them log-probabilities."""
    import torch

    # A few rows at a time stay in a core's cache, and log_softmax goes over them once: twice as
    # fast on a processor as logsumexp of all.
    parts = torch.split(logits, 16) if logits.device.type == "cpu" else (logits,)
    return torch.cat([part[:, 0] - part.log_softmax(1)[:, 0] for part in parts])
