"""Log-likelihoods of many short continuations, each shared token computed once.

Three savings over scoring one sequence per option: the beginning that many choices share is encoded
once and its keys and values kept; the options of a choice lie side by side in one row, each seeing
its context and itself but not its neighbours (a tree mask); the vocabulary head is applied only
near the end of a row, where something is read. Tokenising and loading are left to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

TOKENS = 4096
"""Padded tokens in one forward pass; more gives no speed on a processor."""
LOGITS = 1 << 26
"""Logits held at a time: 256 MB in float32."""
SHARED = 24
"""A beginning shared by several rows is cached from this many tokens on; below, it does not pay."""


class Sequel(NamedTuple):
    """One option after its context: token ids, and the index from which they are the option's."""

    ids: Sequence[int]
    start: int


class Row(NamedTuple):
    """A choice as a tree: a trunk that all options share, and one branch for each."""

    trunk: list[int]
    branches: list[list[int]]
    silent: list[int]
    """Tokens at the head of each branch that belong to the context and are not scored."""

    @property
    def leaves(self) -> int:
        """Tokens fed beyond the trunk: the last of a branch predicts nothing."""
        return sum(len(branch) - 1 for branch in self.branches if branch)


def grow(sequels: Sequence[Sequel]) -> Row:
    """The tree of one choice. Each sequel starts at 1 or later: a first token has no prediction.

    Raises ValueError for a choice without options.
    """
    if not sequels:
        raise ValueError("a choice needs at least one option")
    trunk = list(sequels[0].ids[: sequels[0].start])
    for s in sequels[1:]:
        trunk = trunk[: common(trunk, s.ids[: s.start])]
    length = len(trunk)
    return Row(trunk, [list(s.ids[length:]) for s in sequels], [s.start - length for s in sequels])


def score_rows(model: Any, rows: Sequence[Row]) -> list[list[float]]:
    """Summed log-probability in nats of each branch of each row.

    model: a causal language model that accepts a 4-dimensional additive attention mask.
    """
    import torch

    found: list[list[float]] = [[] for _ in rows]
    with torch.inference_mode():
        for shared, members in _families(rows):
            cache = _encode(model, rows[members[0]].trunk[:shared]) if shared else None
            for batch in _batches(rows, members, shared, model.config.vocab_size):
                sums = _forward(model, [rows[i] for i in batch], shared, cache)
                for i, row_sums in zip(batch, sums, strict=True):
                    found[i] = row_sums
    return found


def score_plainly(model: Any, rows: Sequence[Row]) -> list[list[float]]:
    """The same sums, one sequence at a time, without masks or padding: right for any model."""
    import torch

    found: list[list[float]] = []
    with torch.inference_mode():
        for row in rows:
            found.append([])
            for branch, silent in zip(row.branches, row.silent, strict=True):
                if len(branch) == silent:
                    found[-1].append(0.0)
                    continue
                ids = torch.tensor([[*row.trunk, *branch[:-1]]], device=model.device)
                logits = model(ids, use_cache=False, logits_to_keep=len(branch)).logits[0].float()
                logprobs = logits.log_softmax(-1)
                found[-1].append(
                    sum(float(logprobs[j, branch[j]]) for j in range(silent, len(branch)))
                )
    return found


def honours_trees(model: Any) -> bool:
    """Whether tree masks give this model the same sums as plain sequences do: tried, not believed.

    Models with recurrent layers or biased attention (ALiBi) ignore such a mask or refuse it.
    """
    import torch

    ids = [i % model.config.vocab_size for i in range(SHARED + 8)]
    rows = [Row(ids, [[7, 3], [5, 2, 4]], [0, 0]), Row([*ids[:-2], 9, 11], [[6, 8], [3]], [0, 0])]
    try:
        quick = score_rows(model, rows)
    except (ValueError, RuntimeError, TypeError, IndexError, AttributeError):
        return False
    plain = score_plainly(model, rows)
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.2
    return all(
        abs(a - b) <= tolerance
        for quick_row, plain_row in zip(quick, plain, strict=True)
        for a, b in zip(quick_row, plain_row, strict=True)
    )


def _families(rows: Sequence[Row]) -> Iterator[tuple[int, list[int]]]:
    """(shared tokens, row indices): rows that begin alike; all others in one family with 0."""
    order = sorted(range(len(rows)), key=lambda i: rows[i].trunk)
    loners: list[int] = []
    while order:
        first = rows[order[0]].trunk[:-1]
        shared, size = len(first), 1
        for i in order[1:]:
            # The last token of a trunk is never shared: it predicts the first of each branch.
            alike = min(common(first, rows[i].trunk[:-1]), shared)
            if alike < SHARED:
                break
            shared, size = alike, size + 1
        family, order = order[:size], order[size:]
        if size == 1 or shared < SHARED:
            loners += family
        else:
            yield shared, family
    if loners:
        yield 0, loners


