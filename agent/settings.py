"""goldpan.toml and the environment, read once, at the door. Nothing else reads the environment.

Order of precedence: the environment (`GOLDPAN_ROLES__TARGET=...`), then `goldpan.toml` in the
workspace, then the defaults below.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from memory.errors import BadInput, NoSuch
from memory.records import digest
from tools.endpoints.endpoint import Endpoint

FILE = "goldpan.toml"
OFFLINE = "offline"
"""The teacher that is no model."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Roles(_Section):
    """Which engine does which work."""

    teacher: str = OFFLINE
    """Reads papers and writes questions: `offline`, or a name under [endpoints] or [models]."""
    judge: str = ""
    """Checks questions and pairs of claims; empty: code alone does."""
    target: str = ""
    """What is to be taught; empty: nothing is probed and nothing can be taught. One under
    [endpoints] can be probed, but not taught."""
    student: str = ""
    """Learns from the teacher's words."""
    contestants: tuple[str, ...] = ()
    """Are compared with each other."""
    embedder: Literal["minilm"] = "minilm"


class ModelSettings(_Section):
    """One model on this machine, for any role."""

    kind: Literal["hf"] = "hf"
    path: str
    """Directory of a Hugging Face model, relative to the workspace, or a hub id."""
    retention: str = ""
    """JSONL of questions whose answers must not be lost."""
    replay: str = ""
    """Text file; its lines are mixed into training against forgetting."""


URLS = ("postgresql://", "postgres://", "postgresql+psycopg://", "sqlite:///")
"""How the URL of a store may begin."""


class StoreSettings(_Section):
    """Where the records of the workspace are."""

    url: SecretStr = SecretStr("")
    """postgresql://user@host/name, or sqlite:///file, seen from the workspace; empty: the file
    goldpan.sqlite in it. Secret, since a password may stand in it."""

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr) -> SecretStr:
        if (secret := url.get_secret_value()) and not secret.startswith(URLS):
            raise ValueError(f"must begin with {URLS[0]} or {URLS[-1]}")
        return url


class ReadingSettings(_Section):
    """Limits of reading one paper."""

    seconds: float = Field(default=60, gt=0)
    memory_mb: int = Field(default=1024, ge=128)
    pages: int = Field(default=500, ge=1)
    workers: int = Field(default=0, ge=0)
    """Papers read at the same time; 0: one for each processor core."""


class ReviewSettings(_Section):
    """What `--yes` accepts."""

    max_accept: int = Field(default=80, ge=1)
    """At most so many nuggets in one go, the surest first; the rest stay proposed."""
    min_confidence: float = Field(default=0.5, ge=0, le=1)


class WorkSettings(_Section):
    """What models do beside finding nuggets and writing questions; each costs calls."""

    profile: bool = True
    """Say what each paper is about: one call a paper."""
    relevance: bool = True
    """Say how well each paper fits the interest: one call a paper."""
    papers: int = Field(default=64, ge=1)
    """Papers worked on at once; how many calls that makes is the endpoint's matter."""


class BudgetsSettings(_Section):
    """What calls may take in all; 0: as much as they like. An interest may have its own."""

    run_tokens: int = Field(default=0, ge=0)
    run_money: float = Field(default=0, ge=0)
    day_tokens: int = Field(default=0, ge=0)
    """A day of UTC."""
    day_money: float = Field(default=0, ge=0)
    interest_tokens: int = Field(default=0, ge=0)
    interest_money: float = Field(default=0, ge=0)


class TracingSettings(_Section):
    """What is kept of conversations with models, for a person to read."""

    prompts: bool = False
    """Write every prompt and reply to trace/DAY.jsonl in the workspace."""


class QuestionsSettings(_Section):
    """What teachers write."""

    options: int = Field(default=4, ge=2, le=10)
    """Of a multiple-choice question; fewer where there are no more wrong ones of its type."""


class TrainingSettings(_Section):
    """Overrides of the recipe; what is not set follows the model's size."""

    method: Literal["lora", "qlora", "full"] | None = None
    loss: Literal["all", "completion"] | None = None
    chat: Literal["auto", "never"] | None = None
    rank: int | None = Field(default=None, ge=1)
    alpha: int | None = Field(default=None, ge=1)
    dropout: float | None = Field(default=None, ge=0, lt=1)
    targets: str | None = Field(default=None, min_length=1)
    learning_rate: float | None = Field(default=None, gt=0)
    epochs: float | None = Field(default=None, gt=0)
    batch_size: int | None = Field(default=None, ge=1)
    accumulation: int | None = Field(default=None, ge=1)
    warmup_steps: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=8)
    packing: bool | None = None
    patience: int | None = Field(default=None, ge=0)
    save_every: int | None = Field(default=None, ge=1)
    replay_ratio: float = Field(default=3.0, ge=0)
    """Rows of old knowledge for each row of new."""
    seed: int = 0

    def overrides(self) -> dict[str, Any]:
        """The hyper-parameters somebody set, under their names in TrainingSpec."""
        return self.model_dump(exclude={"replay_ratio"}, exclude_none=True)


