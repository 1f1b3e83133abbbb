"""Fold an adapter into its base and save an ordinary model; show that nothing changed by it.

Always in float32: merged in bfloat16, logits move by 2e-2, into a 4-bit base by 0.4.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from memory import disk
from memory.errors import BadModel
from tools.models.files import check_adapter, is_whole, locate
from tools.models.hf import beside, load_parts

TOLERANCE = 1e-4
"""Largest difference between two logits that float32 rounding explains; 1e-6 to 9e-6 is usual. Two
words that are no further apart are a tie, and either of them is the same answer."""
LIKELIEST = 8
"""Logits kept at each position: all of them would be 0.1 MB for each token of a large model."""
TOKENS = 4096
"""Computed at once, padding included."""


class Parity(NamedTuple):
    """How far an adapter beside its base, both merged, and the merged model reloaded agree."""

    prompts: int
    agreeing: int
    """Prompts without a disagreement."""
    positions: int
    disagreements: int
    """Positions at which a form's most likely token is another one, and not by a tie."""
    max_abs_logit_difference: float
    """Over the likeliest tokens of every position."""
    example: str = ""
    """The first prompt with a disagreement, up to there."""

    @property
    def equal(self) -> bool:
        """Whether the forms may be used for one another."""
        return self.positions > 0 and self.disagreements == 0

    @property
    def top1_agreement(self) -> float:
        """Share of positions with the same most likely token, in [0, 1]."""
        return 1 - self.disagreements / max(1, self.positions)

    @property
    def reason(self) -> str:
        """In one sentence, for the one who decides about the version."""
        if self.equal:
            return f"merged and reloaded it says the same at all {self.positions} positions"
        return (
            f"merged and reloaded it says something else at {self.disagreements} of "
            f"{self.positions} positions, first after {self.example!r}"
        )


class _Said(NamedTuple):
    """What a form of the model answers to one prompt: [positions, LIKELIEST] each."""

    tokens: Any
    logits: Any


def export(base: str | Path, adapter: str | Path, output: Path, prompts: Sequence[str]) -> Parity:
    """Save base and adapter as one model in `output` (safetensors, with the base's tokenizer).

    Held to the gate: the folder appears at once, one that is there is replaced, and without
    agreement on the prompts nothing appears. Raises BadModel where one form answers otherwise,
    NoSpace; ValueError without prompts.
    """
    with disk.as_trouble(output), disk.folder(output) as draft:
        found = _three_forms(locate(base), Path(adapter), draft, prompts)
        if not found.equal:
            raise BadModel(
                f"The merged model is not exported: {found.reason}.",
                "Use base and adapter side by side, or teach again.",
            )
        for weights in draft.glob("*.safetensors"):
            # Saved for their owner alone, whatever the umask; a model is shared like any file.
            weights.chmod(0o644)
    return found


def agreement(base: str | Path, adapter: str | Path, prompts: Sequence[str]) -> Parity:
    """Compare three forms of one version at every position of the prompts, in float32.

    The adapter beside its base, as it was trained; merged in memory; saved, and loaded anew. One of
    them is in memory at a time, and nothing stays on the disk. A version with weights of its own is
    compared with itself saved and reloaded. Raises BadModel, NoSpace; ValueError without prompts.
    """
    with disk.as_trouble(tempfile.gettempdir()), tempfile.TemporaryDirectory() as draft:
        return _three_forms(locate(base), Path(adapter), Path(draft), prompts)


def parity(
    base: str | Path, adapter: str | Path, merged: str | Path, prompts: Sequence[str]
) -> Parity:
    """Compare the base with its adapter beside it, as it was trained, to a merged model.

    Raises BadModel; ValueError without prompts.
    """
    plain, tokenizer = load_parts(locate(base), "cpu")
    rows = _rows(tokenizer, prompts, plain)
    first = answers(beside(plain, Path(adapter)), rows)
    del plain
    whole, _ = load_parts(locate(merged), "cpu")
    differs = _Comparison(tokenizer, rows)
    differs.note(first, answers(whole, rows))
    return differs.found()


