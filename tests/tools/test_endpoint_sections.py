"""Claims about what a section of an endpoint may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tools.endpoints.endpoint import DEFAULTS, KINDS, Endpoint, Mode

HERE = "http://localhost:8000/v1"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "needs its url"),
        ({"kind": "azure"}, "needs its url"),
        ({"url": "localhost:8000/v1"}, "begins with http"),
        ({"url": f"{HERE}/chat/completions"}, "ends before"),
        ({"url": "https://ada:secret@host/v1"}, "keys never stand"),
        ({"url": HERE, "headers": {"Authorization": "Bearer x"}}, "keys never stand"),
        ({"url": HERE, "key_keyring": "service"}, "service/user"),
        ({"url": HERE, "modes": ["json_object"]}, "json_schema"),
        ({"url": HERE, "key": "sk-1"}, "Extra inputs"),
        ({"kind": "argo", "url": HERE}, "needs user"),
        ({"kind": "served"}, "needs command"),
    ],
)
def test_a_section_that_cannot_work_says_what_it_lacks(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Endpoint(model="toy", **said)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_section_leaves_out_is_what_is_usual_for_its_kind(kind: str) -> None:
    usual = DEFAULTS[kind]
    endpoint = Endpoint.model_validate(
        {"kind": kind, "model": "toy", "url": f"{HERE}/", "user": "ada", "command": ["x"]}
    )
    assert endpoint.base == HERE
    assert (endpoint.most_in_flight, endpoint.stamina) == (usual.in_flight, usual.patience)
    assert endpoint.price(10, 10) == (0 if usual.free else None)
    assert endpoint.modes == tuple(Mode)


def test_a_price_is_for_a_million_tokens() -> None:
    endpoint = Endpoint(model="toy", url=HERE, price_in=2, price_out=10)
    assert endpoint.price(500_000, 100_000) == 2.0


def test_the_models_own_temperature_can_be_named() -> None:
    said = {"model": "toy", "url": HERE}
    assert Endpoint.model_validate({**said, "temperature": "default"}).temperature is None
    with pytest.raises(ValidationError):
        Endpoint.model_validate({**said, "temperature": "hot"})
