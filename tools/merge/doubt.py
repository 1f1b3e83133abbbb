"""Of which pairs code is unsure, and what a judge may make of them. Asking one is left to others.

A judge never makes two claims the same that differ in a value, a denial, a direction, a condition
or a scope: there code is sure, and a judge may only be stricter.
"""

from __future__ import annotations

from memory.records import Link, Nugget, Relation
from tools.merge.entails import mutual
from tools.merge.features import ClaimFeatures, claim_features
from tools.merge.relation import difference, residues, unmatched

LIKELY = -2.0
"""Log odds that two claims say the same, from which a judge is asked about two that code holds
apart. Of 500 pairs of SICK code left 115 apart for their wording alone: of the 103 from here on
people held 61 for entailed, of the 12 below 2."""


def doubtful(a: Nugget, b: Nugget, link: Link) -> bool:
    """Whether a judge may see more in two related claims: that they say the same, or the opposite.

    What code holds for the same, or for a contradiction, is not asked about.
    """
    if link.relation is not Relation.RELATED:
        return False
    x, y = claim_features(a.claim), claim_features(b.claim)
    if difference(x, y):
        return a.paper != b.paper
    return not _differ(x, y) and mutual(a.claim, b.claim, link.score) >= LIKELY


def allowed(a: Nugget, b: Nugget, said: Relation) -> bool:
    """Whether two claims may stand so to each other, whoever says so."""
    if said is Relation.CONTRADICTS:
        # A paper seldom contradicts itself: two values are two conditions.
        return a.paper != b.paper
    return said is Relation.RELATED or not _differ(claim_features(a.claim), claim_features(b.claim))


def _differ(x: ClaimFeatures, y: ClaimFeatures) -> bool:
    """Whether code is sure that two claims do not say the same."""
    mine, theirs = residues(x, y)
    names = unmatched(x.names, y.words) | unmatched(y.names, x.words)
    return bool(
        difference(x, y)
        or len(x.directions) != len(y.directions)
        or x.values != y.values
        or x.conditions != y.conditions
        or x.scope != y.scope
        or mine & x.adjuncts
        or theirs & y.adjuncts
        # `OsPHR2` and `OsPHR3`, `vitamin C` and `vitamin D`; `WHO` may be spelt out.
        or any(len(name) == 1 or any(map(str.isdigit, name)) for name in names)
    )
