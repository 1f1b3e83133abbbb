"""What a person should know before an hour is spent: which tokens are learnt, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from memory.errors import BadInput
from tools.training.rows import SILENT, Row

SHOWN = 3
"""Rows shown with their marks."""
LEARNT = ("⟦", "⟧")
"""Around what is learnt, where text can have no colour."""
WIDE = 400
"""Characters of a shown row; a longer one is shown by both its ends."""


class RowStretch(NamedTuple):
    """A stretch of a row."""

    text: str
    trained: bool


class Preflight(NamedTuple):
    """What would go wrong silently: rows cut short, nothing to learn from, no end to stop at."""

    rows: int
    tokens: int
    truncated: int
    """Rows longer than the limit, which lost a part, but not their end mark."""
    trainable_share: float
    """Tokens that the loss is taken on, in [0, 1]; the first of a row is not counted."""
    ends_marked: bool
    """Whether every row ends with a mark at which a text or a turn ends, and learns it."""
    longest: int
    end: str = ""
    """That mark, as it is written."""
    examples: tuple[tuple[RowStretch, ...], ...] = ()
    """Rows of each kind, decoded, split where learning begins and ends."""


def preflight(tokenizer: Any, rows: Sequence[Row]) -> Preflight:
    """Counts over tokenised rows. Raises BadInput where training would teach nothing."""
    if tokenizer.eos_token_id is None:
        raise BadInput(
            "The model's tokenizer has no end-of-text token, so it could never learn to stop.",
            "Set eos_token in its tokenizer_config.json.",
        )
    tokens = sum(len(row.ids) for row in rows)
    trainable = sum(label != SILENT for row in rows for label in row.labels)
    # An end mark alone teaches to be silent.
    if not any(label != SILENT for row in rows for label in row.labels[:-1]):
        raise BadInput("No token is left to learn from.", "Freeze the dataset again.")
    ends = {tokenizer.eos_token_id, *tokenizer.all_special_ids}
    return Preflight(
        rows=len(rows),
        tokens=tokens,
        truncated=sum(row.cut for row in rows),
        trainable_share=round(trainable / max(1, tokens - len(rows)), 4),
        ends_marked=all(row.ids[-1] in ends and row.labels[-1] != SILENT for row in rows),
        longest=max(len(row.ids) for row in rows),
        end=tokenizer.decode([_telling(rows)[0].ids[-1]]),
        examples=tuple(_pieces(tokenizer, row) for row in _telling(rows)),
    )


def _telling(rows: Sequence[Row]) -> list[Row]:
    """One row that learns a part only, one that was cut, one that learns all; the first of each."""
    kinds = {(SILENT in row.labels[1:], row.cut): row for row in reversed(rows)}
    return [kinds[kind] for kind in sorted(kinds, reverse=True)][:SHOWN]


def _pieces(tokenizer: Any, row: Row) -> tuple[RowStretch, ...]:
    marked = list(zip(row.ids, (label != SILENT for label in row.labels), strict=True))
    return tuple(
        RowStretch(tokenizer.decode([one for one, _ in run]), trained)
        for trained, run in groupby(marked, key=lambda pair: pair[1])
    )


def render(found: Preflight) -> str:
    """The report as plain text; what is learnt stands between ⟦ and ⟧."""
    ends = "every row learns its end mark" if found.ends_marked else "rows WITHOUT an end mark"
    lines = [
        f"{found.rows} rows, {found.tokens} tokens, the longest {found.longest}; "
        f"{found.truncated} too long and cut",
        f"learnt: {found.trainable_share:.1%} of the tokens; {ends}, {found.end}",
    ]
    for number, pieces in enumerate(found.examples, 1):
        shown = "".join(
            LEARNT[0] + piece.text + LEARNT[1] if piece.trained else piece.text for piece in pieces
        )
        lines.append(f"example {number}: {_short(shown)}")
    return "\n".join(lines)


def _short(text: str) -> str:
    flat = text.replace("\n", "⏎")
    return flat if len(flat) <= WIDE else f"{flat[: WIDE // 2]} … {flat[-WIDE // 2 :]}"
