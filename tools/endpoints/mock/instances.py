"""A least instance of a JSON schema, for requests that nobody foresaw."""

from __future__ import annotations

from typing import Any

WORD = "rehearsal"
DEEPEST = 24
"""Schemas that refer to themselves are followed no further."""


def instance(schema: Any, shared: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """Something small that fits: required fields only, lists as short as they may be.

    Reads types, enums, alternatives, references within the schema, and bounds of lengths and
    numbers; patterns and formats are not looked at.
    """
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    shared = shared or {**schema.get("definitions", {}), **schema.get("$defs", {})}
    if "$ref" in schema:
        return instance(shared.get(str(schema["$ref"]).rpartition("/")[2]), shared, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return instance(_first(schema[key]), shared, depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "array":
        entry = instance(schema.get("items"), shared, depth + 1)
        return [entry] * schema.get("minItems", 0)
    if kind == "object" or "properties" in schema:
        fields = schema.get("properties", {})
        return {
            name: instance(fields.get(name), shared, depth + 1)
            for name in fields
            if name in schema.get("required", ())
        }
    return _plain(kind, schema)


def _first(choices: list[Any]) -> Any:
    """The first alternative that is not null."""
    told = (one for one in choices if not (isinstance(one, dict) and one.get("type") == "null"))
    return next(told, choices[0])


def _plain(kind: object, schema: dict[str, Any]) -> Any:
    if kind == "string":
        text = WORD * (schema.get("minLength", 0) // len(WORD) + 1)
        return text[: schema.get("maxLength", len(text))]
    if kind in ("integer", "number"):
        above = schema.get("exclusiveMinimum")
        least = schema.get("minimum", 1 if above is None else above + 1)
        return min(least, schema.get("maximum", least))
    return False if kind == "boolean" else None
