"""Claims about the file that a workspace begins with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agent.cli.init import What, init
from agent.services.settings_file import HERE, TEMPLATE, render, section
from agent.settings import FILE, Settings, load
from memory.errors import BadInput
from tools.endpoints.endpoint import KINDS

SETTING = re.compile(r"^#(?=[\[\w])", re.MULTILINE)
AWAY = ("home", "endpoints", "models")
"""Sections whose names are the user's."""


def loaded(home: Path, text: str) -> Settings:
    home.mkdir(exist_ok=True)
    (home / FILE).write_text(text)
    return load(home)


@pytest.mark.parametrize("kind", [*KINDS, HERE])
def test_every_kind_gives_a_file_that_loads_and_binds_the_teacher(
    kind: str, tmp_path: Path
) -> None:
    settings = loaded(tmp_path, render(kind, "my/model:8b"))
    bound: Any = settings.bound(settings.roles.teacher)
    assert (bound.path if kind == HERE else bound.model) == "my/model:8b"
    assert kind == HERE or bound.kind == kind
    assert len({*settings.endpoints, *settings.models}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_put_where_the_kind_has_it(kind: str, tmp_path: Path) -> None:
    settings = loaded(tmp_path, render(kind, url='http://there/v1?"'))
    assert settings.endpoints[kind].url == 'http://there/v1?"'


def test_without_a_kind_all_is_a_comment(tmp_path: Path) -> None:
    assert loaded(tmp_path, render()).digest == load(tmp_path / "elsewhere").digest


def test_every_comment_that_is_a_setting_loads_when_it_is_taken_in(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SETTING.sub("", TEMPLATE.read_text()))
    assert set(settings.endpoints) == set(KINDS)


def test_the_file_names_every_section_and_every_setting_with_its_default() -> None:
    """A setting that is added must be told here."""
    told = tomllib.loads(SETTING.sub("", TEMPLATE.read_text()))
    plain = {name for name in Settings.model_fields if name not in AWAY}
    assert plain <= set(told)
    for name in plain:
        kind = Settings.model_fields[name].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        defaults = kind().model_dump(mode="json")
        assert set(told[name]) == set(defaults)
        assert {key: told[name][key] for key, one in defaults.items() if one is not None} == {
            key: one for key, one in defaults.items() if one is not None
        }


def test_a_file_that_is_there_is_never_touched(tmp_path: Path) -> None:
    init(What["ollama"], "qwen3:8b", "", tmp_path)
    before = (tmp_path / FILE).read_text()
    with pytest.raises(BadInput, match="left as it is"):
        init(What["openai"], "", "", tmp_path)
    assert (tmp_path / FILE).read_text() == before


def test_it_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(What["vllm"], "", "", tmp_path / "new")
    told = capsys.readouterr().out
    assert section("vllm") in told
    assert "goldpan doctor" in told


def test_a_model_without_a_kind_is_nothing_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="need --kind"):
        init(None, "x", "", tmp_path)
    assert not (tmp_path / FILE).exists()
