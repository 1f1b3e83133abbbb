"""Every data type of Goldpan, defined once. Frozen; nothing here reads or writes anything.

What is derived from content has a content-addressed id: the same work done twice gives the same
record. What happened at a moment (a decision, a run, a job) has an id of its own.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

GAP = "____"
"""The gap of a cloze stem: the place where an option is read in."""


def digest(*parts: object) -> str:
    """A 20-hex-digit content address (80 bits: a collision among 10^9 records has odds of 4e-7).

    parts: JSON-serialisable values; their order matters.
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def new_id() -> str:
    """An id for an event: sortable by second, then 48 random bits (thousands a second are safe)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(6)}"


def now() -> str:
    """The present moment in UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Record(BaseModel):
    """A frozen record. `identity` names the fields its content-addressed id is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    identity: ClassVar[tuple[str, ...]] = ()

    id: str = ""
    """Content address of the identity fields; given once, kept through later revisions."""

    @model_validator(mode="after")
    def _give_id(self) -> Self:
        if not self.id and self.identity:
            parts = [self.__class__.__name__, *(getattr(self, name) for name in self.identity)]
            object.__setattr__(self, "id", digest(*parts))
        return self

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed and its id kept; the changes are validated."""
        return type(self).model_validate({**self.model_dump(), **changes})


class InterestStatus(StrEnum):
    """Whether the schedule looks for it."""

    ACTIVE = "active"
    PAUSED = "paused"


class Interest(Record):
    """What a user wants to know about, in their words, and how far we have looked."""

    identity = ("name",)
    name: str
    """A short handle, unique in the workspace: lower case, digits, hyphens."""
    topic: str
    prompt: str = ""
    queries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Where to look: `folder:/path`, later `arxiv` and others."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cadence: str = ""
    """Cron expression; empty: only when asked."""
    target: str = ""
    """Name of the target model in the settings; empty: the settings' default."""
    budgets: dict[str, float] = Field(default_factory=dict)
    exploration: float = Field(default=0.1, ge=0, le=1)
    """Share of papers that the prompt did not name."""
    status: InterestStatus = InterestStatus.ACTIVE
    watermarks: dict[str, str] = Field(default_factory=dict)
    created: str = Field(default_factory=now)


class PaperStatus(StrEnum):
    """How far a paper has come."""

    FOUND = "found"
    READ = "read"
    SKIPPED = "skipped"
    """It will not be read: the reason says why, and trying again would not help."""
    FAILED = "failed"
    """It could not be read this time; `next_retry_at` says when to try again."""


class Paper(Record):
    """One version of one paper, as its source gives it."""

    identity = ("canonical", "version")
    canonical: str
    """DOI, arXiv id, or `sha256:<hex>` of the file where the source gave no name."""
    version: int = 1
    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    abstract: str = ""
    doi: str = ""
    source: str = ""
    licence: str = ""
    url: str = ""
    """Where the file lies; a path for a folder source."""
    sha256: str = ""
    pages: int = 0
    status: PaperStatus = PaperStatus.FOUND
    reason: str = ""
    """Machine-readable reason code of a skip or a failure, e.g. `encrypted`."""
    note: str = ""
    """The same for a person: what happened, what to do."""
    attempts: int = 0
    next_retry_at: str = ""

    def place(self, page: int) -> str:
        """What a person is told of a place in it: the title, and the page where it has pages."""
        name = self.title or self.url
        return f"{name}, page {page}" if self.pages > 1 else name


class Sighting(Record):
    """A paper turned up for an interest. One paper may serve several interests."""

    identity = ("interest", "paper")
    interest: str
    """Interest id."""
    paper: str
    """Paper id."""
    run: str = ""
    """The run that saw it first."""


class Passage(Record):
    """A stretch of a paper's text that belongs together (a paragraph or less)."""

    identity = ("paper", "start", "end", "text")
    paper: str
    """Paper id."""
    section: tuple[str, ...] = ()
    """Headings from the outermost inwards."""
    page: int
    """1-based page on which it starts."""
    start: int
    end: int
    """Character offsets into the paper's stored text; `document.text[start:end] == text`."""
    text: str


class Document(Record):
    """The text of one paper as it was read. Offsets count characters of `text`."""

    identity = ("paper", "text")
    paper: str
    text: str
    page_starts: tuple[int, ...]
    """Offset at which each page begins; one entry a page."""
    title: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    doi: str = ""
    set_aside: dict[str, int] = Field(default_factory=dict)
    """Characters not read as prose, by kind (`references`, `running heads`, `tables`, ...)."""
    warnings: tuple[str, ...] = ()
    made_by: str = ""


