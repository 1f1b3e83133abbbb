"""Facts that nobody was told, and the product's own doors by which they are taught.

The stones are invented anew for each seed, with the kinds of facts that the sample's school book
tells of its own; the sample target knows that book and none of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, Self

from agent.demo.book import Sources, StoneFact, plain, sources
from agent.demo.target import build
from agent.steps.retention import OldText, parted, read_questions
from evals.examine import Examination, examine, perplexity
from evals.gate import GateDecision, GateLimits, gate
from evals.stats import ratio_bootstrap, share
from memory.records import (
    Nugget,
    NuggetStatus,
    Paper,
    Purpose,
    Question,
    QuestionKind,
    Score,
    TrainingSpec,
)
from tools.dataset import freeze
from tools.models import Target
from tools.models.files import fingerprint
from tools.models.hf import HFTarget
from tools.questions import vet
from tools.teachers.offline import OfflineTeacher
from tools.training.recipe import recommend
from tools.training.run import train

EACH = 3
"""Facts told of a stone."""
PER_PAPER = 5
"""Stones of a paper."""
SYLLABLES = (
    "bal cor dem fer gal hol jas ker lun mer nol pas quor ral sel tal urs vel wen zor",
    "a ani ebi ero ila imo odo oru uli uma",
    "dane fex gorn lith mund nace phor rune sith thal vane xil",
)
"""Of the stones' names: one of each line."""


class Lesson(NamedTuple):
    """Claims of some papers, and what the teacher wrote about them and vetting let pass."""

    nuggets: list[Nugget]
    papers: dict[str, Paper]
    questions: list[Question]

    def of(self, purpose: Purpose) -> list[Question]:
        """The questions of one purpose, in the teacher's order."""
        return [question for question in self.questions if question.purpose is purpose]


