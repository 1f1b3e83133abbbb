"""Model directories are looked through before anything in them is opened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import BadModel
from tools.models.files import check_adapter, fingerprint, header, locate


def adapter(folder: Path, metadata: dict[str, str]) -> Path:
    """The least that counts as an adapter."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    head = json.dumps({"__metadata__": metadata}).encode()
    content = len(head).to_bytes(8, "little") + head
    (folder / "adapter_model.safetensors").write_bytes(content)
    return folder


def test_an_adapter_of_this_base_passes_and_of_another_does_not(
    llama: Path, tmp_path: Path
) -> None:
    check_adapter(adapter(tmp_path / "ours", {"base_sha256": fingerprint(llama)}), llama)
    check_adapter(adapter(tmp_path / "foreign", {}), llama)
    with pytest.raises(BadModel, match="another base"):
        check_adapter(adapter(tmp_path / "theirs", {"base_sha256": "0" * 64}), llama)


def test_an_adapter_counts_in_the_fingerprint(llama: Path, tmp_path: Path) -> None:
    one, other = adapter(tmp_path / "one", {"a": "1"}), adapter(tmp_path / "other", {"a": "2"})
    assert len({fingerprint(llama), fingerprint(llama, one), fingerprint(llama, other)}) == 3


def test_a_pickled_adapter_is_refused(llama: Path, tmp_path: Path) -> None:
    place = adapter(tmp_path / "a", {})
    (place / "adapter_model.safetensors").rename(place / "adapter_model.bin")
    with pytest.raises(BadModel, match="pickled"):
        check_adapter(place, llama)


def test_a_folder_without_adapter_or_without_weights_is_told(llama: Path, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="not an adapter"):
        check_adapter(tmp_path, llama)
    copy = Path(shutil.copytree(llama, tmp_path / "copy"))
    (copy / "model.safetensors").unlink()
    with pytest.raises(BadModel, match="no weights"):
        locate(copy)


@pytest.mark.parametrize("name", ["nowhere/at/all", "./nowhere", "no where/model", "../x", "gone"])
def test_a_path_that_is_not_there_is_never_looked_up_elsewhere(name: str) -> None:
    """A mistyped path must not become a question to a hub on the network."""
    with pytest.raises(BadModel, match="There is no model directory"):
        locate(name)


@given(st.binary(max_size=60))
def test_any_bytes_have_a_header_or_are_damaged(content: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / "weights"
        file.write_bytes(content)
        try:
            assert isinstance(header(file), dict)
        except BadModel as fault:
            assert "damaged" in str(fault)  # noqa: PT017
