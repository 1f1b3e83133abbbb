"""What we ask of models: one prompt a file, its version a hash. Calling a model is left to others.

A prompt file is TOML between two lines `+++` (purpose, fields, untrusted, reply), then `# System`
and `# User`. `${name}` stands for a field. What is filled in is never read as a template again.

Untrusted fields hold text from papers. They stand between `BEGIN ${fence}` and `END ${fence}`,
where the fence is chosen for each rendering so that it occurs in none of the fields.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from functools import cache, cached_property
from importlib import resources
from string import Template
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from prompts import replies

FENCE = "fence"
_FILE = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(?:\s*# System\n(.*?))?\s*# User\n(.*)", re.DOTALL)
_FENCED = re.compile(r"^BEGIN \$\{fence\}\n(.*?)^END \$\{fence\}$", re.DOTALL | re.MULTILINE)


class BadPrompt(ValueError):
    """A prompt file is wrong, or was not given exactly its fields."""


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


class Prompt(BaseModel):
    """One prompt file, checked as it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    purpose: str
    fields: tuple[str, ...]
    untrusted: tuple[str, ...] = ()
    """Those of the fields that hold text from papers."""
    reply: str = ""
    """Name of the class in `prompts.replies` that an answer must fit; empty: none of its own."""
    source: str
    """The whole file."""
    system: str
    user: str

    @cached_property
    def schema_class(self) -> type[replies.ReplySchema]:
        """What an answer must fit."""
        found: type[replies.ReplySchema] = getattr(replies, self.reply)
        return found

    @cached_property
    def version(self) -> str:
        """12 hex digits of the hash of the file and of its schema: either changes what we ask."""
        schema = json.dumps(self.schema_class.strict_schema(), sort_keys=True) if self.reply else ""
        return hashlib.sha256(f"{self.source}\0{schema}".encode()).hexdigest()[:12]

    @property
    def made_by(self) -> str:
        """Name and version, for the records that it brings about."""
        return f"{self.name}@{self.version}"

    def render(self, **fields: str) -> tuple[Message, ...]:
        """The messages with their fields filled in; the same fields give the same letters.

        Raises BadPrompt that names a missing or an extra field.
        """
        if missing := [name for name in self.fields if name not in fields]:
            raise BadPrompt(f"Prompt {self.name!r} misses its field {', '.join(missing)}.")
        if extra := sorted(set(fields) - set(self.fields)):
            raise BadPrompt(f"Prompt {self.name!r} has no field {', '.join(extra)}.")
        filled = {**fields, FENCE: _fence("\n".join(fields[name] for name in self.fields))}
        turns: tuple[tuple[Literal["system", "user"], str], ...] = (
            ("system", self.system),
            ("user", self.user),
        )
        return tuple(
            Message(role, Template(text).substitute(filled)) for role, text in turns if text
        )


def _fence(text: str) -> str:
    """16 hex digits that do not occur in the text; derived from it, so that calls can be cached."""
    mark = text
    while (mark := hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()[:16]) in text:
        pass
    return mark


@cache
def load(name: str) -> Prompt:
    """The prompt of that name. Raises BadPrompt where there is none, or where its file is wrong."""
    file = resources.files(__name__) / f"{name}.md"
    if not re.fullmatch(r"\w+", name) or not file.is_file():
        raise BadPrompt(f"There is no prompt {name!r}; there are {', '.join(names())}.")
    return parse(name, file.read_text(encoding="utf-8"))


@cache
def load_all() -> None:
    """Read every prompt now: later none needs a file, on whichever event loop it is asked for."""
    for name in names():
        load(name)


def names() -> list[str]:
    """Every prompt there is."""
    entries = resources.files(__name__).iterdir()
    return sorted(entry.name[:-3] for entry in entries if entry.name.endswith(".md"))


def parse(name: str, source: str) -> Prompt:
    """A prompt from the text of its file. Raises BadPrompt that says what is wrong with it."""
    found = _FILE.fullmatch(source)
    if not found:
        raise BadPrompt(f"Prompt {name!r} is not front matter and a part `# User`.")
    try:
        head: dict[str, Any] = tomllib.loads(found[1])
        system, user = (found[2] or "").strip(), found[3].strip()
        prompt = Prompt(name=name, source=source, system=system, user=user, **head)
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as fault:
        raise BadPrompt(f"The front matter of prompt {name!r} is wrong: {fault}") from fault
    _check(prompt)
    return prompt


def _check(prompt: Prompt) -> None:
    body = f"{prompt.system}\n{prompt.user}"
    if not Template(body).is_valid():
        raise BadPrompt(f"Prompt {prompt.name!r} holds a bare $; write $$.")
    used, told = set(Template(body).get_identifiers()) - {FENCE}, set(prompt.fields)
    if used != told:
        raise BadPrompt(f"Prompt {prompt.name!r} tells of {sorted(told)}, and uses {sorted(used)}.")
    outside = set(Template(_FENCED.sub("", body)).get_identifiers())
    if bare := outside & set(prompt.untrusted):
        raise BadPrompt(f"Prompt {prompt.name!r} shows {sorted(bare)} outside its fence.")
    if prompt.reply and not hasattr(replies, prompt.reply):
        raise BadPrompt(f"Prompt {prompt.name!r} asks for {prompt.reply}, which is no reply.")
