"""How likely one claim says nothing that another does not: a score by which pairs can be ranked.

It reads the vectors of the claims' words where it is given them; what to do about a pair is left to
`relation`, whose rules no score overrides.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tools.merge.features import claim_features
from tools.merge.lexicon import opposed
from tools.merge.relation import difference, rearranged, residues

Vectors = NDArray[np.float32]
Features = NDArray[np.float64]

_WORD = re.compile(r"\w+")

FEATURES = (
    "cosine", "differs", "moved", "opposed", "longer", "added", "weakest there", "weakest back",
)  # fmt: skip
BASIS = np.array([-5.42, 7.95, -4.34, -2.19, -5.21, 0.24, -0.50, 0.0, 0.0])
WITH_WORDS = np.array([-5.27, 2.00, -3.83, -2.75, -6.11, 0.21, 0.0, 5.75, 3.37])
"""Offset and weights of FEATURES without and with the vectors of words: logistic regression (L2,
C = 1 on standardised features) of entailed pairs against all others on 500 pairs of SICK (Marelli
et al. 2014); `benchmarks/merging.py` refits them on four fifths and measures on the fifth."""


def entails(a: str, b: str, cosine: float, words: tuple[Vectors, Vectors] | None = None) -> float:
    """Log odds that claim `b` says nothing that `a` does not; above 0 it is likelier than not.

    words: see `features`; the score is surer with them.
    """
    weights = BASIS if words is None else WITH_WORDS
    return float(weights[0] + weights[1:] @ features(a, b, cosine, words))


def mutual(a: str, b: str, cosine: float) -> float:
    """Log odds that each of two claims follows from the other, by the less likely way."""
    return min(entails(a, b, cosine), entails(b, a, cosine))


def features(
    a: str, b: str, cosine: float, words: tuple[Vectors, Vectors] | None = None
) -> Features:
    """What speaks for `b` following from `a`, as named in FEATURES.

    words: rows of length 1 for each word of a and of b, read in its sentence. The weakest word of
    b is the one whose nearest word in a is farthest off; without words it counts as zero.
    """
    x, y = claim_features(a), claim_features(b)
    mine, theirs = residues(x, y)
    near = words[0] @ words[1].T if words else np.zeros((1, 1))
    return np.array(
        [
            cosine,
            bool(difference(x, y)),
            rearranged(x, y),
            any(opposed(u, v) for u in mine for v in theirs),
            np.clip(len(_WORD.findall(a)) - len(_WORD.findall(b)), -6, 6),
            min(4, len(theirs)),
            near.max(axis=0).min(),
            near.max(axis=1).min(),
        ],
        dtype=float,
    )
