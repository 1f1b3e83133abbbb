"""Training rows as tokens, and what a person should know before an hour is spent on them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from memory.errors import BadInput
from tools.dataset.rows import told

GROUPED = 8
"""Batches whose rows are sorted by length together; more would always train like with like."""


class Preflight(NamedTuple):
    """What would go wrong silently: rows cut short, nothing to learn from, no end to stop at."""

    rows: int
    tokens: int
    truncated: int
    """Rows longer than the limit; they lose their end, not their end mark."""
    trainable_share: float
    """Tokens that the loss is taken on, in [0, 1]."""
    ends_marked: bool
    """Whether every row ends with the token that ends a text."""
    longest: int


def read_texts(file: Path) -> list[str]:
    """What each JSON line says, prompt and completion joined. Raises BadInput."""
    try:
        return [told(json.loads(line)) for line in file.read_text("utf-8").splitlines() if line]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BadInput(
            f"The training file {file} cannot be read: {fault!r}.", "Freeze the dataset again."
        ) from fault


def tokenise(tokenizer: Any, texts: Sequence[str], limit: int) -> list[dict[str, list[int]]]:
    """Token ids and labels per text, each with the end mark, at most `limit` long.

    The loss is taken on every token: a fact stands in the question as well as in the answer.
    """
    end = tokenizer.eos_token_id
    rows = []
    for ids in tokenizer(list(texts), return_attention_mask=False, verbose=False)["input_ids"]:
        body = list(ids[:-1]) if ids and ids[-1] == end else list(ids)
        row = [*body[: limit - 1], end]
        rows.append({"input_ids": row, "labels": list(row)})
    return rows


def preflight(
    tokenizer: Any, texts: Sequence[str], rows: Sequence[dict[str, list[int]]]
) -> Preflight:
    """Counts over tokenised rows. Raises BadInput where training would teach nothing."""
    if tokenizer.eos_token_id is None:
        raise BadInput(
            "The model's tokenizer has no end-of-text token, so it could never learn to stop.",
            "Set eos_token in its tokenizer_config.json.",
        )
    tokens = sum(len(row["input_ids"]) for row in rows)
    trainable = sum(label != -100 for row in rows for label in row["labels"][1:])
    if not trainable:
        raise BadInput("No token is left to learn from.", "Freeze the dataset again.")
    whole = tokenizer(list(texts), return_attention_mask=False, verbose=False)["input_ids"]
    cut = sum(
        len(ids) + 1 > len(row["input_ids"]) + 1 for ids, row in zip(whole, rows, strict=True)
    )
    return Preflight(
        rows=len(rows),
        tokens=tokens,
        truncated=cut,
        trainable_share=round(trainable / max(1, tokens - len(rows)), 4),
        ends_marked=all(row["input_ids"][-1] == tokenizer.eos_token_id for row in rows),
        longest=max(len(row["input_ids"]) for row in rows),
    )


def running_order(lengths: Sequence[int], epochs: float, batch: int, seed: int) -> list[int]:
    """Row indices in the order of training, all passes in one list.

    Each pass is a new shuffle; within stretches of some batches, rows of like length are put
    together and those batches shuffled. Rows of 5 to 50 tokens mixed at random are two thirds
    padding: grouped, the same training took half the time.
    """
    chance = random.Random(f"order {seed}")  # noqa: S311
    stream: list[int] = []
    while len(stream) < epochs * len(lengths):
        stream += chance.sample(range(len(lengths)), len(lengths))
    stream = stream[: math.ceil(epochs * len(lengths))]
    order: list[int] = []
    for first in range(0, len(stream), GROUPED * batch):
        pool = sorted(stream[first : first + GROUPED * batch], key=lambda i: lengths[i])
        batches = [pool[at : at + batch] for at in range(0, len(pool), batch)]
        # A batch that is not full may stand only at the very end, or it would shift all others.
        rest = batches.pop() if len(batches[-1]) < batch else []
        order += [i for rows in chance.sample(batches, len(batches)) for i in rows] + rest
    return order
