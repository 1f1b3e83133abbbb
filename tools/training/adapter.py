"""Write a finished adapter: the same training gives the same bytes, and nothing in it can run."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from memory.records import TrainingSpec
from tools.models.files import BASE_KEY, CONFIG, WEIGHTS


def save_adapter(model: Any, spec: TrainingSpec, place: Path) -> None:
    """Weights (safetensors), configuration and a card, all at once.

    The weights' header names the base by its hash, so that no other base is given this adapter.
    """
    draft = Path(tempfile.mkdtemp(prefix=".adapter-", dir=place.parent))
    try:
        model.save_pretrained(draft / "raw", safe_serialization=True)
        _rewrite_weights(draft / "raw" / WEIGHTS, draft / WEIGHTS, spec)
        _rewrite_config(draft / "raw" / CONFIG, draft / CONFIG, spec)
        (draft / "README.md").write_text(card(spec), "utf-8")
        shutil.rmtree(draft / "raw")
        draft.chmod(0o755)
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


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
    """What the adapter is, in words."""
    return f"""---
library_name: peft
---
# LoRA adapter

Trained by Goldpan on the dataset `{spec.dataset}` (spec `{spec.id}`) from the base
`{Path(spec.base).name}` (SHA-256 of its files: `{spec.base_sha256}`).

Rank {spec.rank}, alpha {spec.alpha}, learning rate {spec.learning_rate:g}, {spec.epochs:g} epochs,
batch {spec.batch_size * spec.accumulation}, seed {spec.seed}. Load it with
`PeftModel.from_pretrained(base, this_folder)` on that base and no other.
"""