class Kind(StrEnum):
    """What sort of claim it is."""

    FINDING = "finding"
    METHOD = "method"
    RESOURCE = "resource"
    DEFINITION = "definition"
    QUANTITY = "quantity"


class NuggetStatus(StrEnum):
    """What has been decided about a nugget."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EDITED = "edited"
    """Accepted with a changed claim."""


class Nugget(Record):
    """A self-contained claim with a verbatim quote located in its source."""

    identity = ("paper", "start", "end", "quote")
    paper: str
    passage: str
    """Passage id."""
    page: int
    claim: str
    quote: str
    start: int
    end: int
    """Offsets into the document's text: `document.text[start:end] == quote`."""
    kind: Kind = Kind.FINDING
    entities: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    confidence: float = Field(default=1.0, ge=0, le=1)
    """How sure the extractor is that this is a self-contained finding of this paper."""
    status: NuggetStatus = NuggetStatus.PROPOSED
    revision: int = 0
    """How many decisions have changed it; a decision names the revision it was made on."""
    cluster: str = ""
    """Id of the nugget that stands for all that say the same; its own id where it stands alone."""
    made_by: str = ""

    @property
    def teachable(self) -> bool:
        """Whether a person accepted it, as written or edited."""
        return self.status in (NuggetStatus.ACCEPTED, NuggetStatus.EDITED)


class Relation(StrEnum):
    """How two claims stand to each other."""

    SAME = "same"
    RELATED = "related"
    CONTRADICTS = "contradicts"


class Link(Record):
    """How two nuggets relate. a < b, so that a pair is held once."""

    identity = ("a", "b")
    a: str
    b: str
    relation: Relation
    score: float
    """Cosine similarity of the two claims, in [-1, 1]."""
    reason: str = ""


class QuestionKind(StrEnum):
    """The shape of a question."""

    MCQ = "mcq"
    SHORT = "short answer"
    STATEMENT = "statement"
    PARAPHRASE = "paraphrase"
    """A statement in other words or another order."""
    DIALOGUE = "dialogue turn"


class Purpose(StrEnum):
    """What a question is for; one purpose, for good."""

    TRAIN = "train"
    PROBE = "probe"
    """Asked before teaching, to see whether the target knows it already."""
    EXAM = "exam"
    """Asked before and after teaching. Not the probe's wording: what was chosen for having failed
    one wording would seem to improve on that wording by chance alone."""


class Level(StrEnum):
    """What a question asks of its reader."""

    FACT = "fact"
    CONCEPT = "concept"
    APPLICATION = "application"
    ANALYSIS = "analysis"


class Question(Record):
    """Something to ask or to teach. What is held out is never trained on."""

    identity = ("nugget", "kind", "purpose", "form", "stem", "options", "answer")
    nugget: str
    """Nugget id; for a question of a user's own set, the name of that set."""
    kind: QuestionKind
    form: str
    """Name of the phrasing, e.g. `cloze` or `reported`. No form serves two purposes."""
    purpose: Purpose
    stem: str
    """The text before the answer, a text with one GAP for it, or a whole statement."""
    options: tuple[str, ...] = ()
    answer: str = ""
    """One of `options` for an MCQ, letter for letter."""
    explanation: str = ""
    level: Level = Level.FACT
    vetted: bool = False
    rejected: str = ""
    """Why vetting refused it; empty while it has not."""
    scores: dict[str, float] = Field(default_factory=dict)
    made_by: str = ""

    @property
    def is_statement(self) -> bool:
        """Whether it tells its nugget, and asks nothing."""
        return self.kind in (QuestionKind.STATEMENT, QuestionKind.PARAPHRASE)

    @property
    def held_out(self) -> bool:
        """Whether it must never be trained on."""
        return self.purpose is not Purpose.TRAIN

    @property
    def key(self) -> int:
        """Index of the answer among the options."""
        return self.options.index(self.answer)


class Verdict(StrEnum):
    """What the target model knows of a nugget."""

    KNOWN = "known"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    CONTRADICTED = "contradicted"
    """The target is confident of something else."""
    UNPROBED = "unprobed"
    """Nobody asked, or the answer could not be read. Not the same as unknown."""


