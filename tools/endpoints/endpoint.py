"""What a section [endpoints.NAME] of goldpan.toml says. Light to import; nothing is called here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

KINDS = (
    "compatible", "openai", "azure", "lmstudio", "ollama", "vllm", "llamacpp", "nim", "cerebras",
    "alcf", "argo", "served",
)  # fmt: skip
"""`compatible`: anything that speaks the chat-completions protocol. `served`: a model server that
Goldpan starts itself and reaches at a local port."""

Kind = Literal[
    "compatible", "openai", "azure", "lmstudio", "ollama", "vllm", "llamacpp", "nim", "cerebras",
    "alcf", "argo", "served",
]  # fmt: skip


class Mode(StrEnum):
    """How an endpoint is made to answer in a schema, the best first."""

    SCHEMA = "json_schema"
    TOOL = "function_calling"
    TEXT = "text"
    """Asked for in words only, read by our own code."""


class Defaults(BaseModel):
    """What an endpoint of a kind is taken for where its section says nothing."""

    model_config = ConfigDict(frozen=True)

    url: str = ""
    key_env: str = ""
    in_flight: int = 32
    patience: float = 120
    free: bool = False
    """Runs on hardware of one's own or of one's site: a call has no price."""


DEFAULTS: dict[str, Defaults] = {
    "compatible": Defaults(),
    "openai": Defaults(url="https://api.openai.com/v1", key_env="OPENAI_API_KEY", in_flight=64),
    "azure": Defaults(key_env="AZURE_OPENAI_API_KEY"),
    "lmstudio": Defaults(url="http://localhost:1234/v1", in_flight=4, free=True),
    "ollama": Defaults(url="http://localhost:11434/v1", in_flight=4, free=True),
    "vllm": Defaults(url="http://localhost:8000/v1", in_flight=64, free=True),
    "llamacpp": Defaults(url="http://localhost:8080/v1", in_flight=4, free=True),
    "nim": Defaults(url="https://integrate.api.nvidia.com/v1", key_env="NVIDIA_API_KEY"),
    "cerebras": Defaults(url="https://api.cerebras.ai/v1", key_env="CEREBRAS_API_KEY"),
    # A model that is not loaded takes 10 to 15 minutes to answer its first call.
    "alcf": Defaults(patience=1200, free=True),
    "argo": Defaults(in_flight=8, free=True),
    "served": Defaults(in_flight=64, patience=1200, free=True),
}

Temperature = Annotated[
    float | None, BeforeValidator(lambda told: None if told == "default" else told)
]
UNBOUNDED = 16_384
"""Tokens taken for the longest reply where an endpoint is given no limit."""
_KEYS = ("authorization", "api-key", "x-api-key")
Positive = Annotated[float, Field(gt=0)]
Price = Annotated[float, Field(ge=0)]


class Endpoint(BaseModel):
    """One model behind one address. A key itself never stands here, only where it is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = "compatible"
    model: str
    """Its name at the endpoint; Azure: the deployment's."""
    url: str = ""
    """Base of the protocol, mostly ending in /v1; empty: the usual one of the kind."""
    key_env: Annotated[str, Field(pattern=r"^(?:[A-Za-z_]\w*)?$")] = ""
    """Environment variable that holds the key; empty: the usual one of the kind, if it is set."""
    key_keyring: str = ""
    """`service/user` of the key in the system's keyring."""
    key_command: tuple[str, ...] = ()
    """Command that prints a key, asked again when it is refused or old."""
    key_hours: float = Field(default=0, ge=0)
    """How long a key of the command is good; 0: until it is refused."""
    user: str = ""
    """Argo: the user's name, which stands in every request."""
    api_version: str = ""
    """Azure: version of the interface."""
    command: tuple[str, ...] = ()
    """served: the command that starts the server; `{port}` and `{model}` are filled in."""
    temperature: Temperature = 0.0
    """`default`: the model's own, for models that decline any other; nothing is sent."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of a reply; None: the endpoint's own limit."""
    seed: int | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    """More fields of the request's body, as they are."""
    headers: dict[str, str] = Field(default_factory=dict)
    modes: tuple[Mode, ...] = tuple(Mode)
    """Ways to answer in a schema that are tried, the best first."""
    logprobs: bool = True
    """Whether log-probabilities are asked for in probing."""
    in_flight: int = Field(default=0, ge=0)
    """Most calls at the same time; 0: what is usual for the kind."""
    timeout: Positive = 300
    """Seconds until a call without a reply is given up."""
    patience: float = Field(default=0, ge=0)
    """Seconds to go on trying an endpoint that is busy or down; 0: what is usual for the kind."""
    price_in: Price | None = None
    """Price of a million tokens read; None: not known."""
    price_out: Price | None = None
    """Price of a million tokens written."""
    context: int = Field(default=0, ge=0)
    """Tokens that the model can read; 0: not known."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.url and not DEFAULTS[self.kind].url and self.kind != "served":
            raise ValueError(f"an endpoint of kind {self.kind} needs its url")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("url begins with http:// or https://")
        if self.base.endswith("/chat/completions"):
            raise ValueError("url ends before /chat/completions, mostly at /v1")
        if self.key_keyring and not all(self.key_keyring.rpartition("/")[::2]):
            raise ValueError("key_keyring is service/user")
        if "@" in self.url.partition("://")[2].partition("/")[0] or any(
            header.lower() in _KEYS for header in self.headers
        ):
            raise ValueError("keys never stand in this file: name key_env, or one like it")
        if self.kind == "argo" and not self.user:
            raise ValueError("an endpoint of kind argo needs user, your name at the laboratory")
        if self.kind == "served" and not self.command:
            raise ValueError("an endpoint of kind served needs command")
        return self

    @property
    def base(self) -> str:
        """Where it is."""
        return (self.url or DEFAULTS[self.kind].url).rstrip("/")

    @property
    def name(self) -> str:
        """What stands in the records: kind and model."""
        return f"{self.kind}:{self.model}"

    @property
    def most_in_flight(self) -> int:
        """Most calls at the same time."""
        return self.in_flight or DEFAULTS[self.kind].in_flight

    @property
    def stamina(self) -> float:
        """Seconds to go on trying."""
        return self.patience or DEFAULTS[self.kind].patience

    @property
    def most_tokens(self) -> int:
        """Most tokens of a reply, as a budget sets them aside."""
        return self.max_tokens or min(self.context or UNBOUNDED, UNBOUNDED)

    @property
    def parameters(self) -> dict[str, Any]:
        """What shapes its replies: with others, the same request is another call."""
        return self.model_dump(include={"temperature", "max_tokens", "seed", "extra"})

    def price(self, read: int, written: int) -> float | None:
        """What so many tokens cost; None where that is not known."""
        if self.price_in is None and self.price_out is None:
            return 0.0 if DEFAULTS[self.kind].free else None
        return (read * (self.price_in or 0) + written * (self.price_out or 0)) / 1_000_000
