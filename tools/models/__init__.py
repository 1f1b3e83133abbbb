"""Models on this machine or elsewhere, behind two small interfaces: a target and an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Choice(NamedTuple):
    """One context and the texts that may follow it; each option is scored as its continuation."""

    context: str
    options: tuple[str, ...]


class OptionScore(NamedTuple):
    """Log-likelihood in nats of one option after its context, and how many tokens it has."""

    logprob: float
    tokens: int


class Target(Protocol):
    """The model to be taught."""

    @property
    def sha256(self) -> str:
        """Hash of its weights, tokenizer and configuration (and of the adapter, if any)."""
        ...

    @property
    def parameters(self) -> int:
        """Number of weights of the base."""
        ...

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        """One list per choice, one score per option, in order."""
        ...

    def perplexity(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        """Per text: summed negative log-likelihood in nats, and number of tokens predicted."""
        ...

    def complete(self, prompt: str, max_new_tokens: int = 48) -> str:
        """Greedy continuation of the prompt, the prompt itself left out."""
        ...


class Embedder(Protocol):
    """Turns sentences into unit vectors."""

    @property
    def name(self) -> str:
        """Model and version; vectors of two names are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dimensions], each row of length 1; [0, dimensions] for no texts."""
        ...
