"""Questions: how many of the faulty are caught, how few of the sound; what the options betray."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import choices, papers
from benchmarks.choices import PLANTED
from benchmarks.defects import cases
from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.labelled import labelled_nuggets, pmc
from evals.stats import wilson
from memory.records import Nugget, Purpose, Question
from tools.questions import REASONS, SetReport, report, vet, vet_set
from tools.questions.chance import even
from tools.questions.guessing import Guess, guess, shares
from tools.questions.sets import longer, sheets_of
from tools.questions.single import unsourced
from tools.questions.traits import Sheet
from tools.teachers.offline import OfflineTeacher

EACH = 25
"""Faulty questions made in each way of each reason."""
SETS, SHEETS = 2, 120
"""Planted sets for each way and share, and sheets in each."""
FAIR = 30
"""Sets whose keys were drawn at random."""

ABOUT = """
The offline teacher reads papers of several publishers in full and 265 structured abstracts, and
writes questions about every nugget. **Faulty questions** are made from its sound ones, one maker
for each way of each reason; rules and makers are by the same hands. Other people's faulty ones
stand beside them: LogiQA's questions without the passage that they are about (development looked
at every second one). **Sound ones** are what the teacher wrote, and sets that people made (ARC,
AI2, MedMCQA, MedQA, MMLU), through the checks that need no quote; development looked at these too,
and some that are refused are faulty indeed.

