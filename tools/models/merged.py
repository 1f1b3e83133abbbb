"""Fold an adapter into its base and save an ordinary model; show that nothing changed by it.

Always in float32: merged in bfloat16, logits move by 2e-2, into a 4-bit base by 0.4.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from memory.disk import told
from tools.models.files import check_adapter, locate
from tools.models.hf import beside, load_parts, with_adapter

TOLERANCE = 1e-4
"""Largest difference between two logits that float32 rounding explains; 1e-6 to 9e-6 is usual."""


class Parity(NamedTuple):
    """How far two forms of one model agree, over all positions of all prompts."""

    max_abs_logit_difference: float
    top1_agreement: float
    """Share of positions with the same most likely token, in [0, 1]."""

    @property
    def equal(self) -> bool:
        """Whether both forms may be used for one another."""
        return self.max_abs_logit_difference <= TOLERANCE and self.top1_agreement == 1.0


def merge(base: str | Path, adapter: str | Path, output: Path) -> Path:
    """Save base and adapter as one model in `output` (safetensors, with the base's tokenizer).

    The folder appears at once, and one that is there is replaced. Raises BadModel, NoSpace.
    """
    folder = locate(base)
    check_adapter(Path(adapter), folder)
    model, tokenizer = load_parts(folder, "cpu")
    merged = with_adapter(model, Path(adapter))
    with told(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".merged-", dir=output.parent))
        try:
            merged.save_pretrained(draft, safe_serialization=True)
            tokenizer.save_pretrained(draft)
            draft.chmod(0o755)
            shutil.rmtree(output, ignore_errors=True)
            draft.rename(output)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return output


def parity(
    base: str | Path, adapter: str | Path, merged: str | Path, prompts: Sequence[str]
) -> Parity:
    """Compare the base with its adapter beside it, as it was trained, to the merged model.

    Raises BadModel; ValueError without prompts.
    """
    import torch

    plain, tokenizer = load_parts(locate(base), "cpu")
    adapted = beside(plain, Path(adapter))
    whole, _ = load_parts(locate(merged), "cpu")
    furthest, same, positions = 0.0, 0, 0
    with torch.inference_mode():
        for prompt in prompts:
            ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
            one, other = _logits(adapted, ids), _logits(whole, ids)
            furthest = max(furthest, float((one - other).abs().max()))
            same += int((one.argmax(-1) == other.argmax(-1)).sum())
            positions += ids.shape[1]
    if not positions:
        raise ValueError("parity is measured on prompts")
    return Parity(furthest, same / positions)


def _logits(model: Any, ids: Any) -> Any:
    return model(input_ids=ids).logits[0]