def common(a: Sequence[int], b: Sequence[int]) -> int:
    """Number of tokens with which both begin."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))


def _batches(
    rows: Sequence[Row], members: list[int], shared: int, vocabulary: int
) -> Iterator[list[int]]:
    """Row indices sorted by length, cut so that neither tokens nor logits overflow."""
    batch: list[int] = []
    width = keep = 0
    for i in sorted(members, key=lambda i: (len(rows[i].trunk) + rows[i].leaves, i)):
        width = max(width, len(rows[i].trunk) - shared + rows[i].leaves)
        keep = max(keep, rows[i].leaves + 1)
        size = len(batch) + 1
        if batch and (size * width > TOKENS or size * keep * vocabulary > LOGITS):
            yield batch
            batch = []
            width, keep = len(rows[i].trunk) - shared + rows[i].leaves, rows[i].leaves + 1
        batch.append(i)
    if batch:
        yield batch


def _encode(model: Any, prefix: list[int]) -> Any:
    """Keys and values of a prefix."""
    import torch

    ids = torch.tensor([prefix], device=model.device)
    return model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values


class _Plan(NamedTuple):
    """One batch, laid out: rows end flush right, so that what is read lies at the end."""

    ids: np.ndarray[Any, Any]
    places: np.ndarray[Any, Any]
    seen: np.ndarray[Any, Any]
    """bool [rows, width, shared + width]: who attends to whom."""
    reads: list[tuple[int, int, int, int]]
    """(row, branch, position, token): the token is predicted at that position."""


def _lay_out(rows: Sequence[Row], shared: int) -> _Plan:
    width = max(len(row.trunk) - shared + row.leaves for row in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)
    places = np.zeros((len(rows), width), dtype=np.int64)
    seen = np.zeros((len(rows), width, shared + width), dtype=bool)
    # Padding attends to itself: a row of the mask without any True gives NaN.
    seen[:, np.arange(width), shared + np.arange(width)] = True
    reads: list[tuple[int, int, int, int]] = []
    for r, row in enumerate(rows):
        trunk = row.trunk[shared:]
        begin = width - row.leaves - len(trunk)
        at = begin + len(trunk)
        ids[r, begin:at] = trunk
        places[r, begin:at] = range(shared, len(row.trunk))
        seen[r, begin:, :shared] = True
        seen[r, begin:at, shared + begin : shared + at] = np.tri(len(trunk), dtype=bool)
        seen[r, at:, shared + begin : shared + at] = True
        last = at - 1
        for b, (branch, silent) in enumerate(zip(row.branches, row.silent, strict=True)):
            fed = len(branch) - 1 if branch else 0
            spots = [last, *range(at, at + fed)]
            reads += [(r, b, spots[j], branch[j]) for j in range(silent, len(branch))]
            ids[r, at : at + fed] = branch[:fed]
            places[r, at : at + fed] = range(len(row.trunk), len(row.trunk) + fed)
            own = slice(shared + at, shared + at + fed)
            seen[r, at : at + fed, own] = np.tri(fed, dtype=bool)
            at += fed
    return _Plan(ids, places, seen, reads)


def _forward(model: Any, rows: Sequence[Row], shared: int, cache: Any) -> list[list[float]]:
    import torch

    plan = _lay_out(rows, shared)
    device, dtype = model.device, model.dtype
    keep = 1 + max(row.leaves for row in rows)
    hidden = torch.from_numpy(~plan.seen).to(device)[:, None]
    mask = torch.zeros(hidden.shape, dtype=dtype, device=device)
    mask.masked_fill_(hidden, torch.finfo(dtype).min)
    logits = model(
        input_ids=torch.from_numpy(plan.ids).to(device),
        position_ids=torch.from_numpy(plan.places).to(device),
        attention_mask=mask,
        past_key_values=_repeated(cache, len(rows)),
        use_cache=cache is not None,
        logits_to_keep=keep,
    ).logits
    return _summed(logits, plan.reads, plan.ids.shape[1] - keep, rows)


def _repeated(cache: Any, times: int) -> Any:
    """A copy for each row: the model appends to what it is given."""
    import copy

    if cache is None:
        return None
    cache = copy.deepcopy(cache)
    cache.batch_repeat_interleave(times)
    return cache


def _summed(
    logits: Tensor, reads: list[tuple[int, int, int, int]], skipped: int, rows: Sequence[Row]
) -> list[list[float]]:
    import torch

    sums = [[0.0] * len(row.branches) for row in rows]
    if not reads:
        return sums
    r, _, at, token = (
        torch.tensor(column, device=logits.device) for column in zip(*reads, strict=True)
    )
    picked = logits[r, at - skipped].float()
    values = picked.gather(1, token[:, None])[:, 0] - picked.logsumexp(1)
    for (row, branch, _, _), value in zip(reads, values.tolist(), strict=True):
        sums[row][branch] += value
    return sums
