"""Write what was trained: the same training gives the same bytes, and nothing in it can run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from memory import disk
from memory.records import TrainingSpec
from tools.models.files import BASE_KEY, CONFIG, WEIGHTS


def save_adapter(model: Any, spec: TrainingSpec, place: Path) -> None:
    """Weights (safetensors), configuration and a card, all at once.

    The weights' header names the base by its hash, so that no other base is given this adapter.
    """
    with disk.folder(place) as draft:
        model.save_pretrained(draft / "raw", safe_serialization=True)
        _rewrite_weights(draft / "raw" / WEIGHTS, draft / WEIGHTS, spec)
        _rewrite_config(draft / "raw" / CONFIG, draft / CONFIG, spec)
        (draft / "README.md").write_text(card(spec), "utf-8")
        shutil.rmtree(draft / "raw")


def save_model(model: Any, base: Path, spec: TrainingSpec, place: Path) -> None:
    """All weights (safetensors), with the base's configuration, tokenizer and a card, all at once.

    Each weights' header names the base by its hash; the type of the weights is the base's.
    """
    from transformers import AutoConfig

    from tools.models.files import MATTERS

    kept = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False).dtype
    with disk.folder(place) as draft:
        model.to(kept or model.dtype).save_pretrained(draft, safe_serialization=True)
        for weights in draft.glob("*.safetensors"):
            _rewrite_weights(weights, weights, spec)
        names = {file.name for pattern in MATTERS for file in base.glob(pattern)}
        for name in sorted(names - {"generation_config.json"}):
            if "safetensors" not in name:
                shutil.copyfile(base / name, draft / name)
        (draft / "README.md").write_text(card(spec), "utf-8")


def _rewrite_weights(source: Path, target: Path, spec: TrainingSpec) -> None:
    from safetensors.torch import load_file, save_file

    save_file(load_file(source), target, metadata={BASE_KEY: spec.base_sha256})
    target.chmod(0o644)


def _rewrite_config(source: Path, target: Path, spec: TrainingSpec) -> None:
    """Without paths of this machine, and with its sets in order: they change from run to run."""
    config = json.loads(source.read_text("utf-8"))
    config["base_model_name_or_path"] = Path(spec.base).name
    for key, value in config.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            config[key] = sorted(value)
    target.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")


def card(spec: TrainingSpec) -> str:
    """What the result is, in words."""
    kind = "Model" if spec.method == "full" else "LoRA adapter"
    how = "all weights" if spec.method == "full" else f"rank {spec.rank}, alpha {spec.alpha}"
    use = (
        "Load it as any model."
        if spec.method == "full"
        else "Load it with\n`PeftModel.from_pretrained(base, folder)` on that base and no other."
    )
    return f"""---
library_name: {"transformers" if spec.method == "full" else "peft"}
---
# {kind}

Trained by Goldpan ({spec.method}) on the dataset `{spec.dataset}` (spec `{spec.id}`) from the base
`{Path(spec.base).name}` (SHA-256 of its files: `{spec.base_sha256}`).

Learnt: {how}; learning rate {spec.learning_rate:g}, {spec.epochs:g} epochs, batch
{spec.batch_size * spec.accumulation}, seed {spec.seed}. {use}
"""
