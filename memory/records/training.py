"""What is trained on, how, and the jobs that do it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from memory.records.base import Record, new_id, now


class Dataset(Record):
    """Frozen training data: which questions, which split, where the files lie."""

    identity = ("manifest_sha256",)
    manifest_sha256: str
    """SHA-256 of manifest.json, which names each file with its own hash."""
    path: str
    interest: str = ""
    nuggets: tuple[str, ...] = ()
    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    """Question ids by split. The held-out are about what is taught, in other wordings."""
    control: tuple[str, ...] = ()
    """Exam questions about papers of which nothing is taught."""
    replay: int = 0
    """Rows of old knowledge mixed in against forgetting."""
    counts: dict[str, int] = Field(default_factory=dict)
    licences: dict[str, int] = Field(default_factory=dict)


class TrainingSpec(Record):
    """Everything a training program needs, and all that shapes its result."""

    identity = ("base_sha256", "dataset", "method", "rank", "alpha", "dropout", "targets",
                "learning_rate", "epochs", "batch_size", "accumulation", "warmup_steps",
                "max_length", "loss", "chat", "packing", "patience", "seed")  # fmt: skip
    base: str
    """Directory of the base model, or a hub id."""
    base_sha256: str
    dataset: str
    """Dataset id."""
    train_file: str
    validation_file: str = ""
    output: str
    method: Literal["lora", "qlora", "full"] = "lora"
    """An adapter beside the base, beside the base in 4 bits, or new weights throughout."""
    loss: Literal["all", "completion"] = "all"
    """What is learnt of a question's row: all of it, or the answer alone."""
    chat: Literal["auto", "never"] = "auto"
    """Whether questions are put in the tokenizer's chat template, where it has one."""
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: str = "all-linear"
    """Layers that the adapter changes: `all-linear`, or names with commas between."""
    learning_rate: float = Field(default=2e-4, gt=0)
    epochs: float = Field(default=4.0, gt=0)
    batch_size: int = Field(default=16, ge=1)
    accumulation: int = Field(default=1, ge=1)
    """Batches in one optimiser step."""
    warmup_steps: int = Field(default=10, ge=0)
    max_length: int = Field(default=512, ge=8)
    packing: bool = False
    """Rows one after another in a sequence, none seeing its neighbours, rather than padded."""
    patience: int = Field(default=0, ge=0)
    """Passes without a better validation loss after which training ends; 0: it never ends early."""
    save_every: int = Field(default=50, ge=1)
    """Optimiser steps between checkpoints."""
    seed: int = 0


class JobStatus(StrEnum):
    """How far a job has come."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """It ended without a result; `exit_code` says how. The next goes on from what it had saved."""
    LOST = "lost"
    """Nobody saw it end: whoever watched it was killed. So was one that says it is pending or
    running here, in a workspace that nobody owns."""


class Job(Record):
    """One process that trains. A training that is resumed, or split anew, is one job more."""

    id: str = Field(default_factory=new_id)
    spec: str
    """TrainingSpec id: the jobs of one training have it in common."""
    run: str = ""
    """The run that asked for it."""
    where: str = "here"
    handle: str = ""
    """Name of the job where it runs; here, the process id."""
    status: JobStatus = JobStatus.PENDING
    log: str = ""
    """File with what the program printed; the jobs of one training write on in it."""
    exit_code: int | None = None
    """None where nobody saw it end; a negative one is the signal that killed it."""
    started: str = Field(default_factory=now)
    ended: str = ""
