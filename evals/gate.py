"""May a trained version become the current one? It must have learnt, and must not have forgotten.

Pure: scores in, a decision with its reasons out. Carrying it out is left to others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evals.stats import better
from memory.records import Score

ALPHA = 0.05
"""A rise that chance gives more often than this is no rise."""
READABLE = 0.9
"""Share of the questions that must have given a readable answer."""


class GateLimits(NamedTuple):
    """How much forgetting is tolerated."""

    retention: float = 0.95
    """Old facts after training, as a share of before, at least."""
    perplexity: float = 1.5
    """Perplexity on old text after training, as a multiple of before, at most."""
    parity_prompts: int = 200
    """On so many prompts all forms of the version must agree; 0: export is not looked at."""


DEFAULT = GateLimits()


class GateDecision(NamedTuple):
    """The decision, and one sentence for each thing looked at."""

    passed: bool
    reasons: list[str]


def gate(scores: Mapping[str, Score], limits: GateLimits = DEFAULT) -> GateDecision:
    """Decide from new_, old_ and perplexity_ scores, each `before` and `after`, and two more.

    parity: share of prompts on which adapter, merged and reloaded model agree. leaks: held-out
    things found in training. What was not measured is no success: without new facts the version is
    refused. Where nothing old was there to be measured before, retention is not asked for, and the
    reasons say so.
    """
    looked = [
        _learnt(scores.get("new_before"), scores.get("new_after")),
        _retained(scores.get("old_before"), scores.get("old_after"), limits.retention),
        _fluent(scores.get("perplexity_before"), scores.get("perplexity_after"), limits.perplexity),
        _held_out(scores.get("leaks")),
        _exported(scores.get("parity"), limits.parity_prompts),
    ]
    return GateDecision(all(good for good, _ in looked), [reason for _, reason in looked])


def _unread(score: Score) -> str:
    asked = score.n + score.unscored
    if score.n < READABLE * asked:
        return f"only {score.n} of {asked} answers of {score.metric} could be read"
    return ""


def _learnt(before: Score | None, after: Score | None) -> tuple[bool, str]:
    if before is None or after is None or before.value is None or after.value is None:
        return False, "new facts were not examined"
    if unread := _unread(after) or _unread(before):
        return False, unread
    hits = round(before.value * before.n), round(after.value * after.n)
    p = better(hits[0], before.n, hits[1], after.n)
    told = f"new facts {before.value:.2f} → {after.value:.2f}"
    if p < ALPHA:
        return True, told
    if better(hits[0], before.n, after.n, after.n) >= ALPHA:
        # So few that no result could pass the test: then nothing less than all will do.
        all_right = hits[1] == after.n and after.value > before.value
        return all_right, f"{told}: only {after.n} questions, so all must be right"
    return False, f"{told}: no more than chance gives (p = {p:.2f}, n = {after.n})"


def _retained(before: Score | None, after: Score | None, least: float) -> tuple[bool, str]:
    if before is None or before.value is None:
        return True, "no old facts were there to examine"
    if after is None or after.value is None:
        return False, "old facts were not examined after training"
    if unread := _unread(after):
        return False, unread
    told = f"old facts {before.value:.2f} → {after.value:.2f}"
    if after.value < least * before.value:
        return False, f"{told}: forgetful (at least {least:.0%} of before is asked)"
    return True, told


def _fluent(before: Score | None, after: Score | None, most: float) -> tuple[bool, str]:
    if before is None or before.value is None:
        return True, "no old text was there to read"
    if after is None or after.value is None:
        return False, "perplexity was not measured after training"
    told = f"perplexity {before.value:.3g} → {after.value:.3g}"
    if after.value > most * before.value:
        return False, f"{told}: more than {most:g} times what it was"
    return True, told


def _held_out(leaks: Score | None) -> tuple[bool, str]:
    if leaks is None or leaks.value is None:
        return False, "nobody looked whether the examination was in training"
    if leaks.value:
        return False, f"{leaks.value:.0f} things of the examination were in training"
    return True, "nothing of the examination was in training"


def _exported(parity: Score | None, wanted: int) -> tuple[bool, str]:
    if not wanted:
        return True, "export was not looked at, as the settings say"
    if parity is None or parity.value is None:
        return False, "nobody looked whether the version survives its export"
    told = (
        f"adapter, merged and reloaded model agree on {parity.value * parity.n:.0f} of {parity.n}"
    )
    return parity.value == 1, f"{told} prompts"
