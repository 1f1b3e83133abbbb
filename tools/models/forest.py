"""Token sequences as a forest in which each shared beginning stands once, cut into equal packs.

A token is told apart by all that stands before it: two sequences share their nodes up to where they
part. Nodes are numbered depth first, so that the descendants of a node follow it without a gap, and
one comparison says who sees whom: `a` is seen by `b` when `a <= b < stop[a]`. Numbers only; what a
model does with them is `attention`'s business.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
WIDTH = array("I").itemsize
"""Bytes of a token where sequences are compared."""
STRIDE = 32
"""Tokens compared at a time, until some differ."""


class Sequel(NamedTuple):
    """One option after its context: token ids, and the index from which they are the option's.

    The index is 1 or more, as a first token has nothing to be predicted from.
    """

    ids: Sequence[int]
    start: int


class Reads(NamedTuple):
    """What is looked up: the token `token` as predicted at the node `node`, for sequel `owner`."""

    node: Ints
    token: Ints
    owner: Ints


class Forest(NamedTuple):
    """Every distinct token of some sequences, each with all that comes before it, depth first."""

    ids: Ints
    depth: Ints
    """Place in its sequence, from 0."""
    stop: Ints
    """The node after its last descendant."""
    reads: Reads
    """In the order of their nodes."""


class Pack(NamedTuple):
    """A run of nodes computed together, after the keys of all that stand before them."""

    begin: int
    end: int
    known: Ints
    """Nodes whose keys are there: those kept from the packs before, then the pack's own."""
    keep: Ints
    """Places in `known` of what later packs see."""
    reads: Reads


class AttentionBlock(NamedTuple):
    """A run of nodes in a pack that attend together."""

    begin: int
    end: int
    keys: Ints
    """Places in the pack's `known` of what any of them sees."""


def grow(sequels: Sequence[Sequel]) -> Forest:
    """The forest of some sequels; what predicts nothing is left out, the last token of each too."""
    ids: list[int] = []
    depth: list[int] = []
    stop: list[int] = []
    path: list[int] = []
    reads: list[tuple[int, int, int]] = []
    # As bytes, long beginnings are compared a hundred times as fast as token by token. Their order
    # is not that of the numbers; all it has to do is to keep together what begins alike.
    fed = [array("I", s.ids[:-1] if s.start < len(s.ids) else ()).tobytes() for s in sequels]
    before = b""
    for i in sorted(range(len(sequels)), key=fed.__getitem__):
        tokens, start = sequels[i]
        shared, size = common(before, fed[i]) // WIDTH, len(fed[i]) // WIDTH
        for node in path[shared:]:
            stop[node] = len(ids)
        path[shared:] = range(len(ids), len(ids) + size - shared)
        ids += tokens[shared:size]
        depth += range(shared, size)
        stop += [0] * (size - shared)
        reads += [(path[j - 1], tokens[j], i) for j in range(start, len(tokens))]
        before = fed[i]
    for node in path:
        stop[node] = len(ids)
    looked = np.array(sorted(reads), dtype=np.int64).reshape(-1, 3).T
    nodes = np.array([ids, depth, stop], dtype=np.int64)
    return Forest(nodes[0], nodes[1], nodes[2], Reads(*looked))


def packs(forest: Forest, tokens: int, reads: int) -> Iterator[Pack]:
    """The forest in order, cut after so many tokens or so many places where something is read."""
    size = len(forest.ids)
    read = np.zeros(size + 1, dtype=np.int64)
    read[1 + forest.reads.node] = 1
    read = read.cumsum()
    begin, known = 0, np.empty(0, dtype=np.int64)
    while begin < size:
        enough = int(np.searchsorted(read, read[begin] + reads, side="right")) - 1
        end = min(begin + tokens, max(enough, begin + 1), size)
        known = np.concatenate([known, np.arange(begin, end)])
        keep = np.flatnonzero(forest.stop[known] > end)
        low, high = np.searchsorted(forest.reads.node, [begin, end])
        yield Pack(begin, end, known, keep, Reads(*(one[low:high] for one in forest.reads)))
        begin, known = end, known[keep]


def blocks(forest: Forest, pack: Pack, size: int) -> Iterator[AttentionBlock]:
    """A pack in runs of so many nodes. Beside itself, a run sees what stands above its first node:
    whatever began before and has not ended there.
    """
    held = len(pack.known) - (pack.end - pack.begin)
    for begin in range(pack.begin, pack.end, size):
        end = min(begin + size, pack.end)
        at = held + begin - pack.begin
        above = np.flatnonzero(forest.stop[pack.known[:at]] > begin)
        yield AttentionBlock(begin, end, np.concatenate([above, np.arange(at, at + end - begin)]))


def common(a: Sequence[Any], b: Sequence[Any]) -> int:
    """How much two sequences of one type begin with alike: tokens, bytes or characters."""
    at, limit = 0, min(len(a), len(b))
    while at < limit and a[at : at + STRIDE] == b[at : at + STRIDE]:
        at += STRIDE
    pairs = zip(a[at : at + STRIDE], b[at : at + STRIDE], strict=False)
    return next((at + i for i, (x, y) in enumerate(pairs) if x != y), limit)
