"""Prove from a frozen set's files alone that nothing of its examination was trained on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memory.errors import BadInput
from memory.records import Question
from tools.dataset.manifest import CONTROL, EXAM, MANIFEST, OLD, TRAIN
from tools.dataset.rows import REPLAY, HeldOut, row_text


def leaks(place: Path) -> list[str]:
    """What of the examination was in training, a sentence each; [] is the proof that nothing was.

    place: the folder of a frozen set. Looked for: a file other than the manifest names; a held-out
    wording in a row; all options of a held-out question in a row about a nugget; a form that both
    trains and examines; a paper of the control that was taught.
    Raises BadInput where the folder holds no frozen set.
    """
    try:
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        contents = {name: (place / name).read_bytes() for name in manifest["files"]}
        rows = [json.loads(line) for line in contents[TRAIN].splitlines()]
        held = [_question(line) for n in (EXAM, CONTROL, OLD) for line in contents[n].splitlines()]
    except (OSError, ValueError, KeyError) as fault:
        raise BadInput(f"{place} holds no frozen training set: {fault!r}.") from fault
    return [
        *_changed(manifest, contents),
        *_worded(rows, held),
        *_formed(manifest),
        *_taught(manifest),
    ]


def _question(line: bytes) -> Question:
    return Question.model_validate_json(line)


def _changed(manifest: dict[str, Any], contents: dict[str, bytes]) -> Iterator[str]:
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]["sha256"]:
            yield f"{name} is not the file that was frozen."


def _worded(rows: list[dict[str, str]], held: list[Question]) -> Iterator[str]:
    held_out = HeldOut(held)
    for number, row in enumerate(rows, 1):
        if found := held_out.wording(row_text(row)):
            yield f"Row {number} holds the wording of question {found}."
        if row["source"] != REPLAY and (found := held_out.option_set(row_text(row))):
            yield f"Row {number} holds every option of question {found}."


def _formed(manifest: dict[str, Any]) -> Iterator[str]:
    forms = manifest["forms"]
    for form in sorted(set(forms["train"]) & {*forms["exam"], *forms["control"]}):
        yield f"The form {form!r} both trains and examines."


def _taught(manifest: dict[str, Any]) -> Iterator[str]:
    for paper in sorted(manifest["papers"].keys() & set(manifest["control_papers"])):
        yield f"Paper {paper} is taught, and its facts are the control."
