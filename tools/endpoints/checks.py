"""What an endpoint can do, found out by a few tiny calls; what to do about what it cannot.

Light to import: clients are loaded when something is checked.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from memory.errors import EndpointTrouble
from tools.endpoints.contexts import context_tokens, forms
from tools.endpoints.endpoint import DEFAULTS, Endpoint, Mode
from tools.endpoints.keys import Key, scrub

_WHICH = {"key": "key", "forbidden": "key", "nobody": "reachable", "no_model": "model"}
"""The check that a call's fault belongs to, by its reason; else it is that nothing answers."""
QUICK = 10.0
"""Seconds for all checks of one endpoint."""
ORDER = (
    "command", "key", "reachable", "model", "answers", "JSON schema", "tool calls",
    "log-probabilities", "context", "rest", "price",
)  # fmt: skip
"""In which the checks are told, whichever ended first."""
ENOUGH = 8192
"""Tokens of context that a group of passages takes, with its prompt and a long reply."""
ASKED = [("user", "Reply with the single word: ready")]
_SCHEMA = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}
_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "Ready", "strict": True, "schema": _SCHEMA},
}
_TOOL = {
    "type": "function",
    "function": {"name": "Ready", "description": "Say it.", "parameters": _SCHEMA},
}
_CHOSEN = {"type": "function", "function": {"name": "Ready"}}
_START = {
    "lmstudio": "Start its server: lms server start.",
    "ollama": "Start it: ollama serve.",
    "vllm": "Start it: vllm serve MODEL.",
    "llamacpp": "Start it: llama-server -m MODEL.gguf.",
    "argo": "It answers inside the laboratory's network only: use its VPN.",
}


class Check(NamedTuple):
    """One thing that was looked at. With a fix, though it is well: something to know."""

    name: str
    ok: bool
    found: str
    fix: str = ""


class _Fault(NamedTuple):
    """What a call gave in place of an answer."""

    reason: str
    what: str
    fix: str


async def check(
    name: str, endpoint: Endpoint, key: Key, limit: float = QUICK, wait: bool = False
) -> list[Check]:
    """Whether [endpoints.name] works, and all that it can do.

    limit: seconds; wait: as many as the endpoint's own patience instead.
    """
    if endpoint.kind == "served":
        return [_startable(name, endpoint)]
    from tools.endpoints.clients import Pool

    limit = endpoint.stamina if wait else limit
    found: list[Check] = []
    async with Pool() as pool:
        examination = _Examination(name, endpoint, key, pool, found)
        try:
            async with asyncio.timeout(limit):
                await examination.all()
        except TimeoutError:
            found.append(examination.slow(limit))
        except EndpointTrouble as trouble:
            found.append(Check(f"{name} key", False, trouble.what, trouble.fix))
        found.append(_price(name, endpoint))
    found.sort(key=lambda one: ORDER.index(one.name.removeprefix(f"{name} ")))
    return [
        one._replace(found=scrub(one.found, key.secrets), fix=scrub(one.fix, key.secrets))
        for one in found
    ]


