"""Claims about docs/endpoints.md: what it shows can be used as it stands."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from agent.settings import Settings
from tests.tools.peer import Peer, Seen, completion
from tools.endpoints.clients import Pool, client
from tools.endpoints.endpoint import KINDS, Endpoint
from tools.endpoints.keys import NoKey

PAGE = (Path(__file__).parents[2] / "docs" / "endpoints.md").read_text()
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = {
    name: Endpoint(**said)
    for block in BLOCKS
    for name, said in tomllib.loads(block).get("endpoints", {}).items()
}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_of_settings_loads(block: str, tmp_path: Path) -> None:
    settings = Settings(**{**tomllib.loads(block), "home": tmp_path})
    for role in ("teacher", "judge", "target", "student"):
        if (name := getattr(settings.roles, role)) not in ("", "offline"):
            assert settings.bound(name)


def test_every_kind_has_its_block_and_every_setting_is_told() -> None:
    assert {endpoint.kind for endpoint in SECTIONS.values()} == set(KINDS)
    told = set(re.findall(r"^[# ]*(\w+) =", PAGE, re.MULTILINE))
    assert not set(Endpoint.model_fields) - told


def test_every_section_tells_of_key_abilities_and_what_was_tried() -> None:
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[3:]:
        assert "**Key:**" in section
        assert "**Tried here:**" in section


PATHS = {
    "argo_native": "/argoapi/api/v1/resource/chat/",
    "argo": "/argoapi/v1/chat/completions",
    "azure": "/openai/v1/chat/completions",
    "azure_dated": "/openai/deployments/my-deployment/chat/completions",
    "alcf": "/resource_server/sophia/vllm/v1/chat/completions",
}


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_request_of_every_section_arrives_where_its_server_expects_it(name: str) -> None:
    """The address is this machine's, its path the section's own."""
    endpoint = SECTIONS[name]

    def answer(request: Seen) -> tuple[int, Any]:
        return 200, {"response": "Osk."} if name == "argo_native" else completion()

    async def main() -> Seen:
        async with Peer(answer) as peer, Pool() as pool:
            url = peer.url + urlsplit(endpoint.base or "http://x/v1").path
            here = endpoint.model_copy(update={"url": url})
            message = await client(here, NoKey(), pool).ainvoke("What melts?")
            assert message.text == "Osk."
            return peer.seen[0]

    seen = asyncio.run(main())
    assert seen.path == PATHS.get(name, "/v1/chat/completions")
    assert (seen.method, seen.body["model"]) == ("POST", endpoint.model)
    assert seen.body["messages"] == [{"role": "user", "content": "What melts?"}]
    for field, value in endpoint.extra.items():
        assert seen.body[field] == value
    for header, value in endpoint.headers.items():
        assert seen.headers[header] == value
    assert seen.body.get("user", "") == endpoint.user
