"""Sentence pairs judged by people (SICK): how well a score ranks the entailed above the others."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tools.merge.entails import BASIS, WITH_WORDS, features
from tools.models.embedder import MiniLM

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Judged(NamedTuple):
    """Pairs, what people said of them, and what is measured of each."""

    pairs: list[tuple[str, str]]
    labels: NDArray[np.str_]
    """E entailed, N neutral, C contradicting."""
    cosines: Floats
    features: Floats
    """[pairs, FEATURES], with the vectors of words."""


def read(path: Path, model: MiniLM, limit: int | None = None) -> Judged:
    """The first pairs of a table in SICK's format."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[:limit]
    found = [(row["sentence_A"], row["sentence_B"]) for row in rows]
    texts = [text for pair in found for text in pair]
    vectors, states = model.embed(texts), model.words(texts)
    cosines = np.einsum("ij,ij->i", vectors[::2], vectors[1::2]).astype(float)
    measured = [
        features(*pair, cosine, (a, b))
        for pair, cosine, a, b in zip(found, cosines, states[::2], states[1::2], strict=True)
    ]
    labels = np.array([row["entailment_judgment"][0] for row in rows])
    return Judged(found, labels, cosines, np.array(measured))


def scores(judged: Judged) -> dict[str, Floats]:
    """Each way to rank the pairs; the first two by weights fitted on other pairs."""
    basis, with_words = (np.flatnonzero(weights[1:]) for weights in (BASIS, WITH_WORDS))
    held = judged.features, judged.labels
    return {
        "score with word vectors": held_out(held[0][:, with_words], held[1]),
        "score without": held_out(held[0][:, basis], held[1]),
        "cosine": judged.cosines,
        "shared words (Jaccard)": np.array([jaccard(*pair) for pair in judged.pairs]),
        "equal text": np.array([float(a.lower() == b.lower()) for a, b in judged.pairs]),
    }


def jaccard(a: str, b: str) -> float:
    """Share of the words of two texts that both have."""
    x, y = (set(re.findall(r"\w+", text.lower())) for text in (a, b))
    return len(x & y) / max(1, len(x | y))


def area(ranked: Floats, good: Flags) -> float:
    """Area under the ROC curve: how often a good pair scores above another."""
    apart = ranked[good][:, None] - ranked[~good]
    return float((apart > 0).mean() + 0.5 * (apart == 0).mean())


def interval(ranked: Floats, good: Flags) -> tuple[float, float]:
    """95 % bootstrap interval of the area, good pairs and others drawn by themselves."""
    chance = np.random.default_rng(0)
    sides = np.flatnonzero(good), np.flatnonzero(~good)
    areas = []
    for _ in range(1000):
        drawn = np.concatenate([chance.choice(side, len(side)) for side in sides])
        areas.append(area(ranked[drawn], good[drawn]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def calibration_error(believed: Floats, truth: Floats | Flags, bins: int = 10) -> float:
    """Expected calibration error (Naeini and others 2015): mean gap of belief and truth by bins.

    Bins of equal width over [0, 1], each weighted by what lies in it.
    """
    place = np.minimum((believed * bins).astype(int), bins - 1)
    parts = [part for n in range(bins) if (part := place == n).any()]
    gaps = [abs(believed[part].mean() - truth[part].mean()) * part.mean() for part in parts]
    return float(sum(gaps))


def curve(ranked: Floats, good: Flags) -> tuple[tuple[float, float], ...]:
    """The ROC curve at every twentieth of the others let in."""
    cuts = np.quantile(ranked[~good], np.linspace(1, 0, 21))
    return tuple((float((ranked[~good] >= cut).mean()), float((ranked[good] >= cut).mean()))
                 for cut in cuts)  # fmt: skip


def held_out(x: Floats, labels: NDArray[np.str_], folds: int = 5) -> Floats:
    """A score of each pair, by weights fitted on the other four fifths: entailed against all else.

    In log odds; each fifth has its share of every label.
    """
    fold = np.empty(len(x), dtype=int)
    for label in sorted(set(labels)):
        places = np.random.default_rng(1).permutation(np.flatnonzero(labels == label))
        fold[places] = np.arange(len(places)) % folds
    ranked = np.empty(len(x))
    for k in range(folds):
        ranked[fold == k] = fitted(x[fold != k], labels[fold != k] == "E")(x[fold == k])
    return ranked


def fitted(x: Floats, good: Flags) -> Callable[[Floats], Floats]:
    """Logistic regression by Newton's method (L2, C = 1, on standardised columns): log odds."""
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9

    def columns(rows: Floats) -> Floats:
        return np.column_stack([np.ones(len(rows)), (rows - middle) / spread])

    z, ridge = columns(x), np.diag([0.0] + [1.0] * x.shape[1])
    weights = np.zeros(z.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-z @ weights))
        slope = z.T @ (good - p) - ridge @ weights
        weights = weights + np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + ridge, slope)
    return lambda rows: columns(rows) @ weights
