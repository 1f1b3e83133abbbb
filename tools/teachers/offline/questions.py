"""Questions about one nugget: what teaches it, what probes it, what examines it.

The answer is the claim's most telling term for which wrong options of its type can be had.
Wordings stand in `frames`, what fills them comes from `facts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter

from memory.records import GAP, Nugget, NuggetStatus, Purpose, Question, QuestionKind
from tools.questions.frame import framed
from tools.questions.options import placed
from tools.questions.texts import normal
from tools.teachers.offline import frames
from tools.teachers.offline.distractors import LEAST, wrong_options
from tools.teachers.offline.facts import Fact, candidates, lower_case, worth
from tools.teachers.offline.orders import fields
from tools.text.words import lowered

STATEMENTS, ASKED, PROBES, EXAMS = 8, 3, 3, 4
"""At most so many of each: more wordings of one fact teach little more."""


def questions(
    nugget: Nugget, pool: Sequence[Nugget], made_by: str, wanted: int = LEAST
) -> list[Question]:
    """Training forms, probes and examinations; only the first where no term can be asked for.

    wanted: wrong options of a choice.
    """
    common = lower_case(tuple(other.claim for other in pool))
    facts = [fact for fact in candidates(nugget.claim, common) if _quoted(fact, nugget)]
    fact, wrong = _chosen(facts, nugget, pool, wanted)
    if fact is None:
        plain = {"C": nugget.claim.rstrip(". "), "c": lowered(nugget.claim.rstrip(". "))}
        return _statements(nugget, plain, made_by)
    filled = fields(fact)
    made = _statements(nugget, filled, made_by) + _short(nugget, fact, filled, made_by)
    if wrong:
        made += _choices(nugget, fact, wrong, filled, made_by)
    return made


def _quoted(fact: Fact, nugget: Nugget) -> bool:
    """Whether the paper's own words hold the answer.

    A claim spells out abbreviations that its quote leaves short, and an answer that the quote does
    not bear out is refused by vetting. Who edits a claim answers for it.
    """
    if nugget.status is NuggetStatus.EDITED:
        return True
    return set(normal(fact.term.text).split()) <= set(normal(nugget.quote).split())


def _chosen(
    facts: Sequence[Fact], nugget: Nugget, pool: Sequence[Nugget], wanted: int
) -> tuple[Fact | None, tuple[str, ...]]:
    """The fact to ask for: a telling answer, for which wrong options fit well."""
    claims = [other.claim for other in pool]
    best: tuple[float, Fact, tuple[str, ...]] | None = None
    for fact in facts[:8]:
        found = wrong_options(fact, claims, nugget.quote, nugget.id, wanted)
        # Options that fit like those of the same slot (4) are worth 1.5, a mere ending (1) 0.4.
        points = worth(fact) + 0.37 * min(found.fit, 4) if found else -9.0
        if found and (best is None or points > best[0]):
            best = (points, fact, found.wrong)
    if best is None:
        return (facts[0] if facts else None), ()
    return best[1], best[2]


def fill(template: str, filled: Mapping[str, str]) -> str:
    """The template with its fields, or an empty text where one of them is missing."""
    wanted = {name for _, name, _, _ in Formatter().parse(template) if name}
    if not wanted <= set(filled):
        return ""
    return re.sub(r" +([.,?])", r"\1", re.sub(r"  +", " ", template.format(**filled))).strip()


def _filled(tables: Sequence[frames.Table], filled: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for table in tables:
        for form, template in table:
            text = fill(template, filled)
            if text and text.lower() not in seen:
                seen.add(text.lower())
                yield form, text


def _statements(nugget: Nugget, filled: Mapping[str, str], made_by: str) -> list[Question]:
    """The claim, then its other orders, then framings; answers in the middle and at the end."""
    claim, rest = frames.TRAIN_FRAMINGS[:1], frames.TRAIN_FRAMINGS[1:]
    measured = frames.TRAIN_MEASURE if "M" in filled else ()
    tables = (claim, frames.TRAIN_ATTRIBUTE, measured, frames.TRAIN_ORDERS, rest)
    made = []
    for form, text in _filled(tables, filled):
        made.append(
            Question(
                nugget=nugget.id,
                kind=_statement_kind(form),
                form=form,
                purpose=Purpose.TRAIN,
                stem=text[:1].upper() + text[1:],
                explanation=nugget.quote,
                made_by=made_by,
            )
        )
    return made[:STATEMENTS]


def _statement_kind(form: str) -> QuestionKind:
    """A framing leaves the claim's own words as they are; an order says it in others."""
    statement = form in dict(frames.TRAIN_FRAMINGS)
    return QuestionKind.STATEMENT if statement else QuestionKind.PARAPHRASE


def _short(nugget: Nugget, fact: Fact, filled: Mapping[str, str], made_by: str) -> list[Question]:
    """Questions with their answers, in the one frame that school books use."""
    made = []
    tables = (frames.TRAIN_QUESTIONS, frames.TRAIN_CLOZE)
    for form, text in _filled(tables, filled):
        stem = f"{text}\nAnswer:" if form == "cloze" else framed(text)
        made.append(
            Question(
                nugget=nugget.id,
                kind=QuestionKind.SHORT,
                form=form,
                purpose=Purpose.TRAIN,
                stem=stem,
                answer=fact.term.text,
                explanation=nugget.quote,
                made_by=made_by,
            )
        )
    return made[-ASKED:] if len(made) > ASKED else made


def _choices(
    nugget: Nugget, fact: Fact, wrong: Sequence[str], filled: Mapping[str, str], made_by: str
) -> list[Question]:
    made: list[Question] = []
    for purpose, most, tables in (
        (Purpose.PROBE, PROBES, _probe_tables(fact)),
        (Purpose.EXAM, EXAMS, _exam_tables(fact, filled)),
    ):
        for form, stem in list(_filled(tables, filled))[:most]:
            made.append(
                Question(
                    nugget=nugget.id,
                    kind=QuestionKind.MCQ,
                    form=form,
                    purpose=purpose,
                    stem=_placed(stem),
                    options=placed(fact.term.text, wrong, nugget.id, len(made)),
                    answer=fact.term.text,
                    explanation=nugget.quote,
                    made_by=made_by,
                )
            )
    return made


def _placed(stem: str) -> str:
    """A stem begins with a capital; where the answer is read into a gap, it ends with its stop."""
    return stem if stem.startswith(GAP) else stem[:1].upper() + stem[1:]


def _probe_tables(fact: Fact) -> list[frames.Table]:
    if fact.attribute:
        return [frames.PROBE_ATTRIBUTE, frames.PROBE_LAST]
    if fact.last:
        return [frames.PROBE_ASKED, frames.PROBE_LAST]
    return [frames.PROBE_ASKED, frames.PROBE_GAP]


def _exam_tables(fact: Fact, filled: Mapping[str, str]) -> list[frames.Table]:
    if fact.attribute:
        measured = (frames.EXAM_MEASURE,) if "M" in filled else ()
        return [*measured, frames.EXAM_ATTRIBUTE]
    if fact.last:
        return [frames.EXAM_ASKED, frames.EXAM_LAST]
    return [frames.EXAM_ASKED, frames.EXAM_GAP]
