"""Training rows: read them, turn them into tokens with a label for each, put them in order."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from memory.errors import BadInput
from tools.models.forest import common
from tools.training.chat import Turns, has_template, in_template

GROUPED = 8
"""Batches whose rows are sorted by length together; more would always train like with like."""
SILENT = -100
"""The label of a token that no loss is taken on."""


class RowText(NamedTuple):
    """A row as it was written: a statement alone, or what is said to a prompt."""

    text: str
    prompt: str = ""


class Row(NamedTuple):
    """A row as it is trained: as many labels as tokens, the end mark included."""

    ids: list[int]
    labels: list[int]
    """Each token itself or SILENT; the first one always, as nothing stands before it."""
    cut: bool = False
    """Whether it was too long and lost a part."""


def read_rows(file: Path) -> list[RowText]:
    """The rows of a JSON-lines file. Raises BadInput."""
    try:
        lines = file.read_text("utf-8").splitlines()
        return parse(json.loads(line) for line in lines if line)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BadInput(
            f"The training file {file} cannot be read: {fault!r}.", "Freeze the dataset again."
        ) from fault


def parse(lines: Iterable[Mapping[str, str]]) -> list[RowText]:
    """Rows of `text`, or of `prompt` and `completion`. KeyError for others."""
    return [
        RowText(line["completion"], line["prompt"]) if "prompt" in line else RowText(line["text"])
        for line in lines
    ]


def tokenise(
    tokenizer: Any,
    written: Sequence[RowText],
    limit: int,
    loss: str = "all",
    chat: str = "auto",
) -> list[Row]:
    """Tokens and labels of each row, at most `limit` long, with the mark that ends it.

    loss: `all`, as a fact stands in the question too; `completion`: of a question's row only the
    answer. chat: `auto` puts questions into the tokenizer's chat template, if it has one, of which
    nothing is learnt but the end of the answer; `never`.
    A statement too long loses its end, a question its beginning; no row loses its end mark.
    """
    templated = chat == "auto" and has_template(tokenizer)
    whole = _ids(tokenizer, [one.prompt + one.text for one in written])
    heads = _ids(tokenizer, [one.prompt for one in written])
    rows = []
    for one, ids, head in zip(written, whole, heads, strict=True):
        if one.prompt and templated:
            turns = in_template(tokenizer, one.prompt, one.text, loss)
        else:
            # A token across the seam between prompt and completion belongs to the completion.
            start = common(ids, head) if one.prompt else 0
            trained = [loss == "all" or at >= start for at in range(len(ids))]
            turns = Turns([*ids, tokenizer.eos_token_id], [*trained, True], start)
        rows.append(_labelled(turns, limit, tokenizer.bos_token_id))
    return rows


def _ids(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Tokens with the marks that the tokenizer puts first, without an end mark it puts last."""
    if not texts:
        return []
    found = tokenizer(list(texts), return_attention_mask=False, verbose=False)["input_ids"]
    end = tokenizer.eos_token_id
    return [list(ids[:-1]) if ids and ids[-1] == end else list(ids) for ids in found]


def _labelled(turns: Turns, limit: int, first_mark: int | None) -> Row:
    """Cut to the limit: first behind the mark at the beginning, then before the one at the end."""
    over = max(0, len(turns.ids) - limit)
    lead = int(turns.ids[0] == first_mark and turns.start > 0)
    front = lead + min(over, max(0, turns.start - lead))
    back = len(turns.ids) - 1 - (over - (front - lead))
    kept = [*range(lead), *range(front, back), len(turns.ids) - 1]
    labels = [turns.ids[at] if turns.trained[at] else SILENT for at in kept]
    return Row([turns.ids[at] for at in kept], [SILENT, *labels[1:]], over > 0)


def running_order(lengths: Sequence[int], epochs: float, batch: int, seed: int) -> list[int]:
    """Row indices in the order of training, all passes in one list.

    batch: rows in one optimiser step, however they are split. Each pass is a new shuffle; within
    stretches of some batches, rows of like length are put together and those batches shuffled. Rows
    of 5 to 50 tokens mixed at random are two thirds padding: grouped, the same training took half
    the time.
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