class _Examination:
    """The checks of one endpoint; what was found before the time ran out is kept."""

    def __init__(self, name: str, endpoint: Endpoint, key: Key, pool: Any, found: list[Check]):
        from tools.endpoints.clients import client

        self._name = name
        self._endpoint = endpoint
        self._found = found
        self._key = key
        self._reached = self._answered = False
        self._model = client(endpoint, key, pool)
        self._api: Any = getattr(self._model, "root_async_client", None)

    def _say(self, what: str, ok: bool, found: str, fix: str = "") -> None:
        self._found.append(Check(f"{self._name} {what}", ok, found, fix))

    async def all(self) -> None:
        """One after the other as long as the next has a chance; abilities together."""
        await self._key.get()
        self._reached = await self._listed()
        self._answered = self._reached and await self._answers()
        if self._answered:
            await asyncio.gather(self._schema(), self._tools(), self._logprobs(), self._context())

    def slow(self, limit: float) -> Check:
        """What it means that the time ran out."""
        wait = "To see it through: goldpan doctor --wait"
        if self._answered:
            told = f"what else it can do was not seen within {limit:g} s"
            return Check(f"{self._name} rest", True, told, wait)
        told = f"no answer within {limit:g} s"
        # Servers of one's own load a model when it is asked for; ALCF takes 10 to 15 minutes.
        loads = self._reached and DEFAULTS[self._endpoint.kind].free
        if loads:
            told += f": the model may be loading. A run waits {self._endpoint.stamina:g} s for it."
        return Check(f"{self._name} answers", loads, told, wait)

    async def _listed(self) -> bool:
        """Whether it is reachable, takes the key and has the model, as far as it tells."""
        self._models: list[Any] = []
        if self._api is None or self._endpoint.kind == "azure":
            return True  # Argo's own interface lists nothing; Azure lists models, not deployments.
        listed = await self._got("/models")
        if isinstance(listed, _Fault):
            # Another refusal: it has no such list, and a call tells more.
            return listed.reason not in ("key", "forbidden", "nobody") or self._fault(listed)
        self._say("reachable", True, self._endpoint.base)
        data = listed.get("data") if isinstance(listed, Mapping) else None
        self._models = [one for one in data or [] if isinstance(one, Mapping)]
        names = [str(one.get("id")) for one in self._models]
        if not names or self._endpoint.model in forms(names):
            return True
        self._say("model", False, f"has no {self._endpoint.model}", _instead(self._endpoint, names))
        return False

    def _fault(self, fault: _Fault) -> bool:
        """Say it under the name of what it is about; there is no going on."""
        which = _WHICH.get(fault.reason, "answers")
        self._say(which, False, fault.what, fault.fix or "Try again later, or ask its makers.")
        return False

    async def _answers(self) -> bool:
        answer = await self._asked()
        if isinstance(answer, _Fault):
            return self._fault(answer)
        used = answer.usage_metadata
        told = f"{used['total_tokens']} tokens counted" if used else "tokens are estimated"
        self._say("answers", True, f"{self._endpoint.model}, {told}")
        return True

    async def _schema(self) -> None:
        answer = await self._asked(extra_body={"response_format": _FORMAT})
        works = not isinstance(answer, _Fault) and "ready" in _parsed(str(answer.text))
        self._mode("JSON schema", Mode.SCHEMA, works)

    async def _tools(self) -> None:
        answer = await self._asked(tools=[_TOOL], tool_choice=_CHOSEN)
        works = not isinstance(answer, _Fault) and bool(answer.tool_calls)
        self._mode("tool calls", Mode.TOOL, works)

    def _mode(self, what: str, mode: Mode, works: bool) -> None:
        others = [f'"{one}"' for one in self._endpoint.modes if one is not mode]
        useless = not works and mode in self._endpoint.modes
        fix = f"It is asked in other ways; modes = [{', '.join(others)}] spares the attempt."
        self._say(what, True, "yes" if works else "no", fix if useless else "")

    async def _logprobs(self) -> None:
        answer = await self._asked(logprobs=True, top_logprobs=5)
        told = None if isinstance(answer, _Fault) else answer.response_metadata.get("logprobs")
        works = bool(told and told.get("content"))
        fix = "A probe then asks again and again; logprobs = false spares the attempt."
        useless = not works and self._endpoint.logprobs
        self._say("log-probabilities", True, "yes" if works else "no", fix if useless else "")

    async def _context(self) -> None:
        told = await context_tokens(self._endpoint, self._got, self._models) if self._api else 0
        said = self._endpoint.context
        if told and said > told:
            fix = f"context = {told}, or give the server more."
            self._say("context", False, f"{told} tokens, the settings say {said}", fix)
        elif (have := told or said) and have < ENOUGH:
            self._say("context", False, f"{have} tokens", _more_context(self._endpoint))
        elif have:
            self._say("context", True, f"{have} tokens{'' if told else ' by the settings'}")
        else:
            self._say("context", True, "not told", "Set context to the tokens it can read.")

    async def _got(self, path: str) -> Any:
        return await self._tried(self._api.get(path, cast_to=object))

    async def _asked(self, **options: Any) -> Any:
        return await self._tried(self._model.ainvoke(ASKED, **options))

    async def _tried(self, call: Awaitable[Any]) -> Any:
        """What a call gave, or the _Fault with it."""
        import openai

        from tools.endpoints.faults import fault_of

        try:
            return await call
        except EndpointTrouble:
            raise
        except openai.APIConnectionError:
            fix = _START.get(self._endpoint.kind, f"Correct url of [endpoints.{self._name}].")
            return _Fault("nobody", f"nobody answers at {self._endpoint.base}", fix)
        except Exception as raised:
            if (fault := fault_of(raised)) is None:
                raise
            return _Fault(fault.trouble.reason, fault.trouble.what, fault.trouble.fix)


def _startable(name: str, endpoint: Endpoint) -> Check:
    there = shutil.which(endpoint.command[0])
    fix = "" if there else f"Install it, or correct command of [endpoints.{name}]."
    found = "is started when it is needed" if there else "is not installed"
    return Check(f"{name} command", bool(there), f"{endpoint.command[0]} {found}", fix)


def _price(name: str, endpoint: Endpoint) -> Check:
    price = endpoint.price(1_000_000, 0), endpoint.price(0, 1_000_000)
    if None in price:
        fix = "For budgets in money: price_in and price_out, of a million tokens."
        return Check(f"{name} price", True, "not known", fix)
    return Check(f"{name} price", True, f"{price[0]:g} read, {price[1]:g} written, a million")


def _instead(endpoint: Endpoint, names: Sequence[str]) -> str:
    wanted = endpoint.model.lower()
    short = wanted.rpartition("/")[2]
    near = [name for name in names if short in name.lower()]
    near += difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    shown = list(dict.fromkeys(near))[:3] or sorted(names)[:5]
    return f"It has {', '.join(shown)}{', …' if len(names) > len(shown) else ''}."


def _more_context(endpoint: Endpoint) -> str:
    if endpoint.kind == "ollama":
        # It cuts off what is longer, and says nothing.
        return f"OLLAMA_CONTEXT_LENGTH={2 * ENOUGH} ollama serve, or num_ctx in a Modelfile."
    return f"Start the server with {ENOUGH} or more."


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}


async def check_all(
    endpoints: Mapping[str, Endpoint],
    key: Callable[[Endpoint], Key],
    limit: float = QUICK,
    wait: bool = False,
) -> list[Check]:
    """All of them together, in their order."""
    calls = [check(name, one, key(one), limit, wait) for name, one in endpoints.items()]
    found = await asyncio.gather(*calls)
    return [one for checks in found for one in checks]
