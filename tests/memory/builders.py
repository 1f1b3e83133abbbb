"""Records of every kind, made up by hypothesis or by number."""

from __future__ import annotations

from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from memory.records import Decision, ModelVersion, Nugget, NuggetStatus, Record
from memory.schema import TABLES

KINDS = list(TABLES)

# Broken PDFs and file names put surrogates and NULs into texts.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
floats = st.floats(allow_nan=False)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=5,
)


def of(annotation: Any, limits: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Values of a field's type, within its limits."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return plain
    if annotation is str:
        return texts
    if annotation is int and not limits:
        return st.integers(-(2**31), 2**31 - 1)
    if annotation is float and not limits:
        return floats
    if origin is tuple:
        return st.lists(of(inside[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(texts, of(inside[1]), max_size=3)
    if origin is Union or type(annotation).__name__ == "UnionType":
        return st.one_of([of(one) for one in inside])
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return records(annotation)
    return st.from_type(Annotated[(annotation, *limits)] if limits else annotation)


def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    def field(name: str, info: FieldInfo) -> st.SearchStrategy[Any]:
        if name == "id":
            return st.just("") if kind.identity else st.text("abc", min_size=1)
        return of(info.annotation, tuple(info.metadata))

    return st.builds(kind, **{name: field(name, info) for name, info in kind.model_fields.items()})


def nugget(number: int, **more: Any) -> Nugget:
    return Nugget(
        paper="paper", passage="passage", page=1, claim=f"Claim {number}.", quote="quote",
        start=number, end=number + 5, **more,
    )  # fmt: skip


def decision(about: Nugget, status: NuggetStatus, **more: Any) -> Decision:
    action = {"accepted": "accept", "rejected": "reject", "edited": "edit"}[status.value]
    fields = {"actor": "person", "after": {"status": status.value}, "revision": about.revision}
    return Decision(nugget=about.id, action=action, **{**fields, **more})


def version(number: int, name: str = "small") -> ModelVersion:
    return ModelVersion(name=name, base="/base", base_sha256="base", adapter_sha256=f"a{number}")