class Probe(Record):
    """What one model version answered about one nugget."""

    identity = ("nugget", "model", "questions")
    nugget: str
    model: str
    """ModelVersion id."""
    questions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    """The option the model favoured, one per question."""
    probabilities: tuple[float, ...] = ()
    """Share of the choice probability on the right option, one per question, in [0, 1]."""
    p_known: float = Field(default=0.0, ge=0, le=1)
    low: float = Field(default=0.0, ge=0, le=1)
    high: float = Field(default=1.0, ge=0, le=1)
    """95 % interval of p_known."""
    candidates: tuple[str, ...] = ()
    """What the target may hold for true: the right answer, then the wrong options."""
    evidence: tuple[tuple[float, ...], ...] = ()
    """One row for each candidate: what later probes of the same version are judged beside."""
    background: tuple[tuple[float, ...], ...] = ()
    """The same of the right answer after other nuggets' stems, where nobody can know it."""
    verdict: Verdict = Verdict.UNPROBED
    reason: str = ""
    made_by: str = ""


class Action(StrEnum):
    """What somebody did to a nugget."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    UNDO = "undo"


class Decision(Record):
    """One thing somebody decided about a nugget. Append-only; undo is an inverse row."""

    id: str = Field(default_factory=new_id)
    nugget: str
    revision: int
    """The nugget's revision the decision was made on."""
    actor: str
    """`person`, or the name of a policy such as `policy:unknown-and-grounded`."""
    action: Action
    before: dict[str, Any] = Field(default_factory=dict)
    after: dict[str, Any] = Field(default_factory=dict)
    """The changed fields only: `status`, and `claim` for an edit."""
    reason: str = ""
    batch: str = ""
    """Decisions taken together are undone together."""
    undoes: str = ""
    """Decision id that this row takes back."""
    time: str = Field(default_factory=now)


class Dataset(Record):
    """Frozen training data: which questions, which split, where the files lie."""

    identity = ("manifest_sha256",)
    manifest_sha256: str
    """SHA-256 of manifest.json, which names each file with its own hash."""
    path: str
    interest: str = ""
    nuggets: tuple[str, ...] = ()
    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    """Question ids by split. The held-out are about what is taught, in other wordings."""
    control: tuple[str, ...] = ()
    """Exam questions about papers of which nothing is taught."""
    replay: int = 0
    """Rows of old knowledge mixed in against forgetting."""
    counts: dict[str, int] = Field(default_factory=dict)
    licences: dict[str, int] = Field(default_factory=dict)


class TrainingSpec(Record):
    """Everything a training program needs, and all that shapes its result."""

    identity = ("base_sha256", "dataset", "method", "rank", "alpha", "dropout", "targets",
                "learning_rate", "epochs", "batch_size", "accumulation", "warmup_steps",
                "max_length", "loss", "chat", "packing", "patience", "seed")  # fmt: skip
    base: str
    """Directory of the base model, or a hub id."""
    base_sha256: str
    dataset: str
    """Dataset id."""
    train_file: str
    validation_file: str = ""
    output: str
    method: Literal["lora", "qlora", "full"] = "lora"
    """An adapter beside the base, beside the base in 4 bits, or new weights throughout."""
    loss: Literal["all", "completion"] = "all"
    """What is learnt of a question's row: all of it, or the answer alone."""
    chat: Literal["auto", "never"] = "auto"
    """Whether questions are put in the tokenizer's chat template, where it has one."""
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: str = "all-linear"
    """Layers that the adapter changes: `all-linear`, or names with commas between."""
    learning_rate: float = Field(default=2e-4, gt=0)
    epochs: float = Field(default=4.0, gt=0)
    batch_size: int = Field(default=16, ge=1)
    accumulation: int = Field(default=1, ge=1)
    """Batches in one optimiser step."""
    warmup_steps: int = Field(default=10, ge=0)
    max_length: int = Field(default=512, ge=8)
    packing: bool = False
    """Rows one after another in a sequence, none seeing its neighbours, rather than padded."""
    patience: int = Field(default=0, ge=0)
    """Passes without a better validation loss after which training ends; 0: it never ends early."""
    save_every: int = Field(default=50, ge=1)
    """Optimiser steps between checkpoints."""
    seed: int = 0


