"""Log-likelihoods of many short continuations, each shared token computed once.

Three savings over scoring one sequence per option: what sequences begin with alike, however deep,
is one path of a forest and computed once, its keys and values kept for as long as they are seen; a
forest is cut into packs of one size, so that nothing is padded; the vocabulary head is applied only
where something is read. Tokenising and loading are left to the caller.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.models.attention import Held, Plan, chosen
from tools.models.forest import Forest, Pack, Sequel, grow, packs

if TYPE_CHECKING:
    import torch


class Sizes(NamedTuple):
    """How much is computed at a time."""

    tokens: int
    """In one forward pass."""
    logits: int
    """Held at a time."""
    block: int
    """Tokens that attend together; more waste time on keys that they do not see."""
    together: bool
    """Whether the blocks of a pass attend in one call."""


PROCESSOR = Sizes(512, 1 << 23, 64, together=False)
"""What stays in a core's caches: 1024 tokens are a tenth slower, 256 no faster. Above 32 MB of
logits, memory comes from the system each time."""
CARD = Sizes(16384, 1 << 28, 128, together=True)
"""What keeps a graphics card busy; 1 GB of logits."""


def score(model: Any, sequels: Sequence[Sequel], sizes: Sizes | None = None) -> list[float]:
    """Summed log-probability of each sequel in nats.

    model: a causal language model for which `honours_forests`. sizes: by its device unless given.
    """
    limit = steady(model.config)
    short = [i for i, sequel in enumerate(sequels) if len(sequel.ids) <= limit]
    long = [i for i, sequel in enumerate(sequels) if len(sequel.ids) > limit]
    found = dict(zip(short, _packed(model, [sequels[i] for i in short], sizes), strict=True))
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


def honours_forests(model: Any) -> bool:
    """Whether packs give this model the same sums as plain sequences do: tried, not believed.

    Models with recurrent layers or biased attention (ALiBi) ignore a plan or refuse it.
    """
    import torch

    ids = [i % model.config.vocab_size for i in range(40)]
    tails = [[7, 3], [5, 2, 4], [5, 2, 6], [5]]
    tried = [Sequel([*ids[:cut], *tail], cut) for cut in (40, 33, 9) for tail in tails]
    try:
        quick = _packed(model, tried, Sizes(16, 1 << 20, 5, together=True))
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


def _packed(model: Any, sequels: Sequence[Sequel], sizes: Sizes | None) -> list[float]:
    import torch

    sizes = sizes or (PROCESSOR if model.device.type == "cpu" else CARD)
    forest, held = grow(sequels), Held()
    reads = max(1, sizes.logits // model.config.vocab_size)
    like = torch.empty(0, dtype=model.dtype, device=model.device)
    sums = np.zeros(len(sequels))
    with torch.inference_mode(), chosen(model):
        for pack in packs(forest, sizes.tokens, reads):
            plan = Plan(forest, pack, held, like, sizes.block, together=sizes.together)
            np.add.at(sums, pack.reads.owner, _read(model, forest, pack, plan))
    return [float(one) for one in sums]


def _read(model: Any, forest: Forest, pack: Pack, plan: Plan) -> NDArray[np.float64]:
    """Log-probability of each of a pack's reads. A place read twice has one row of logits."""
    import torch

    def put(array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(array).to(model.device)

    spots, rows = np.unique(pack.reads.node - pack.begin, return_inverse=True)
    out = model(
        input_ids=put(forest.ids[None, pack.begin : pack.end]),
        position_ids=put(forest.depth[None, pack.begin : pack.end]),
        use_cache=False,
        logits_to_keep=put(spots),
        plan=plan,
    )
    logits, row = out.logits[0].float(), put(rows)
    values = logits[row, put(pack.reads.token)] - _normalisers(logits)[row]
    found: NDArray[np.float64] = values.double().cpu().numpy()
    return found


def _normalisers(logits: torch.Tensor) -> torch.Tensor:
    """What is taken from each row of logits to make them log-probabilities."""
    import torch

    # A few rows at a time stay in a core's cache, and log_softmax goes over them once: twice as
    # fast on a processor as logsumexp of all.
    parts = torch.split(logits, 16) if logits.device.type == "cpu" else (logits,)
    return torch.cat([part[:, 0] - part.log_softmax(1)[:, 0] for part in parts])
