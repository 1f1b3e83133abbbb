"""Model versions: which one is current, which one it replaced, and adapters that never change.

Every name has a base (number 0) and, on top of it, versions with one adapter each; exactly one of
them is current. Whether a version is good enough is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from memory import disk
from memory.errors import BadInput, BadModel, GateRefused, NoSuch
from memory.records import ModelVersion, Score, Stage
from memory.rows import Rows
from memory.store import Store

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
KEPT = frozenset({
    WEIGHTS, CONFIG, "README.md", "added_tokens.json", "chat_template.jinja", "merges.txt",
    "special_tokens_map.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
    "vocab.json",
})  # fmt: skip
"""Names of the files that belong to an adapter; others are left behind."""
OF_A_MODEL = KEPT | {"config.json", "generation_config.json", "model.safetensors.index.json"}
"""Beside its weights: a version that was trained throughout is a model of its own."""
PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
"""Endings of files that can run code when they are loaded."""


class Lineage:
    """The versions of every target model of one workspace."""

    def __init__(self, store: Store, folder: Path) -> None:
        """folder: where adapters are kept, `<workspace>/models`."""
        self._store = store
        self._folder = folder

    def base(
        self, name: str, path: str, sha256: str, environment: Mapping[str, str] | None = None
    ) -> ModelVersion:
        """Register a base model as number 0 of its name; current, unless the name has a current.

        Asked again it returns the same version; a base that has moved keeps its history. Raises
        BadInput when the name stands for other weights, or the weights for another name.
        """
        new = ModelVersion(
            name=name, base=path, base_sha256=sha256, stage=Stage.CURRENT,
            environment=dict(environment or {}),
        )  # fmt: skip
        with self._store.transaction() as rows:
            known = rows.find(ModelVersion, new.id)
            if known is None:
                self._refuse_another_base(rows, name)
                rows.put(new)
                return new
            if known.name != name:
                raise BadInput(
                    f"The model in {path} is already known as {known.name!r}.",
                    "Use that name in the settings.",
                )
            if known.base == path:
                return known
            moved = [one.replace(base=path) for one in rows.all(ModelVersion, name=name)]
            rows.put(*moved)
            return moved[0]

    def _refuse_another_base(self, rows: Rows, name: str) -> None:
        if there := rows.all(ModelVersion, name=name, number=0):
            raise BadInput(
                f"{name!r} stands for the model in {there[0].base}, and these weights are others.",
                "Give the new model a name of its own in the settings.",
            )

    def current(self, name: str) -> ModelVersion:
        """The version in use. Raises NoSuch for an unknown name."""
        with self._store.reading() as rows:
            return _current(rows, name)

    def history(self, name: str) -> list[ModelVersion]:
        """Every version of the name, by number; empty for an unknown name."""
        return sorted(self._store.all(ModelVersion, name=name), key=lambda one: one.number)

    def keep(self, adapter: Path) -> tuple[Path, str]:
        """Copy an adapter to where it never changes; returns that folder and its SHA-256.

        Only safetensors weights, the configuration and a tokenizer's files are taken. Raises
        BadModel when they are not all there or a pickle lies among them, NoSpace.
        """
        files = _files(adapter)
        sha256 = _sha256(files)
        kept = self._folder / "adapters" / sha256
        if not _is_whole(kept, sha256):
            with disk.as_trouble(kept):
                _copy(files, kept, sha256)
        return kept, sha256

    @staticmethod
    def verify(adapter: Path, sha256: str) -> None:
        """Raises BadModel unless the adapter is whole and still the one of that hash."""
        if (found := _sha256(_files(adapter))) != sha256:
            raise BadModel(
                f"The adapter in {adapter} has changed (its hash was {sha256[:12]}, now "
                f"{found[:12]}).",
                "It will not be used. Teach again, or roll back with `goldpan models rollback`.",
            )

    def add(self, version: ModelVersion) -> ModelVersion:
        """Register a candidate under the next number of its name.

        The same base and adapter give the version that is there already. Raises NoSuch for a name
        without a base.
        """
        with self._store.transaction() as rows:
            if (known := rows.find(ModelVersion, version.id)) is not None:
                return known
            parent = version.parent or _current(rows, version.name).id
            number = 1 + max(one.number for one in rows.all(ModelVersion, name=version.name))
            new = version.replace(parent=parent, number=number, stage=Stage.CANDIDATE)
            rows.put(new)
            return new

    def score(self, key: str, scores: Sequence[Score]) -> ModelVersion:
        """Set a version's scores and nothing else, whatever has become of it meanwhile."""
        with self._store.transaction() as rows:
            scored = rows.get(ModelVersion, key).replace(scores=tuple(scores))
            rows.put(scored)
            return scored

    def promote(self, key: str, gate: str = "", *, force: bool = False) -> ModelVersion:
        """Make a version current and retire the one it replaces, in one transaction.

        The version it replaces becomes its parent, so that a rollback returns to it; one of its own
        ancestors keeps the parent it has.
        Raises GateRefused for a refused version unless forced, BadModel for a changed adapter.
        """
        with self._store.transaction() as rows:
            new = rows.get(ModelVersion, key)
            if new.stage is Stage.REFUSED and not force:
                raise GateRefused(
                    f"Version {new.number} of {new.name!r} was refused: {new.gate}",
                    "Promote it with --force if you know better.",
                )
            old = _current(rows, new.name)
            if old.id == new.id:
                return old
            if new.adapter:
                self.verify(Path(new.adapter), new.adapter_sha256)
            # Under its own descendant it would have itself as an ancestor.
            parent = new.parent if new in _ancestors(rows, old) else old.id
            return _replace(rows, old, new.replace(parent=parent, gate=gate or new.gate))

    def refuse(self, key: str, why: str) -> ModelVersion:
        """Note that the gate turned a version down. Raises BadInput for the base or the current."""
        with self._store.transaction() as rows:
            version = rows.get(ModelVersion, key)
            if version.number == 0:
                raise BadInput(f"The base of {version.name!r} cannot be refused.")
            if version.stage is Stage.CURRENT:
                raise BadInput(
                    f"Version {version.number} of {version.name!r} is in use.",
                    "Roll back with `goldpan models rollback` first.",
                )
            refused = version.replace(stage=Stage.REFUSED, gate=why)
            rows.put(refused)
            return refused

    def rollback(self, name: str) -> ModelVersion:
        """Return to the parent of the current version, passing over any that was refused since.

        Raises BadInput at the base, BadModel when the parent's adapter has changed.
        """
        with self._store.transaction() as rows:
            old = _current(rows, name)
            good = [one for one in _ancestors(rows, old) if one.stage is not Stage.REFUSED]
            if not good:
                raise BadInput(f"{name!r} is at its base; there is nothing to roll back to.")
            if good[0].adapter:
                self.verify(Path(good[0].adapter), good[0].adapter_sha256)
            return _replace(rows, old, good[0])


