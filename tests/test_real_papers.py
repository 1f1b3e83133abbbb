"""The whole path on real papers: every quote located, most in the publisher's own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.real_papers import walk

SIX = (
    "PMC1397864", "PMC4417228", "PMC5234046", "f1000research-3-190", "jose.00184",
    "plosone-0115884",
)  # fmt: skip
"""Of three publishers and one journal of software, in one column and in two."""


@pytest.mark.slow
def test_six_real_papers_go_the_whole_way(shared: Path, small_target: Path, tmp_path: Path) -> None:
    folders = [shared / "papers" / "pairs" / name for name in SIX]
    result = walk(folders, tmp_path / "home", small_target)
    assert [row.outcome for row in result.rows] == ["read"] * 6
    assert all(row.located == 1 for row in result.rows)
    assert sum(row.nuggets for row in result.rows) >= 60
    assert all(row.in_truth >= 0.8 for row in result.rows if row.nuggets >= 8)
    assert sum(result.counts["verdicts"].values()) == (  # type: ignore[attr-defined]
        result.counts["nuggets"] - result.counts["merged"]  # type: ignore[operator]
    )
