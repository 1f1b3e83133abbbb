"""Claims about `goldpan doctor`: what is bound is looked at, and every fault has its advice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.doubles.endpoint import MockEndpoint, MockReply
from benchmarks.doubles.real import goldpan


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MockEndpoint]:
    with MockEndpoint(lambda body: MockReply("ready")) as running:
        yield running


def examined(home: Path, settings: str, *options: str, code: int = 5) -> dict[str, dict[str, Any]]:
    home.mkdir()
    (home / "goldpan.toml").write_text(settings)
    told = json.loads(goldpan(home, "doctor", "--json", *options, code=code))
    return {check["name"]: check for check in told}


def test_the_endpoints_that_are_bound_are_examined_and_others_when_asked(
    tmp_path: Path, endpoint: MockEndpoint
) -> None:
    settings = (
        '[roles]\nteacher = "a"\n'
        f'[endpoints.a]\nmodel = "toy"\nurl = "{endpoint.url}"\n'
        '[endpoints.b]\nmodel = "toy"\nurl = "http://127.0.0.1:9/v1"\n'
    )
    found = examined(tmp_path / "one", settings)
    assert found["teacher"]["found"] == "a: compatible:toy"
    assert found["a reachable"]["ok"]
    assert "b reachable" not in found
    found = examined(tmp_path / "all", settings, "--all")
    assert not found["b reachable"]["ok"]


def test_a_role_that_is_bound_to_nothing_there_says_what_there_is(tmp_path: Path) -> None:
    found = examined(
        tmp_path / "home",
        '[roles]\njudge = "gone"\n[endpoints.here]\nkind = "ollama"\nmodel = "toy"\n',
    )
    assert not found["judge"]["ok"]
    assert "here" in found["judge"]["found"]
    assert "goldpan init" in found["judge"]["fix"]


def test_a_role_that_is_not_bound_is_no_fault(tmp_path: Path) -> None:
    """There is no default provider: an unbound role says so and is left alone."""
    roles = examined(tmp_path / "home", "")["roles"]
    assert roles["ok"]
    assert roles["found"] == "teacher: offline; bound to nothing: judge, student"


def test_a_target_behind_an_endpoint_can_be_probed_only(
    tmp_path: Path, endpoint: MockEndpoint
) -> None:
    settings = f'[roles]\ntarget = "a"\n[endpoints.a]\nmodel = "toy"\nurl = "{endpoint.url}"\n'
    target = examined(tmp_path / "home", settings)["target"]
    assert target["ok"]
    assert "not taught" in target["found"]
