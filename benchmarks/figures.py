"""What a benchmark finds: figures with their aims, tables, plots. Data only; told by `page`.

A part is one module here with `measure(data) -> Part`, where `data` is the folder of labelled data.
`python -m benchmarks` runs them all and writes `docs/benchmarks.md`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from evals.stats import wilson

DATA = Path(__file__).parents[1].parent / "shared" / "data"
"""Where the labelled data lies unless told otherwise: beside the checkout, not ours to ship."""


class Missing(Exception):
    """A part's data is not there; the text says what, and how to give it."""


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Plain):
    """One measured value."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None
    """What it should be at least (or at most, where lower is better)."""
    better: Literal["higher", "lower"] = "higher"
    low: float | None = None
    high: float | None = None
    """95 % interval."""
    n: int | None = None
    """Of how many items."""
    note: str = ""

    @classmethod
    def share(
        cls,
        name: str,
        k: int,
        n: int,
        *,
        aim: float | None = None,
        better: Literal["higher", "lower"] = "higher",
        note: str = "",
    ) -> Self:
        """A share, k of n, with its interval (Wilson)."""
        low, high = wilson(k, n)
        return cls(name=name, value=k / max(1, n), aim=aim, better=better, low=low, high=high, n=n,
                   note=note)  # fmt: skip

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without an aim."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.better == "higher" else self.value <= self.aim


class Table(_Plain):
    """Rows beside each other, a peer's or a baseline's among them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]


class Plot(_Plain):
    """Lines (points by x) or bars (one value for each label, in each series)."""

    name: str
    """File name without its ending."""
    title: str
    x: str = ""
    y: str = ""
    lines: dict[str, tuple[tuple[float, float], ...]] = Field(default_factory=dict)
    labels: tuple[str, ...] = ()
    bars: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    log_x: bool = False
    log_y: bool = False
    aim: float | None = None
    """A horizontal line."""


class Part(_Plain):
    """Everything one benchmark found, and where."""

    name: str
    title: str
    about: str
    """What was measured, on which data, beside which peer. Markdown."""
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    date: str = Field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")
    seconds: float = 0.0
    machine: str = ""
    versions: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(
        cls, name: str, title: str, about: str, packages: Sequence[str], **found: object
    ) -> Self:
        """A part with the versions of the packages it leans on."""
        versions = {package: importlib.metadata.version(package) for package in packages}
        return cls(name=name, title=title, about=about, versions=versions, **found)


def machine() -> str:
    """What the figures were measured on, its load included: a busy machine halves a speed."""
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"load {load:.1f} at the start, Python {platform.python_version()}"
    )


def need(*paths: Path) -> None:
    """Raises Missing unless every path is there."""
    for path in paths:
        if not path.exists():
            raise Missing(
                f"{path} is not there. This part needs the labelled data: give its folder with "
                "--data, or put it at shared/data beside the checkout."
            )
