"""A small world for the graphs: papers that are text, a teacher that copies, a target that recalls.

The store, the index and the lineage are real; what is slow or clever is scripted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
from safetensors.numpy import save_file

from agent.calls.connections import Connections
from agent.calls.roles import Engines
from agent.context import Context
from agent.settings import ModelSettings, Roles, Settings
from agent.workspace import STORE, Workspace
from memory.errors import TrainingFailed, Unreadable
from memory.lease import FileLease
from memory.lineage import Lineage
from memory.records import (
    Document,
    Job,
    JobStatus,
    ModelVersion,
    Nugget,
    Passage,
    Purpose,
    Question,
    QuestionKind,
    TrainingSpec,
    now,
)
from memory.store import Store
from memory.vectors import Vectors
from tools.models import Choice, OptionScore
from tools.models import Vectors as Array
from tools.models.merged import Parity
from tools.reading import Reading
from tools.replies.losses import Loss
from tools.teachers import Threaded
from tools.training.preflight import Preflight

SYLLABLES = ("bar", "cel", "dor", "fen", "gal", "hur", "jov", "kem", "lit")
NAMES = [f"{one}{two}ium" for one in SYLLABLES for two in SYLLABLES]
"""81 names that share no word and hold no digit."""


def facts(first: int, last: int) -> list[str]:
    """The facts of the names from first up to, not including, last; no two say the same."""
    return [f"The point of {NAMES[n]} is {n + 10}0 kelvin." for n in range(first, last)]


WRONG = ("7 kelvin", "90 kelvin", "3300 kelvin")
VALUES = [f"{n + 10}0 kelvin" for n in range(len(NAMES))]


def others(answer: str) -> list[str]:
    """Three values of names near by: above or below the right one, which no guesser can tell."""
    block = VALUES.index(answer) // 20 * 20
    near = [value for value in VALUES[block : block + 20] if value != answer]
    return Random(answer).sample(near, 3)


class Reader:
    """Reads `%PDF-` files that are plain text after their first line; counts what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.before: Callable[[Path], None] = lambda path: None

    def __call__(self, path: Path, paper: str) -> Reading:
        self.before(path)
        text = path.read_text().partition("\n")[2]
        if "SCAN" in text:
            raise Unreadable("no_text_layer", "It has no text layer.", "Run OCR first.")
        self.read.append(path.name)
        document = Document(paper=paper, text=text, page_starts=(0,), title=path.stem)
        passages, at = [], 0
        for line in text.splitlines():
            passages.append(Passage(paper=paper, page=1, start=at, end=at + len(line), text=line))
            at += len(line) + 1
        return Reading(document, tuple(passages), 1, 0.0, 1.0)


class Teacher:
    """Takes each passage for a nugget; what follows `is` is the answer. Counts its extractions."""

    made_by = "fake:1"

    def __init__(self) -> None:
        self.extracted: list[str] = []

    def extract(self, document: Document, passages: Sequence[Passage]) -> list[Nugget]:
        self.extracted.append(document.title)
        candidates = [
            Nugget(
                paper=p.paper, passage=p.id, page=1, claim=p.text, quote=p.text, start=p.start,
                end=p.end, made_by=self.made_by,
            )
            for p in passages
        ]  # fmt: skip
        lie = candidates[0].replace(quote="This is said nowhere.", end=candidates[0].start + 5)
        return [*candidates, lie]

    def questions(self, nugget: Nugget, pool: Sequence[Nugget]) -> list[Question]:
        about, answer = nugget.claim.rstrip(".").split(" is ")
        asked = {
            Purpose.PROBE: ("In the tables {} is", "By all accounts {} is", "On record {} is"),
            Purpose.EXAM: ("Students learn that {} is", "It is written that {} is"),
        }
        # What is examined is vetted as a set: wrong options that are never right would be seen.
        options = {Purpose.PROBE: WRONG, Purpose.EXAM: others(answer)}
        questions = [
            Question(
                nugget=nugget.id, kind=QuestionKind.MCQ, form=f"{purpose}{n}", purpose=purpose,
                stem=stem.format(about[0].lower() + about[1:]), answer=answer,
                options=tuple(sorted({answer, *(w for w in options[purpose] if w != answer)})),
                explanation=nugget.quote, made_by=self.made_by,
            )
            for purpose, stems in asked.items()
            for n, stem in enumerate(stems)
        ]  # fmt: skip
        statement = Question(
            nugget=nugget.id, kind=QuestionKind.STATEMENT, form="claim", purpose=Purpose.TRAIN,
            stem=nugget.claim, answer=answer, explanation=nugget.quote, made_by=self.made_by,
        )  # fmt: skip
        return [*questions, statement]


class Embedder:
    """Bag of words, hashed into 32 places."""

    name = "fake-embedder"
    dimensions = 32

    def embed(self, texts: Sequence[str]) -> Array:
        rows = np.zeros((len(texts), 32), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[sum(word.encode()) % 32] += 1
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(norms, 1e-9), dtype=np.float32)


