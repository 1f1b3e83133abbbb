"""What a request is turned down for, as real endpoints do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tools.endpoints.mock.errors import INVALID, declined, error, missing
from tools.endpoints.mock.replies import Body, Fault

_ROLES = ("developer", "system", "user", "assistant", "tool", "function")
_LIMITS = {
    "n": (1, 128),
    "temperature": (0, 2),
    "top_p": (0, 1),
    "top_logprobs": (0, 20),
    "max_tokens": (1, None),
    "max_completion_tokens": (1, None),
}
_NAME = re.compile(r"[\w-]{1,64}")
_FORMATS = ("text", "json_object", "json_schema")


def wrong_chat(body: Body) -> Fault | None:
    """What a request of a completion is turned down for."""
    return next(_faults(body), None)


def wrong_embedding(body: Body) -> Fault | None:
    """What a request of embeddings is turned down for."""
    if not body.get("model"):
        return missing("model")
    if "input" not in body:
        return missing("input")
    if not body["input"] or not isinstance(body["input"], str | list):
        return declined("input", "must be a text or an array, and not empty")
    if body.get("encoding_format", "float") not in ("float", "base64"):
        return declined("encoding_format", "must be one of 'float', 'base64'")
    return next(_of_range("dimensions", body.get("dimensions"), 1, None), None)


def _faults(body: Body) -> Iterator[Fault]:
    if not body.get("model"):
        yield error(400, "you must provide a model parameter", INVALID)
    yield from _of_messages(body.get("messages"))
    for name, (least, most) in _LIMITS.items():
        yield from _of_range(name, body.get(name), least, most)
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        yield _only("top_logprobs", "logprobs")
    if body.get("stream_options") is not None and not body.get("stream"):
        yield _only("stream_options", "stream")
    yield from _of_tools(body)
    yield from _of_format(body)


def _only(name: str, other: str) -> Fault:
    why = f"The '{name}' parameter is only allowed when '{other}' is enabled."
    return error(400, why, INVALID, param=name)


def _of_messages(messages: object) -> Iterator[Fault]:
    if messages is None:
        yield missing("messages")
    elif not isinstance(messages, list) or not messages:
        yield declined("messages", "must be an array of at least one message")
    else:
        for place, message in enumerate(messages):
            if not isinstance(message, dict) or message.get("role") not in _ROLES:
                why = f"must have a role, one of {', '.join(_ROLES)}"
                yield declined(f"messages[{place}]", why, "invalid_value")
            elif message["role"] != "assistant" and not isinstance(
                message.get("content"), str | list
            ):
                yield missing(f"messages[{place}].content")


def _of_range(name: str, value: object, least: float, most: float | None) -> Iterator[Fault]:
    if value is None:
        return
    real = name in ("temperature", "top_p")
    kind = "decimal" if real else "integer"
    if isinstance(value, bool) or not isinstance(value, int | float if real else int):
        why = f"Invalid type for '{name}': expected a {kind}, but got something else instead."
        yield error(400, why, INVALID, "invalid_type", name)
    elif value < least or (most is not None and value > most):
        low = value < least
        told, bound = ("below minimum", f">= {least}") if low else ("above maximum", f"<= {most}")
        why = (
            f"Invalid '{name}': {kind} {told} value. "
            f"Expected a value {bound}, but got {value} instead."
        )
        code = f"{kind}_{'below_min' if low else 'above_max'}_value"
        yield error(400, why, INVALID, code, name)


def _of_tools(body: Body) -> Iterator[Fault]:
    tools, choice = body.get("tools"), body.get("tool_choice")
    if tools is None:
        if choice not in (None, "none"):
            yield _only("tool_choice", "tools")
        return
    if not isinstance(tools, list) or not tools:
        yield declined("tools", "must be an array of at least one tool")
        return
    names = []
    for place, tool in enumerate(tools):
        called = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(called, dict) or not _NAME.fullmatch(str(called.get("name", ""))):
            yield missing(f"tools[{place}].function.name")
            return
        names.append(called["name"])
        if called.get("strict"):
            path = f"tools[{place}].function.parameters"
            yield from _of_schema(called.get("parameters"), f"function '{called['name']}'", path)
    if isinstance(choice, dict):
        wanted = (choice.get("function") or {}).get("name")
        if wanted not in names:
            yield declined("tool_choice", f"names {wanted!r}, which is not in 'tools'")
    elif choice not in (None, "none", "auto", "required"):
        yield declined("tool_choice", "must be 'none', 'auto', 'required' or a function")


def _of_format(body: Body) -> Iterator[Fault]:
    wanted = body.get("response_format")
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else wanted
    if kind not in _FORMATS:
        known = ", ".join(f"'{name}'" for name in _FORMATS)
        why = f"Invalid value: {kind!r}. Supported values are: {known}."
        yield error(400, why, INVALID, "invalid_value", "response_format.type")
    elif kind == "json_object" and "json" not in str(body["messages"]).lower():
        why = (
            "'messages' must contain the word 'json' in some form, "
            "to use 'response_format' of type 'json_object'."
        )
        yield error(400, why, INVALID, param="messages")
    elif kind == "json_schema":
        given = wanted.get("json_schema")
        path = "response_format.json_schema"
        if not isinstance(given, dict) or not _NAME.fullmatch(str(given.get("name", ""))):
            yield missing(f"{path}.name" if isinstance(given, dict) else path)
        elif given.get("strict"):
            named = f"response_format '{given['name']}'"
            yield from _of_schema(given.get("schema"), named, "response_format")


def _of_schema(schema: object, named: str, param: str) -> Iterator[Fault]:
    """What strict mode demands: each object closed, each of its fields required."""
    for why in _loose(schema, ()):
        told = f"Invalid schema for {named}: {why}"
        yield error(400, told, INVALID, "invalid_json_schema", param)


def _loose(node: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, list):
        for entry in node:
            yield from _loose(entry, path)
    if not isinstance(node, dict):
        return
    fields = node.get("properties") or {}
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            why = "'additionalProperties' is required to be supplied and to be false."
            yield f"In context={path}, {why}"
        if set(node.get("required") or ()) != set(fields):
            why = "'required' is required to be supplied and to include every key in properties."
            yield f"In context={path}, {why}"
    for key, value in node.items():
        if key in ("properties", "$defs", "definitions"):
            for name, entry in value.items():
                yield from _loose(entry, (*path, key, name))
        elif key in ("items", "anyOf", "allOf"):
            yield from _loose(value, (*path, key))