**Options alone.** A guesser that sees no question (a conditional logit over length, likeness,
form, numbers, frequency and place of the options, fitted on the nuggets before, asked about the
next) should do no better than chance. What it gets right of the sets that people made is the
line to compare with; *naive* is the same keys beside half, one and a half times and double of a
number, or three terms of the same type drawn from other claims. No language model is at hand here,
so its liking for an option by itself, which the guesser can take in, is left out; so is the judge.
"""


class VettedQuestions(NamedTuple):
    """A set that the offline teacher wrote."""

    name: str
    questions: list[Question]
    nuggets: list[Nugget]
    vetted: list[Question]
    raw: SetReport
    report: SetReport


def measure(data: Path) -> Part:
    """The figures."""
    need(data / "papers" / "pairs", data / "bench" / "pmc_structured_abstracts.jsonl")
    full, abstracts = _extracted(data)
    sets = [
        _written("papers, 4 options", full, 4),
        _written("papers, 10 options", full, 10),
        _written("abstracts, 4 options", abstracts, 4),
    ]
    human = choices.human(data / "bench")
    caught = _caught(sets[0])
    rows = _rows(sets, human)
    return Part.of(
        "questions",
        "Questions: vetting, and what options betray",
        ABOUT,
        ("numpy", "snowballstemmer", "lemminflect"),
        figures=(
            *_by_reason(caught),
            *_planted(sets[0]),
            *_sound(sets, human, choices.torn(data / "bench")),
            *(figure for written in sets for figure in _fair(written)),
        ),
        tables=(_ways(caught), rows, _refused(sets), _amounts(sets)),
        plots=(_plot(rows),),
    )


def _extracted(data: Path) -> tuple[list[Nugget], list[Nugget]]:
    teacher = OfflineTeacher()
    read = papers.extracted(teacher, data / "papers" / "pairs")
    texts = pmc(data / "bench" / "pmc_structured_abstracts.jsonl")
    return (
        [nugget for paper in read for nugget in paper.nuggets],
        [nugget for text in texts for nugget in labelled_nuggets(teacher, text).nuggets],
    )


def _written(name: str, nuggets: list[Nugget], options: int) -> VettedQuestions:
    teacher = OfflineTeacher(options)
    made = [question for nugget in nuggets for question in teacher.questions(nugget, nuggets)]
    found = vet_set(made, nuggets)
    return VettedQuestions(name, made, nuggets, found.questions, report(made), found.report)


Caught = Mapping[tuple[str, str], Counter[str]]
"""By reason and way: how many cases were refused for which reason."""


def _caught(written: VettedQuestions) -> Caught:
    by_id = {nugget.id: nugget for nugget in written.nuggets}
    sound = [
        (q, by_id[q.nugget])
        for q in written.vetted
        if q.vetted and q.options and q.purpose is Purpose.EXAM
    ]
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for case in cases(sound, EACH):
        last = vet(case.questions, case.nuggets)[-1]
        found[case.reason, case.way][last.rejected] += 1
    return found


def _by_reason(caught: Caught) -> list[Figure]:
    reasons = dict.fromkeys(reason for reason, _ in caught)
    figures = []
    for reason in reasons:
        parts = [counts for (r, _), counts in caught.items() if r == reason]
        right = sum(counts[reason] for counts in parts)
        n = sum(counts.total() for counts in parts)
        figures.append(
            Figure.share(f"faulty refused as `{reason}`", right, n, aim=0.95,
                         note=f"{len(parts)} ways; refused for any reason: "
                              f"{n - sum(c[''] for c in parts)} of {n}")
        )  # fmt: skip
    return figures


def _ways(caught: Caught) -> Table:
    return Table(
        title="Faulty questions, by way",
        columns=("reason", "way", "n", "refused for it", "for another reason", "passed"),
        rows=tuple(
            (reason, way, c.total(), c[reason], c.total() - c[reason] - c[""], c[""])
            for (reason, way), c in caught.items()
        ),
    )


def _planted(written: VettedQuestions) -> list[Figure]:
    """Sets with a planted shortcut, and sets whose keys were drawn at random."""
    sound = [s for s in sheets_of(written.vetted).values() if len(s.options) == 4]
    count = min(SHEETS, len(sound))
    found, guilty, named = [], 0, 0
    for way in PLANTED:
        for share in (1.0, 0.4):
            for seed in range(SETS):
                sheets, whose = choices.planted(sound, way, share, count, seed)
                given = shares(sheets)
                found.append(not guess(sheets).within_noise)
                right = sorted(
                    ((float(g[s.key]), s.nugget) for s, g in zip(sheets, given, strict=True)),
                    reverse=True,
                )[:10]
                guilty += sum(nugget in whose for _, nugget in right)
                named += len(right)
    alarms = sum(
        not guess(sheets).within_noise
        for seed in range(FAIR)
        for sheets in [choices.planted(sound, "longest", 0.0, count, seed)[0]]
    )
    return [
        Figure.share("sets with a planted shortcut found (p < 0.05)", sum(found), len(found),
                     aim=0.95, note=f"{len(PLANTED)} ways, in all sheets or in 2 of 5, "
                                    f"{count} sheets each"),
        Figure.share("of the ten surest guesses, planted", guilty, named),
        Figure.share("fair sets called unfair", alarms, FAIR, note="0.05 is what p < 0.05 means"),
    ]  # fmt: skip


def _sound(
    sets: Sequence[VettedQuestions],
    human: Mapping[str, Sequence[choices.Item]],
    torn: Sequence[choices.Item],
) -> list[Figure]:
    theirs = {
        name: sum(bool(unsourced(item.question(name))) for item in items)
        for name, items in human.items()
    }
    n = sum(map(len, human.values()))
    ours = [q for written in sets for q in written.vetted]
    unseen = [bool(unsourced(item.question("torn"))) for item in torn[1::2]]
    above = [bool(unsourced(i.question("torn"))) for i in torn[1::2] if "above" in i.stem]
    by_set = ", ".join(f"{name} {k} of {len(human[name])}" for name, k in theirs.items())
    return [
        Figure.share("sound ones of people's refused", sum(theirs.values()), n, aim=0.05,
                     better="lower", note=by_set),
        Figure.share("the offline teacher's own refused", sum(bool(q.rejected) for q in ours),
                     len(ours), aim=0.05, better="lower", note="some of them rightly"),
        Figure.share("LogiQA without its passage refused", sum(unseen), len(unseen),
                     note="most name persons and things that only the passage explains: no rule "
                          "can know; a judge can"),
        Figure.share("of these, those that say `above`", sum(above), len(above)),
    ]  # fmt: skip


def _fair(written: VettedQuestions) -> list[Figure]:
    found, name = written.report, written.name
    low, high = wilson(found.guess.right, found.guess.sheets)
    return [
        Figure(name=f"{name}: guessed by options alone", value=found.guess.accuracy, low=low,
               high=high, n=found.guess.sheets,
               note=f"chance {found.guess.chance:.3f}; as written, before vetting: "
                    f"{written.raw.guess.accuracy:.3f}"),
        Figure(name=f"{name}: p of guessing so well by chance", value=found.guess.p, aim=0.05),
        Figure(name=f"{name}: p of keys so uneven by chance (χ²)", value=found.places, aim=0.05),
        Figure(name=f"{name}: mean length of keys over the rest", value=found.length, aim=1.05,
               better="lower"),
    ]  # fmt: skip


def _row(
    name: str, found: Guess, sheets: Sequence[Sheet], places: float
) -> tuple[str | float, ...]:
    low, high = wilson(found.right, found.sheets)
    return (
        name, found.sheets, round(found.accuracy, 3), f"{low:.3f}-{high:.3f}",
        round(found.chance, 3), f"{found.p:.2g}", f"{places:.2g}", round(longer(sheets), 2),
    )  # fmt: skip


def _rows(sets: Sequence[VettedQuestions], human: Mapping[str, Sequence[choices.Item]]) -> Table:
    rows = [
        _row(f"ours, {w.name}", w.report.guess, list(sheets_of(w.vetted).values()), w.report.places)
        for w in sets
    ]
    for written in (sets[0], sets[2]):
        made = choices.naive(list(sheets_of(written.questions).values()), written.nuggets)
        rows.append(_of(f"naive, {written.name}", made))
    rows += [_of(name, choices.sheets(items, name)) for name, items in human.items()]
    return Table(
        title="What the options alone betray",
        columns=("set", "sheets", "guessed", "95 %", "chance", "p", "p of places (χ²)",
                 "key over rest, length"),
        rows=tuple(rows),
    )  # fmt: skip


def _of(name: str, sheets: Sequence[Sheet]) -> tuple[str | float, ...]:
    return _row(name, guess(sheets), sheets, even([(s.key, len(s.options)) for s in sheets]))


def _plot(rows: Table) -> Plot:
    return Plot(
        name="options",
        title="Guessed by the options alone, question unread",
        y="share right",
        labels=tuple(str(row[0]) for row in rows.rows),
        bars={
            "guessed": tuple(float(row[2]) for row in rows.rows),
            "chance": tuple(float(row[4]) for row in rows.rows),
        },
    )


def _refused(sets: Sequence[VettedQuestions]) -> Table:
    return Table(
        title="Refused of what the offline teacher wrote, by reason",
        columns=("reason", *(written.name for written in sets)),
        rows=tuple(
            (reason, *(written.report.refused.get(reason, 0) for written in sets))
            for reason in REASONS
        ),
    )


def _amounts(sets: Sequence[VettedQuestions]) -> Table:
    rows = []
    for written in sets:
        n, kinds, sizes = len(written.nuggets), written.report.kinds, written.report.options
        asked = {q.nugget for q in written.vetted if q.options and q.vetted}
        mean = sum(k * c for k, c in sizes.items()) / max(1, sum(sizes.values()))
        rows.append((
            written.name, n, round(written.report.passed / n, 1),
            *(round(kinds.get(k, 0) / n, 2) for k in
              ("statement", "paraphrase", "short answer", "mcq")),
            round(len(asked) / n, 3), round(mean, 1),
        ))  # fmt: skip
    return Table(
        title="Passed questions for each nugget",
        columns=("set", "nuggets", "questions", "statements", "paraphrases", "short answers",
                 "choices", "nuggets with a choice", "options of a choice"),
        rows=tuple(rows),
    )  # fmt: skip