class GateSettings(_Section):
    """When a trained version may become the current one."""

    retention: float = Field(default=0.95, ge=0, le=1)
    """Old facts after training, as a share of before, at least."""
    perplexity: float = Field(default=1.5, gt=0)
    """Perplexity on old text after training, as a multiple of before, at most."""
    parity_prompts: int = Field(default=200, ge=0)
    """On so many prompts adapter, merged and reloaded model must agree; 0: not looked at."""


class Settings(BaseSettings):
    """All settings of one workspace."""

    model_config = SettingsConfigDict(
        env_prefix="GOLDPAN_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path
    store: StoreSettings = StoreSettings()
    roles: Roles = Roles()
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    endpoints: dict[str, Endpoint] = Field(default_factory=dict)
    work: WorkSettings = WorkSettings()
    budgets: BudgetsSettings = BudgetsSettings()
    tracing: TracingSettings = TracingSettings()
    reading: ReadingSettings = ReadingSettings()
    review: ReviewSettings = ReviewSettings()
    questions: QuestionsSettings = QuestionsSettings()
    training: TrainingSettings = TrainingSettings()
    gate: GateSettings = GateSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which comes in by the constructor."""
        return env_settings, init_settings

    @property
    def digest(self) -> str:
        """Names this state of the settings in the record of a run, wherever that is kept."""
        return digest(self.model_dump(mode="json", exclude={"home", "store"}))

    def model(self, name: str) -> ModelSettings:
        """The model of that name; NoSuch tells which there are."""
        if name in self.endpoints:
            raise BadInput(
                f"{name} is behind an endpoint: it can be asked, but its weights are not here.",
                f'To teach it, give it a section [models.{name}] with path = "…".',
            )
        if name not in self.models:
            raise self._no(name, "model", f'Add [models.{name}] with path = "…"')
        return self.models[name]

    def bound(self, name: str) -> Endpoint | ModelSettings:
        """What a role that bears this name is bound to; NoSuch tells what there is."""
        if name not in self.endpoints and name not in self.models:
            raise self._no(name, "endpoint or model", f"Add [endpoints.{name}] (goldpan init)")
        return self.endpoints.get(name) or self.models[name]

    def _no(self, name: str, what: str, fix: str) -> NoSuch:
        known = ", ".join(sorted({*self.endpoints, *self.models})) or "none"
        return NoSuch(
            f"{self.home / FILE} has no {what} called {name!r} (it has: {known}).",
            f"{fix}, or name another under [roles].",
        )

    def locate(self, path: str) -> str:
        """A path of the settings made absolute from the workspace; a hub id stays as it is."""
        here = (self.home / Path(path).expanduser()).resolve()
        return str(here) if here.exists() or path.startswith((".", "/", "~")) else path


def variable(name: str) -> str:
    """A variable of the environment that holds a key; empty where it is not set."""
    return os.environ.get(name, "")


def find_home(given: Path | None) -> Path:
    """The workspace: `--home`, else GOLDPAN_HOME, else a folder of the user's own."""
    if given is None and (named := os.environ.get("GOLDPAN_HOME")):
        given = Path(named)
    if given is None:
        from platformdirs import user_data_path

        given = user_data_path("goldpan")
    return given.expanduser().absolute()


def load(home: Path) -> Settings:
    """The settings of a workspace; BadInput names the file, the key and the fault."""
    try:
        found = tomllib.loads((home / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadInput(f"{home / FILE} is not valid TOML: {fault}.", "Mend that line.") from fault
    try:
        # GOLDPAN_HOME names the workspace only where no --home does; it is no setting to win.
        return Settings(**{**found, "home": home}).model_copy(update={"home": home})
    except ValidationError as faults:
        told = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}"
            for fault in faults.errors()
        )
        raise BadInput(f"{home / FILE} (or a GOLDPAN_ variable) is wrong: {told}.") from None
    except SettingsError as fault:  # Of the environment; it names the section, not the value.
        raise BadInput(
            f"A GOLDPAN_ variable is wrong: {fault}.",
            "Name the setting too: GOLDPAN_SECTION__SETTING.",
        ) from None
