"""Rows as one batch of tensors: padded side by side, or packed one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.training.rows import SILENT

Rows = Sequence[Mapping[str, list[int]]]
SPILL = 0.05
"""Share of a logit's usual spread by which packing may move it: bfloat16 moves it by 0.01."""


def padded(rows: Rows, pad: int) -> dict[str, Any]:
    """input_ids, labels and attention_mask, each [rows, longest]."""
    import torch

    width = max(len(row["input_ids"]) for row in rows)

    def filled(name: str, value: int) -> Any:
        return torch.tensor([row[name] + [value] * (width - len(row[name])) for row in rows])

    mask = [[at < len(row["input_ids"]) for at in range(width)] for row in rows]
    return {
        "input_ids": filled("input_ids", pad),
        "labels": filled("labels", SILENT),
        "attention_mask": torch.tensor(mask, dtype=torch.long),
    }


def packed(rows: Rows, pad: int, room: int) -> dict[str, Any]:
    """input_ids, labels and position_ids, each [sequences, at most `room`].

    Positions count from 0 in each row: by them attention is kept inside a row, as long as no cache
    is asked for. Where a sequence has room left, each token of it stands for a row of its own.
    """
    bins = _fitted(rows, room)
    joined = [
        {
            "input_ids": [one for row in some for one in row["input_ids"]],
            "labels": [one for row in some for one in row["labels"]],
            "position_ids": [at for row in some for at in range(len(row["input_ids"]))],
        }
        for some in bins
    ]
    whole = padded(joined, pad)
    width = whole["input_ids"].shape[1]
    places = [one["position_ids"] + [0] * (width - len(one["position_ids"])) for one in joined]
    del whole["attention_mask"]
    return {**whole, "position_ids": whole["input_ids"].new_tensor(places), "use_cache": False}


def _fitted(rows: Rows, room: int) -> list[list[Mapping[str, list[int]]]]:
    """First fit, the longest first; a row longer than the room has a sequence of its own."""
    bins: list[list[Mapping[str, list[int]]]] = []
    left: list[int] = []
    for row in sorted(rows, key=lambda row: -len(row["input_ids"])):
        long = len(row["input_ids"])
        at = next((at for at, free in enumerate(left) if free >= long), len(bins))
        if at == len(bins):
            bins.append([])
            left.append(room)
        bins[at].append(row)
        left[at] -= long
    return bins


def keeps_rows_apart(model: Any) -> bool:
    """Whether this model, given two rows packed, answers as it does to each alone.

    Asked of the model itself: some architectures place words without looking at `position_ids`.
    """
    import torch

    first, second = range(1, 8), range(8, 14)
    rows = [{"input_ids": list(one), "labels": list(one)} for one in (first, second)]
    training = model.training
    model.eval()
    with torch.inference_mode():

        def logits(batch: dict[str, Any]) -> Any:
            given = {name: value.to(model.device) for name, value in batch.items()
                     if name in ("input_ids", "position_ids")}  # fmt: skip
            return model(**given, use_cache=False).logits.float()

        together = logits(packed(rows, 0, 64))[0, 7:]
        alone = logits(padded(rows[1:], 0))[0]
    model.train(training)
    return bool((together - alone).abs().max() <= SPILL * alone.std())
