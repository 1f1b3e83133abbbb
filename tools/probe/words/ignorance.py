"""What a model that knows nothing of a matter would say: measured, by false controls.

A choice control shows a question's options under the stem of another nugget. Whatever is favoured
there is favoured for its letter, its length or its wording. The first two are learnt from all
controls of a batch together, the third for each set of options from its own. For the short form,
the answers to all the other nuggets' questions are the controls, at no call's cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools import logit
from tools.probe.words.exchanges import LETTERS, Form, GradedReply
from tools.questions import normal

RIDGE = 0.5
"""Pull of each weight towards 0: 16 controls that all chose B give B a floor of 0.92."""
OWN = 1.0
"""Weight of what letters and lengths explain, in replies, against a set's own controls."""
FEATURES = len(LETTERS) + 3
_Array = NDArray[np.float64]


class Ignorance:
    """Floors, learnt from the replies of a batch."""

    def __init__(self, heard: Sequence[GradedReply]) -> None:
        controls = [one for one in heard if one.ask.control]
        self._weights = _fit(controls)
        self._liking = self._likings(controls)
        self._free: dict[str, dict[str, float]] = defaultdict(dict)
        self._answers: dict[str, set[str]] = defaultdict(set)
        for one in heard:
            if one.ask.form is Form.SHORT:
                # Once a nugget: answers to one matter are no separate witnesses.
                self._answers[one.ask.nugget].add(normal(one.ask.question.answer))
                for label, share in one.shares.items():
                    mine = self._free[one.ask.nugget]
                    mine[label] = max(mine.get(label, 0.0), share)

    def floor(self, heard: GradedReply, label: str) -> float:
        """What `label` would get in this ask from a model that knows nothing of it, in [0, 1]."""
        if heard.ask.form is Form.SHORT:
            return self._said_elsewhere(heard.ask.nugget, label)
        return self._by_letters(heard).get(label, 0.0)

    def _said_elsewhere(self, nugget: str, label: str) -> float:
        """Share of other nuggets whose questions got that answer, where it was not right there."""
        others = [
            said.get(label, 0.0)
            for name, said in self._free.items()
            if name != nugget and label not in self._answers[name]
        ]
        return sum(others) / len(others) if others else 0.0

    def _by_letters(self, heard: GradedReply) -> dict[str, float]:
        labels = _labels(heard)
        liking = self._liking.get(_set(heard), {})
        expected = logit.shares(_features(heard), self._weights)
        scaled = expected * np.array([liking.get(label, 1.0) for label in labels])
        return dict(zip(labels, (scaled / scaled.sum()).tolist(), strict=True))

    def _likings(self, controls: Sequence[GradedReply]) -> dict[tuple[str, ...], dict[str, float]]:
        """By set of options: how many times likelier than letter and length explain each one is.

        Gamma-Poisson: (OWN + chosen) / (OWN + expected), over the controls with these options.
        """
        chosen: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        explained: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for one in controls:
            expected = logit.shares(_features(one), self._weights)
            for label, share in zip(_labels(one), expected, strict=True):
                chosen[_set(one)][label] += one.shares.get(label, 0.0)
                explained[_set(one)][label] += float(share)
        return {
            options: {
                label: (OWN + chosen[options][label]) / (OWN + share)
                for label, share in shares.items()
            }
            for options, shares in explained.items()
        }


def _set(heard: GradedReply) -> tuple[str, ...]:
    return tuple(sorted(_labels(heard)))


def _labels(heard: GradedReply) -> list[str]:
    """Options as they were shown, normalised."""
    options = heard.ask.question.options
    return [normal(options[place]) for place in heard.ask.order]


def _shares(heard: GradedReply) -> _Array:
    return np.array([heard.shares.get(label, 0.0) for label in _labels(heard)])


def _features(heard: GradedReply) -> _Array:
    """Float64[options, letters + 3]: which letter, whether the last, how long, whether longest."""
    ask = heard.ask
    lengths = np.array([float(len(ask.question.options[place])) for place in ask.order])
    spread = lengths.std() or 1.0
    count = len(lengths)
    found = np.zeros((count, FEATURES))
    found[np.arange(count), np.arange(count)] = 1
    found[-1, -3] = 1
    found[:, -2] = (lengths - lengths.mean()) / spread
    longest = lengths == lengths.max()
    found[:, -1] = longest / longest.sum() if longest.sum() < count else 0
    return found


def _fit(controls: Sequence[GradedReply]) -> _Array:
    """Weights of the features that make the replies likeliest; zeros without any."""
    if not controls:
        return np.zeros(FEATURES)
    features = logit.padded([_features(one) for one in controls])
    chosen = logit.padded([_shares(one)[:, None] for one in controls])[:, :, 0]
    return logit.fit(features, np.nan_to_num(chosen), RIDGE)