class Target:
    """Prefers an option that stands, with the subject, in what it has read."""

    sha256 = "f" * 64
    parameters = 1000

    def __init__(self, known: str) -> None:
        self.known = known.lower()

    def score(self, choices: Sequence[Choice]) -> list[list[OptionScore]]:
        return [[self._score(c.context, o) for o in c.options] for c in choices]

    def _score(self, context: str, option: str) -> OptionScore:
        said = " ".join(context.lower().split()[-4:]) + option.lower().rstrip(".")
        whim = crc32(said.encode()) / 2**33
        return OptionScore(-1.0 if said in self.known else -5.0 - len(option) % 3 - whim, 3)

    def perplexity(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        return [(10.0, 5) for _ in texts]

    def complete(self, prompt: str, max_new_tokens: int = 48) -> str:
        return "412 kelvin" if "known" in prompt else ""


class Trainer:
    """Writes an adapter that holds what was trained on. Fails as often as it is told to."""

    def __init__(self) -> None:
        self.trained = 0
        self.failures = 0

    def __call__(
        self,
        spec: TrainingSpec,
        heard: Callable[[dict[str, Any]], None],
        on_job: Callable[[Job], None],
    ) -> Path:
        on_job(job := Job(spec=spec.id, handle="1", status=JobStatus.RUNNING))
        if self.failures:
            self.failures -= 1
            on_job(job.replace(status=JobStatus.FAILED, exit_code=1, ended=now()))
            raise TrainingFailed("The training program ended with code 1.", "See its log.")
        self.trained += 1
        rows = Path(spec.train_file).read_text()
        folder = Path(spec.output) / "adapter"
        folder.mkdir(parents=True, exist_ok=True)
        weights = np.frombuffer(rows.encode(), dtype=np.uint8)
        save_file({"text": weights}, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
        progress = {"step": 1, "steps": 1, "loss": 0.5, "seconds": 0.1, "eta": 0}
        (folder.parent / "progress.jsonl").write_text(json.dumps(progress) + "\n")
        heard(progress)
        on_job(job.replace(status=JobStatus.DONE, exit_code=0, ended=now()))
        return folder


class World:
    """A workspace whose papers, teacher, target and trainer are the fakes above."""

    def __init__(self, home: Path, known: str = "") -> None:
        self.home, self.known = home, known
        self.reader, self.teacher, self.trainer = Reader(), Teacher(), Trainer()
        self.make_engines: Callable[[Callable[[Loss], None]], Engines] | None = None
        """Makes these engines in place of the teacher alone."""
        self.forgets = False
        self.differing = 0
        """Prompts on which a version's export says something else."""
        home.mkdir(parents=True, exist_ok=True)
        (home / "retention.jsonl").write_text(_retention())
        self.settings = Settings(
            home=home,
            roles=Roles(target="small"),
            models={"small": ModelSettings(path="base", retention="retention.jsonl")},
        )
        self.space = Workspace(self.settings, Store.open(home / STORE), FileLease(home))

    def papers(self, **texts: str) -> Path:
        folder = self.home / "papers"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.pdf").write_text("%PDF-1.4\n" + text)
        return folder

    def context(self) -> Context:
        store, lineage = self.space.store, Lineage(self.space.store, self.home / "models")
        return Context(
            settings=self.settings,
            store=store,
            lineage=lineage,
            connect=lambda say: Connections(self.settings, say=say),
            make_engines=lambda _settings, _connections, on_loss: self._engines(on_loss),
            make_embedder=Embedder,
            make_target=self._target,
            register=lambda name: lineage.base(name, "base", "b" * 64) and None,
            make_vectors=lambda e, _: Vectors(store, self.home / "index", e.name, e.dimensions),
            read=self.reader,
            train=self.trainer,
            preflight=_preflight,
            agreement=self._agreement,
        )

    def _engines(self, on_loss: Callable[[Loss], None]) -> Engines:
        return self.make_engines(on_loss) if self.make_engines else Engines(Threaded(self.teacher))

    def _agreement(self, version: ModelVersion, prompts: Sequence[str]) -> Parity:
        return Parity(len(prompts), len(prompts) - self.differing, 9, self.differing, 0.0, "on")

    def _target(self, version: ModelVersion) -> Target:
        if not version.adapter:
            return Target(self.known + OLD)
        weights = Path(version.adapter, "adapter_model.safetensors").read_bytes().decode("latin-1")
        return Target(self.known + weights + ("" if self.forgets else OLD))


def _preflight(spec: TrainingSpec) -> Preflight:
    """Each word a token, all of them learnt."""
    rows = Path(spec.train_file).read_text().splitlines()
    words = [len(row.split()) for row in rows]
    return Preflight(len(rows), sum(words), 0, 1.0, True, max(words))


OLD = " ".join(facts(41, 81)).lower()


def _retention() -> str:
    questions = [
        Question(
            nugget="school", kind=QuestionKind.MCQ, form="school", purpose=Purpose.EXAM,
            stem=f"the point of {NAMES[n]} is", options=(f"{n + 10}0 kelvin", *WRONG),
            answer=f"{n + 10}0 kelvin", vetted=True,
        )
        for n in range(41, 81)
    ]  # fmt: skip
    return "".join(question.model_dump_json() + "\n" for question in questions)
