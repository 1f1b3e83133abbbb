"""How much a model can read, as its server tells: each kind of server does so in its own place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from tools.endpoints.endpoint import Endpoint

LISTED = ("max_model_len", "context_length", "context_window", "max_context_length")
"""Under which names servers tell it in their list of models."""

Get = Callable[[str], Awaitable[Any]]
"""The body behind a path or an address, or anything else where there is none."""


async def context_tokens(endpoint: Endpoint, get: Get, models: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of context; 0 where nothing is told.

    models: entries of the server's list. Ollama and LM Studio tell what they loaded the model
    with, mostly less than it was made for; llama.cpp tells what one of its slots has.
    """
    root = endpoint.base.removesuffix("/v1")
    mine = [one for one in models if one.get("id") == endpoint.model]
    match endpoint.kind:
        case "llamacpp":
            listed = _first(_number(one, "meta", "n_ctx") for one in mine)
            props = {} if listed else await get(f"{root}/props")
            return listed or _number(props, "default_generation_settings", "n_ctx")
        case "lmstudio":
            loaded = await get(f"{root}/api/v0/models/{endpoint.model}")
            names = ("loaded_context_length", "max_context_length")
            return _first(_number(loaded, name) for name in names)
        case "ollama":
            running = _list(await get(f"{root}/api/ps"))
            loaded = (one for one in running if endpoint.model in forms([str(one.get("name"))]))
            return _first(_number(one, "context_length") for one in loaded)
    return _first(_number(one, name) for one in mine for name in LISTED)


def forms(names: Iterable[str]) -> set[str]:
    """Names, and short those that end in `:latest`."""
    return {form for name in names for form in (name, name.removesuffix(":latest"))}


def _list(body: Any) -> list[Mapping[str, Any]]:
    found = body.get("models") if isinstance(body, Mapping) else None
    return [one for one in found or [] if isinstance(one, Mapping)]


def _first(numbers: Iterable[int]) -> int:
    return next(filter(None, numbers), 0)


def _number(body: Any, *path: str) -> int:
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body if isinstance(body, int) and body > 0 else 0
