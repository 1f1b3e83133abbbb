"""Model directories: what is in them, whether it is safe to open, and one hash for what matters.

Nothing here imports torch. Weights are read from safetensors only: a pickle can run code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from memory.errors import BadModel

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
BASE_KEY = "base_sha256"
"""In the header of an adapter's weights: the fingerprint of the base it was trained on."""
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.h5", "*.msgpack")
MATTERS = ("config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json",
           "added_tokens.json", "vocab*", "merges.txt", "*.model", "chat_template*",
           "*.safetensors", "*.safetensors.index.json", CONFIG)  # fmt: skip
"""What shapes a model's answers; read-me files and training leftovers do not."""
WANTED = [*MATTERS, "LICENSE*", "README.md"]


def locate(base: str | Path) -> Path:
    """The directory of a base model. A hub id is fetched into the hub's own cache.

    Raises BadModel when there is no such directory, no configuration or no safe weights.
    """
    folder = Path(base).expanduser()
    if not folder.is_dir():
        if not _is_hub_id(str(base)) or folder.exists():
            raise BadModel(
                f"There is no model directory {base}.",
                "Correct `path` in goldpan.toml; `goldpan doctor` checks it.",
            )
        folder = _fetch(str(base))
    if not (folder / "config.json").is_file():
        raise BadModel(
            f"{folder} has no config.json, so it is not a Hugging Face model.",
            "Name the directory that save_pretrained() wrote.",
        )
    _demand_weights(folder, "*.safetensors")
    return folder


def _demand_weights(folder: Path, pattern: str) -> None:
    if any(folder.glob(pattern)):
        return
    if pickled := sorted(name.name for kind in PICKLES for name in folder.glob(kind)):
        raise BadModel(
            f"{folder} has pickled weights only ({pickled[0]}); opening them could run code.",
            "Convert them: load the model where you trust it and save it with safetensors.",
        )
    raise BadModel(f"{folder} has no weights (*.safetensors).", "Copy the directory again, whole.")


def _is_hub_id(name: str) -> bool:
    owner, _, model = name.partition("/")
    plain = name.replace("/", "").replace("-", "").replace("_", "").replace(".", "")
    return bool(owner and model) and "/" not in model and plain.isalnum() and owner[0] != "."


def _fetch(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=WANTED))
    except (OSError, ValueError) as fault:  # its own errors are OSErrors, a bad id is a ValueError
        raise BadModel(
            f"{name} is neither a directory here nor a model that the hub would give: {fault}",
            "Correct `path` in goldpan.toml, or fetch the model while you are online.",
        ) from fault


def fingerprint(base: str | Path, adapter: str | Path | None = None) -> str:
    """SHA-256 over names and contents of the files that shape a model's answers.

    The same bytes in another folder have the same fingerprint. Raises BadModel.
    """
    digest = hashlib.sha256()
    for folder in [locate(base), *([Path(adapter)] if adapter else [])]:
        for file in _mattering(folder):
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
            digest.update(f"{file.name}\0{content}\n".encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _mattering(folder: Path) -> Iterable[Path]:
    return sorted({file for pattern in MATTERS for file in folder.glob(pattern) if file.is_file()})


def is_whole(version: Path) -> bool:
    """Whether a version has all weights of its own, rather than an adapter's."""
    return (version / "config.json").is_file() and not (version / CONFIG).is_file()


def check_adapter(adapter: Path, base: Path) -> None:
    """Raises BadModel when the adapter is not one, is pickled, or is of another base.

    A whole model trained from that base passes, too.
    """
    if is_whole(adapter):
        _demand_weights(adapter, "*.safetensors")
        _check_base(adapter, next(iter(sorted(adapter.glob("*.safetensors")))), base)
        return
    if not (adapter / CONFIG).is_file():
        raise BadModel(
            f"{adapter} has no {CONFIG}, so it is not an adapter.",
            "Name the directory that the training wrote.",
        )
    _demand_weights(adapter, WEIGHTS)
    _check_base(adapter, adapter / WEIGHTS, base)


def _check_base(adapter: Path, weights: Path, base: Path) -> None:
    trained_on = header(weights).get(BASE_KEY)
    if trained_on and trained_on != fingerprint(base):
        raise BadModel(
            f"{adapter} was trained on another base (its hash is {trained_on[:12]}…).",
            "Put that base back, or teach this one anew.",
        )


def header(weights: Path) -> dict[str, str]:
    """The metadata in a safetensors file's header. Raises BadModel for a damaged file.

    Format: 8 bytes little-endian length, then that many bytes of JSON.
    """
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            # No sensible header is longer; a damaged length would ask for the whole address space.
            if not 2 <= length <= 100_000_000:
                raise ValueError(f"a header of {length} bytes")
            content: dict[str, Any] = json.loads(stream.read(length))
            return dict(content.get("__metadata__") or {})
    except (OSError, ValueError, AttributeError, TypeError) as fault:
        raise BadModel(f"{weights} is damaged: {fault}.", "Copy it again.") from fault