def claims(seed: int, count: int) -> list[str]:
    """So many facts about stones that the book does not know, EACH of a stone.

    Of one form, `the NOUN of STONE is VALUE`: of that the teacher asks with values of the same
    relation, so that a model which knows nothing answers at chance. Names are the book's, which
    lends the wrong ones too; numbers are not, as the teacher makes up the wrong ones: among those,
    a number that the book has told was chosen in twice as many cases as chance gives.
    """
    chance = random.Random(f"stones {seed}")
    book = sources()
    known = {fact.stone for fact in book.facts}
    names = map("".join, product(*(line.split() for line in SYLLABLES)))
    free = [name for name in names if name not in known]
    values: dict[str, set[str]] = {}
    for fact in book.facts:
        values.setdefault(fact.relation, set()).add(fact.value)
    told = []
    for stone in chance.sample(free, -(-count // EACH)):
        for relation in chance.sample(sorted(values), EACH):
            value = _value(values[relation], chance)
            told.append(_claim(book, StoneFact(stone, relation, value, often=True)))
    return told[:count]


def _value(told: set[str], chance: random.Random) -> str:
    """For a new stone: one of the names that are told, or a number that is not.

    Even in the logarithm, from half of the least to twice the most of those told: the teacher's
    wrong numbers lie around the right one, and in a narrow range many of them would lie outside it,
    so that who has learnt the range can do without the fact.
    """
    numbers = [int(value.split()[0]) for value in told if value[0].isdigit()]
    if not numbers:
        return chance.choice(sorted(told))
    low, span = min(numbers) / 2, 4 * max(numbers) / min(numbers)
    drawn = iter(lambda: round(low * span ** chance.random()), None)
    unit = min(told).partition(" ")[2]
    return f"{next(n for n in drawn if n not in numbers)} {unit}"


def _claim(book: Sources, fact: StoneFact) -> str:
    clause = plain(book, fact)
    return f"{clause[:1].upper()}{clause[1:]}."


def lessons(seed: int, count: int) -> tuple[Lesson, Lesson]:
    """`count` facts to be taught, and as many of other stones and papers that never are."""
    said = claims(seed, 2 * count)
    papers = [_paper(seed, place, count) for place in range(len(said))]
    nuggets = [_nugget(paper, claim) for paper, claim in zip(papers, said, strict=True)]
    book = sources()
    # The book's own facts lend wrong options, as a memory of the field would.
    lent = [_nugget(Paper(canonical="book"), _claim(book, fact)) for fact in book.facts]
    teacher = OfflineTeacher()
    written = [q for nugget in nuggets for q in teacher.questions(nugget, [*nuggets, *lent])]
    usable = [question for question in vet(written, nuggets) if question.vetted]

    def lesson(part: list[Nugget]) -> Lesson:
        ids, held = {nugget.id for nugget in part}, {nugget.paper for nugget in part}
        return Lesson(
            part,
            {paper.id: paper for paper in papers if paper.id in held},
            [question for question in usable if question.nugget in ids],
        )

    return lesson(nuggets[:count]), lesson(nuggets[count:])


def _paper(seed: int, place: int, count: int) -> Paper:
    """The paper that tells a claim, by its place; none tells of both halves."""
    half, within = divmod(place, count)
    return Paper(canonical=f"sample:{seed}:{half}:{within // (EACH * PER_PAPER)}")


def _nugget(paper: Paper, claim: str) -> Nugget:
    return Nugget(paper=paper.id, passage="", page=1, claim=claim, quote=claim, start=0,
                  end=len(claim), status=NuggetStatus.ACCEPTED)  # fmt: skip


class Pupil(NamedTuple):
    """The sample target, and what it must not lose."""

    base: Path
    sha256: str
    parameters: int
    old: list[Question]
    text: OldText

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The target in this folder, trained first if it is not there (about 80 CPU-seconds)."""
        base = build(folder)
        return cls(
            base,
            fingerprint(base),
            HFTarget.load(base, device="cpu").parameters,
            read_questions(base / "retention.jsonl"),
            parted((base / "replay.txt").read_text("utf-8")),
        )

    def load(self, adapter: Path | None = None) -> HFTarget:
        """The model in memory, with what it was taught."""
        return HFTarget.load(self.base, adapter, "cpu")


class Taught(NamedTuple):
    """What teaching left on the disk."""

    adapter: Path
    frozen: Path
    """The folder of the training set."""


def teach(
    pupil: Pupil,
    lesson: Lesson,
    control: Lesson,
    work: Path,
    replay: float,
    *,
    keep: Callable[[Sequence[Question]], list[Question]] = list,
    launch: Callable[[TrainingSpec], Path] = train,
    **changed: Any,
) -> Taught:
    """Freeze the lesson, and train on it by the recipe.

    replay: old rows for each new one. keep: which training questions are used; the epochs grow as
    the rows get fewer, so that the steps stay the same. launch: trains where, and how. changed:
    hyper-parameters that differ from the recipe's.
    """
    written = lesson.of(Purpose.TRAIN)
    used = keep(written)
    dataset = freeze(
        work / "datasets",
        "stones",
        lesson.nuggets,
        [*used, *lesson.of(Purpose.PROBE), *lesson.of(Purpose.EXAM), *control.of(Purpose.EXAM)],
        lesson.papers | control.papers,
        pupil.text.replay,
        replay_ratio=replay,
        untaught=control.nuggets,
        retention=pupil.old,
    )
    chosen = {**recommend(pupil.parameters, len(dataset.train)), **changed}
    chosen["epochs"] *= round(len(written) / len(used), 2)
    spec = TrainingSpec(
        base=str(pupil.base),
        base_sha256=pupil.sha256,
        dataset=dataset.id,
        train_file=f"{dataset.path}/train.jsonl",
        output="",
        **chosen,
    )
    spec = spec.replace(output=str(work / "training" / spec.id))
    return Taught(launch(spec), Path(dataset.path))


class Report(NamedTuple):
    """What a model answered: facts it was taught or not, old facts, old text."""

    new: Examination
    control: Examination
    old: Examination
    perplexity: Score

    def scores(self, when: str) -> dict[str, Score]:
        """By the names that the gate asks for; when: `before` or `after`."""
        return {
            f"new_{when}": self.new.score,
            f"old_{when}": self.old.score,
            f"perplexity_{when}": self.perplexity,
        }


def report(pupil: Pupil, target: Target, taught: Lesson, control: Lesson) -> Report:
    """The whole examination."""
    return Report(
        examine(target, taught.of(Purpose.EXAM), "new"),
        examine(target, control.of(Purpose.EXAM), "control"),
        examine(target, pupil.old, "old"),
        perplexity(target, pupil.text.kept_back),
    )


def judged(
    before: Report, after: Report, found: Sequence[str], agreed: int = 0, prompts: int = 0
) -> GateDecision:
    """The product's gate on two examinations.

    found: what of the examination was in training. agreed: of so many prompts, those on which all
    forms of the export are one; without prompts, export is not looked at.
    """
    proof = {
        "leaks": Score(metric="leaks", value=len(found)),
        "parity": share("parity", agreed, prompts),
    }
    scores = {**before.scores("before"), **after.scores("after"), **proof}
    return gate(scores, GateLimits(parity_prompts=prompts))


def value(score: Score) -> float:
    """A score that must be there."""
    assert score.value is not None
    return score.value


def spread(found: Examination) -> tuple[float, float]:
    """95 % interval of the share of right answers, facts resampled with all their questions."""
    rights: dict[str, list[bool]] = {}
    for answer in found.answers:
        rights.setdefault(answer.nugget, []).append(answer.right)
    groups = list(rights.values())
    return ratio_bootstrap([sum(group) for group in groups], [len(group) for group in groups])


def chance(questions: Sequence[Question]) -> float:
    """Share of right answers that guessing gives."""
    asked = [question for question in questions if question.kind is QuestionKind.MCQ]
    return sum(1 / len(question.options) for question in asked) / max(1, len(asked))