def _current(rows: Rows, name: str) -> ModelVersion:
    found = rows.all(ModelVersion, name=name, stage=Stage.CURRENT)
    if not found:
        raise NoSuch(f"There is no model called {name!r}.", "See `goldpan models list`.")
    return found[0]


def _ancestors(rows: Rows, version: ModelVersion) -> list[ModelVersion]:
    """Parent, its parent and so on, down to the base."""
    known = {one.id: one for one in rows.all(ModelVersion, name=version.name)}
    line = []
    while version.parent in known:
        # Taken out as it is passed: even a line that somebody bent into a ring comes to an end.
        version = known.pop(version.parent)
        line.append(version)
    return line


def _replace(rows: Rows, old: ModelVersion, new: ModelVersion) -> ModelVersion:
    # One after the other: the tables refuse two current versions even for a moment.
    rows.put(old.replace(stage=Stage.RETIRED))
    new = new.replace(stage=Stage.CURRENT)
    rows.put(new)
    return new


def _files(adapter: Path) -> dict[str, bytes | Path]:
    """What belongs to the adapter, by name in order: its configuration as text, others as paths.

    A whole model stands in an adapter's place where one was trained.
    """
    if not adapter.is_dir():
        raise BadModel(f"There is no adapter folder {adapter}.")
    names = sorted(path.name for path in adapter.iterdir() if path.is_file())
    if pickles := [name for name in names if Path(name).suffix.lower() in PICKLES]:
        raise BadModel(
            f"{adapter} holds {', '.join(pickles)}, which can run code when loaded.",
            "Save the adapter as safetensors and leave such files out.",
        )
    weights = {name for name in names if name.endswith(".safetensors")}
    if "config.json" in names and CONFIG not in names and weights:
        return {name: adapter / name for name in names if name in OF_A_MODEL | weights}
    if missing := sorted({WEIGHTS, CONFIG} - set(names)):
        raise BadModel(f"{', '.join(missing)} is missing from the adapter in {adapter}.")
    files: dict[str, bytes | Path] = {name: adapter / name for name in names if name in KEPT}
    return {**files, CONFIG: _settled(adapter / CONFIG)}


def _settled(config: Path) -> bytes:
    """The configuration with the names of the trained layers sorted.

    They are a set to the library that writes them: equal trainings give them in any order, and
    equal adapters would have different hashes.
    """
    try:
        settings = json.loads(config.read_bytes())
    except ValueError as error:
        raise BadModel(f"{config} is not readable: {error}.") from error
    if not isinstance(settings, dict):
        raise BadModel(f"{config} is not the configuration of an adapter.")
    if isinstance(layers := settings.get("target_modules"), list):
        settings["target_modules"] = sorted(layers)
    return json.dumps(settings, indent=2, sort_keys=True).encode()


def _sha256(files: Mapping[str, bytes | Path]) -> str:
    """SHA-256 over name, length and content of each file."""
    whole = hashlib.sha256()
    for name, content in files.items():
        one = hashlib.sha256()
        if isinstance(content, bytes):
            one.update(content)
        else:
            with content.open("rb") as file:
                one = hashlib.file_digest(file, "sha256")
        whole.update(f"{name} {one.hexdigest()}\n".encode())
    return whole.hexdigest()


def _is_whole(kept: Path, sha256: str) -> bool:
    try:
        return kept.is_dir() and _sha256(_files(kept)) == sha256
    except BadModel:
        return False


def _copy(files: Mapping[str, bytes | Path], kept: Path, sha256: str) -> None:
    """Write the folder under a temporary name; it gets its own when all is on the disk."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = disk.beside(kept)
    temporary.mkdir()
    try:
        for name, content in files.items():
            disk.copy(content, temporary / name)
            (temporary / name).chmod(0o444)
        if not _is_whole(temporary, sha256):
            raise BadModel("The adapter changed while it was copied.", "Try again.")
        if kept.exists():  # Damaged: the same content at hand makes it whole again.
            kept.rename(disk.beside(kept))
        temporary.rename(kept)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    disk.settle(kept.parent)
