"""TRL's trainer, told everything that it would otherwise guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from memory.records import TrainingSpec
from tools.training.batches import packed, padded
from tools.training.rows import Row, running_order
from tools.training.shortage import BatchSplit

LINES = 120
"""Progress rows written in a whole training, about."""
LARGE = 1_000_000_000
"""Weights from which activations are computed twice rather than kept."""


def make_trainer(
    spec: TrainingSpec,
    split: BatchSplit,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    watched: Sequence[Row],
    callback: Any,
) -> Any:
    """An SFTTrainer over rows in the spec's own order; rows come tokenised and labelled."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    order = running_order(
        [len(row.ids) for row in rows], spec.epochs, spec.batch_size * spec.accumulation, spec.seed
    )
    collate = partial(packed, pad=pad, room=spec.max_length) if spec.packing else None

    def table(rows: Sequence[Row]) -> Any:
        return Dataset.from_list([{"input_ids": row.ids, "labels": row.labels} for row in rows])

    return SFTTrainer(
        model=model,
        args=SFTConfig(**settings(spec, split, model, len(order), bool(watched))),
        train_dataset=table(rows).select(order),
        eval_dataset=table(watched) if watched else None,
        processing_class=tokenizer,
        data_collator=collate or partial(padded, pad=pad),
        callbacks=[callback],
    )


def settings(
    spec: TrainingSpec, split: BatchSplit, model: Any, rows: int, watched: bool
) -> dict[str, Any]:
    """Arguments of the trainer, by their names; rows: of all passes together."""
    from trl import SFTConfig

    steps = math.ceil(rows / (spec.batch_size * spec.accumulation))
    on_device = model.device.type == "cuda"
    return {
        "output_dir": str(Path(spec.output) / "checkpoints"),
        "num_train_epochs": 1,
        "per_device_train_batch_size": split.batch_size,
        "gradient_accumulation_steps": split.accumulation,
        "learning_rate": spec.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": spec.warmup_steps,
        "weight_decay": 0.0,
        # The order is ours: drawn from the seed alone, a resumed training finds it again.
        "train_sampling_strategy": "sequential",
        "remove_unused_columns": False,
        "max_length": None,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "use_cpu": not on_device,
        "bf16": on_device,
        "seed": spec.seed,
        "data_seed": spec.seed,
        "save_strategy": "steps",
        "save_steps": spec.save_every,
        "save_total_limit": 2,
        "eval_strategy": "steps" if watched else "no",
        "eval_steps": max(1, round(steps / spec.epochs)),
        "per_device_eval_batch_size": split.batch_size,
        "prediction_loss_only": True,
        "logging_steps": max(1, steps // LINES),
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        **(_twice(SFTConfig) if model.num_parameters() > LARGE else {}),
    }


def _twice(arguments: Any) -> dict[str, Any]:
    """Compute activations again in the backward pass; transformers has renamed it."""
    names = {field.name for field in fields(arguments)}
    name = next(n for n in ("activation_checkpointing", "gradient_checkpointing") if n in names)
    return {name: True, f"{name}_kwargs": {"use_reentrant": False}}
