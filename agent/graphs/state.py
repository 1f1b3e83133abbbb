"""What flows through the graphs: ids and options, plain JSON. Their schemas are forms to fill in,
with the descriptions that a person sees there.

`TypedDict` comes from typing_extensions: pydantic makes no JSON schema of the other one before
Python 3.12, and a graph server then offers no form.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict


def added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    """Reducer: what each step lost. Steps that run at the same time tell of different kinds."""
    return {**left, **right}


class Place(TypedDict, total=False):
    """Context of both graphs: where they work."""

    home: Annotated[str, Field(description="Folder of the workspace; empty: the usual one.")]


class DiscoveryInput(TypedDict, total=False):
    """What a discovery is started with."""

    interest: Annotated[
        str, Field(description="Name of an interest; or words, of which a new one is made.")
    ]
    folder: Annotated[
        str, Field(description="Papers to look in this time; empty: the interest's sources.")
    ]
    yes: Annotated[bool, Field(description="Accept by policy, and ask nobody.")]
    run: Annotated[str, Field(description="Id of a run to go on with; empty: a new one.")]


class DiscoveryOutput(TypedDict, total=False):
    """What a discovery ends with."""

    run: str
    nuggets: list[str]
    """Ids of all that its papers say."""
    proposed: list[str]
    """Ids of those that a person should look at."""
    decided: int
    """How many of them were decided as one batch of this run."""
    lost: Annotated[dict[str, int], added]
    """What got no answer, by kind: it is asked for again."""


class Discovery(DiscoveryInput, DiscoveryOutput, total=False):
    """State of the discovery graph. From the first step on, `interest` is an id."""

    papers: list[str]
    """Every paper the sources gave."""
    read: list[str]
    """Those that were read."""
    screened: list[str]
    """Those that were read and fit the interest."""
    asked: list[str]
    """Nuggets that were probed: one for each cluster."""
    answer: dict[str, Any]
    """What came back from the review."""


class TeachingInput(TypedDict, total=False):
    """What a teaching is started with."""

    interest: Annotated[
        str, Field(description="Name of an interest; all that teach its target are taught with it.")
    ]
    run: Annotated[str, Field(description="Id of a run to go on with; empty: a new one.")]


class TeachingOutput(TypedDict, total=False):
    """What a teaching ends with."""

    run: str
    version: str
    """The candidate's ModelVersion id."""
    passed: bool
    """Whether the gate promoted it."""
    lost: Annotated[dict[str, int], added]
    """What got no answer, by kind."""


class Teaching(TeachingInput, TeachingOutput, total=False):
    """State of the teaching graph. From the first step on, `interest` is an id."""

    nuggets: list[str]
    papers: list[str]
    control: list[str]
    """Nuggets of papers of which nothing is taught."""
    written: list[str]
    """Question ids."""
    dataset: str
    spec: str
    adapter: str