class JobStatus(StrEnum):
    """How far a job has come."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


class Job(Record):
    """One training run somewhere."""

    id: str = Field(default_factory=new_id)
    spec: str
    where: str = "here"
    handle: str = ""
    status: JobStatus = JobStatus.PENDING
    log: str = ""
    exit_code: int | None = None
    started: str = Field(default_factory=now)
    ended: str = ""


class Score(Record):
    """One measured value with its 95 % interval. Unscored is a state, not zero."""

    identity = ("metric", "value", "low", "high", "n", "method")
    metric: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unscored: int = 0
    """Items that were asked and gave no readable answer."""
    method: str = ""
    """Name of the interval, e.g. `wilson` or `bootstrap`."""


class Stage(StrEnum):
    """Where a model version stands in its lineage."""

    CANDIDATE = "candidate"
    CURRENT = "current"
    RETIRED = "retired"
    REFUSED = "refused"
    """The gate turned it down."""


class ModelVersion(Record):
    """A target model in one state of knowledge: a base alone, or a base and one adapter."""

    identity = ("base_sha256", "adapter_sha256")
    name: str
    """The target's name; versions of one name share a lineage."""
    number: int = 0
    """0 is the base itself; counted up by lineage."""
    base: str
    base_sha256: str
    parent: str = ""
    """ModelVersion id that was current when this one was trained."""
    adapter: str = ""
    """Directory of the adapter; empty for the base."""
    adapter_sha256: str = ""
    dataset: str = ""
    spec: str = ""
    scores: tuple[Score, ...] = ()
    stage: Stage = Stage.CANDIDATE
    gate: str = ""
    """Why the gate let it pass, or did not."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Versions of the libraries that made it."""
    created: str = Field(default_factory=now)


class Call(Record):
    """One call of a language model that reached its end, whatever came of it."""

    id: str = Field(default_factory=new_id)
    key: str
    """Content address of model, prompt, input and parameters: asked again, it is the same."""
    role: str = ""
    """What the model was bound as: `teacher`, `judge`, `target`, ..."""
    model: str
    """Kind of endpoint and model, e.g. `openai:gpt-5`."""
    prompt: str
    """Name and version of the prompt."""
    input_sha256: str
    parameters: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    priced: bool = True
    """Whether the price is known; where not, `cost` is 0 and says nothing."""
    latency: float = 0.0
    """Seconds of the last attempt."""
    attempts: int = 1
    outcome: str = "ok"
    """`ok`, or a reason of BadReply or of EndpointTrouble."""
    run: str = ""
    interest: str = ""
    time: str = Field(default_factory=now)


class Reply(Record):
    """What a model answered to a call, to be read again in place of another call."""

    identity = ("key",)
    key: str
    """`Call.key` of what was asked."""
    message: dict[str, Any]
    """The reply as plain JSON."""


class Extraction(Record):
    """What a teacher took from one paper's text. Where passages got no answer it is asked again."""

    identity = ("paper", "made_by", "input_sha256")
    paper: str
    made_by: str
    input_sha256: str
    """Of the text."""
    nuggets: tuple[str, ...] = ()
    lost: int = 0
    """Passages without an answer."""
    reason: str = ""
    """Why, of the last of them."""


class Profile(Record):
    """What a paper is about, in a few words, for finding it again."""

    identity = ("paper", "made_by")
    paper: str
    summary: str = ""
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Named in the paper, as written there; so are organisations and places."""
    organisations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    made_by: str


class Relevance(Record):
    """How well a paper fits what an interest asks for."""

    identity = ("interest", "paper", "words", "made_by")
    interest: str
    paper: str
    words: str
    """Digest of the interest's topic and prompt: other words are another question."""
    score: int = Field(ge=1, le=10)
    reason: str = ""
    made_by: str


class RunStatus(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    WAITING = "waiting"
    """Stopped at the review, on purpose."""
    INTERRUPTED = "interrupted"
    DONE = "done"
    PARTIAL = "partial"
    """It went to its end, but some of what was asked got no answer; resuming asks for it again."""
    FAILED = "failed"


class Run(Record):
    """One pass of a graph for one interest."""

    id: str = Field(default_factory=new_id)
    graph: str
    """`discover` or `teach`; the id is also the checkpointer's thread id."""
    interest: str
    status: RunStatus = RunStatus.RUNNING
    settings: str = ""
    """Digest of the settings it ran with."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What the user asked of it (papers folder, limits), as plain JSON: a resume needs them."""
    counts: dict[str, Any] = Field(default_factory=dict)
    seconds: dict[str, float] = Field(default_factory=dict)
    """Wall seconds by stage, summed over resumes."""
    cost: float = 0.0
    lost: dict[str, int] = Field(default_factory=dict)
    """What got no answer, by kind: it is asked for again."""
    note: str = ""
    started: str = Field(default_factory=now)
    ended: str = ""


class Event(Record):
    """One line of the log a person reads."""

    id: str = Field(default_factory=new_id)
    run: str
    stage: str
    text: str
    data: dict[str, Any] = Field(default_factory=dict)
    time: str = Field(default_factory=now)
