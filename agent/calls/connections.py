"""Connections to whatever the roles are bound to: made when first needed, closed with the run."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from agent.settings import ModelSettings, Settings, variable
from memory.errors import EndpointTrouble
from prompts import load_all

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from tools.endpoints.clients import Pool
    from tools.endpoints.connection import Connection, Terms
    from tools.endpoints.endpoint import Endpoint
    from tools.endpoints.ledger import Budget, Ledger
    from tools.endpoints.limiter import Limiter

GRACE = 30.0
"""Seconds that a run which must stop waits for calls in flight: they are paid for already."""


@cache
def freeze_loaded_modules() -> None:
    """Leave what is loaded by now out of every garbage collection. Once in a process, for good.

    Else the collector walks all that the clients' packages loaded, again and again: it takes a
    third of the time of a call. What a call leaves is mostly freed without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@dataclass
class Connections:
    """Every connection of one event loop. ledger, budget, trace, say: as a Connection has them."""

    settings: Settings
    ledger: Ledger | None = None
    budget: Budget | None = None
    trace: Callable[[dict[str, Any]], None] | None = None
    say: Callable[[str], None] = lambda _: None
    key: Callable[[str], str] = variable
    """Looks a variable of the environment up."""
    _pool: Pool | None = None
    _limiters: dict[str, Limiter] = field(default_factory=dict)
    _models: dict[str, tuple[BaseChatModel, str, Terms]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _connections: dict[tuple[str, str], Connection] = field(default_factory=dict)

    def connection(self, role: str, name: str = "") -> Connection:
        """The connection to what a role is bound to; two roles at one endpoint share its limits.

        name: of one of several contestants. Reads files at first: not to be called on a loop that
        others use. Raises EndpointTrouble where the role is unbound, NoSuch where it is bound to
        nothing that there is.
        """
        if not (name := name or str(getattr(self.settings.roles, role))):
            raise EndpointTrouble(
                "unbound",
                f"No model is bound as {role}.",
                f'In {self.settings.home}/goldpan.toml: [roles] {role} = "…" (goldpan init).',
            )
        with self._lock:
            if (role, name) not in self._connections:
                self._connections[role, name] = self._made(role, name)
            return self._connections[role, name]

    def _made(self, role: str, name: str) -> Connection:
        from tools.endpoints.connection import Connection
        from tools.endpoints.limiter import Limiter

        if name not in self._models:
            self._models[name] = self._model(name)
            load_all()
        model, called, terms = self._models[name]
        return Connection(
            model, called, terms, role=role, ledger=self.ledger, budget=self.budget,
            limiter=self._limiters.setdefault(name, Limiter(terms.in_flight)), trace=self.trace,
            say=self.say,
        )  # fmt: skip

    async def close(self, grace: float = 0.0) -> None:
        """Let calls in flight end, for so many seconds; then hang up. May be used again."""
        from tools.endpoints.gather import gather

        await gather(one.close(grace) for one in self._connections.values())
        if self._pool:
            await self._pool.aclose()
        self._connections, self._models, self._limiters, self._pool = {}, {}, {}, None

    def _model(self, name: str) -> tuple[BaseChatModel, str, Terms]:
        bound = self.settings.bound(name)
        if isinstance(bound, ModelSettings):
            return self._here(bound)
        return self._there(bound)

    def _there(self, endpoint: Endpoint) -> tuple[BaseChatModel, str, Terms]:
        from tools.endpoints.clients import Pool, client
        from tools.endpoints.connection import Terms
        from tools.endpoints.keys import key_of

        if not self._pool:
            self._pool = Pool(logs=self.settings.home / "logs", say=self.say)
            freeze_loaded_modules()
        key = key_of(endpoint, self.key)
        terms = Terms(
            modes=endpoint.modes,
            logprobs=endpoint.logprobs,
            parameters=endpoint.parameters,
            most_tokens=endpoint.most_tokens,
            in_flight=endpoint.most_in_flight,
            patience=endpoint.stamina,
            price=endpoint.price,
            secrets=lambda: key.secrets,
        )
        return client(endpoint, key, self._pool), endpoint.name, terms

    def _here(self, model: ModelSettings) -> tuple[BaseChatModel, str, Terms]:
        from tools.endpoints.connection import Terms
        from tools.endpoints.endpoint import Mode
        from tools.models.chat import HFChat

        path = self.settings.locate(model.path)
        terms = Terms(modes=(Mode.TEXT,), logprobs=False, in_flight=1, price=lambda *_: 0.0)
        return HFChat.load(path), f"hf:{path}", terms