def _three_forms(folder: Path, adapter: Path, draft: Path, prompts: Sequence[str]) -> Parity:
    check_adapter(adapter, folder)
    model, tokenizer = load_parts(adapter if is_whole(adapter) else folder, "cpu")
    rows = _rows(tokenizer, prompts, model)
    differs = _Comparison(tokenizer, rows)
    if is_whole(adapter):
        first = answers(model, rows)
    else:
        adapted = beside(model, adapter)
        first = answers(adapted, rows)
        model = adapted.merge_and_unload().eval()
        differs.note(first, answers(model, rows))
    model.save_pretrained(draft, safe_serialization=True)
    tokenizer.save_pretrained(draft)
    del model
    again, respelt = load_parts(draft, "cpu")
    if _rows(respelt, prompts, again) != rows:
        raise BadModel("The tokenizer, saved and reloaded, splits texts in another way.")
    differs.note(first, answers(again, rows))
    return differs.found()


def _rows(tokenizer: Any, prompts: Sequence[str], model: Any) -> list[list[int]]:
    """Tokens of each prompt, at most what the model's window takes."""
    if not any(prompts):
        raise ValueError("parity is measured on prompts")
    window = getattr(model.config, "max_position_embeddings", None)
    found = tokenizer([one for one in prompts if one], verbose=False)["input_ids"]
    return [list(ids[:window]) for ids in found if ids]


def answers(model: Any, rows: Sequence[Sequence[int]]) -> list[_Said]:
    """The likeliest tokens and their logits at each position of each row, in the rows' order."""
    import torch

    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    said: dict[int, _Said] = {}
    with torch.inference_mode():
        for batch in _batches(order, lambda at: len(rows[at])):
            width = len(rows[batch[-1]])
            ids = torch.tensor([[*rows[at], *[0] * (width - len(rows[at]))] for at in batch])
            mask = torch.tensor([[k < len(rows[at]) for k in range(width)] for at in batch])
            logits = model(input_ids=ids, attention_mask=mask.long(), use_cache=False).logits
            best = logits.float().topk(min(LIKELIEST, logits.shape[-1]), dim=-1)
            for place, at in enumerate(batch):
                upto = len(rows[at])
                said[at] = _Said(best.indices[place, :upto], best.values[place, :upto])
    return [said[at] for at in range(len(rows))]


def _batches(order: Sequence[int], length: Callable[[int], int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for at in order:
        if batch and length(at) * (len(batch) + 1) > TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


class _Comparison:
    """Counts positions at which two forms differ."""

    def __init__(self, tokenizer: Any, rows: Sequence[Sequence[int]]) -> None:
        self._tokenizer = tokenizer
        self._rows = rows
        self._wrong: set[tuple[int, int]] = set()
        self._furthest = 0.0

    def note(self, first: Sequence[_Said], other: Sequence[_Said]) -> None:
        """Two forms' answers to all rows."""
        import torch

        for number, (one, two) in enumerate(zip(first, other, strict=True)):
            # [positions, LIKELIEST of one, LIKELIEST of two]: where both name the same token.
            same = one.tokens.unsqueeze(-1) == two.tokens.unsqueeze(-2)
            apart = (one.logits.unsqueeze(-1) - two.logits.unsqueeze(-2)).abs()
            # Neither a token that only one of them names, nor a number that is none, compares.
            between = apart[same].nan_to_num(torch.inf)
            self._furthest = max([self._furthest, *between.reshape(-1).tolist()])
            firsts = one.tokens[:, 0] == two.tokens[:, 0]
            gap = one.logits[:, :1] - one.logits
            tied = (same[:, :, 0] & (gap <= TOLERANCE)).any(dim=1)
            sound = one.logits[:, 0].isfinite() & two.logits[:, 0].isfinite()
            wrong = ~((firsts | tied) & sound)
            self._wrong |= {(number, int(at)) for at in wrong.nonzero()}

    def found(self) -> Parity:
        """Of everything noted."""
        example = ""
        if self._wrong:
            row, at = min(self._wrong)
            example = self._tokenizer.decode(self._rows[row][: at + 1])
        return Parity(
            prompts=len(self._rows),
            agreeing=len(self._rows) - len({row for row, _ in self._wrong}),
            positions=sum(map(len, self._rows)),
            disagreements=len(self._wrong),
            max_abs_logit_difference=self._furthest,
            example=example,
        )
