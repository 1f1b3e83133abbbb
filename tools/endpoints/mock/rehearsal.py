"""A rehearsal without a model: prompts of Goldpan are answered by its own offline rules.

What it says has the reply's shape and is taken from the text that was shown. It knows nothing, and
any other request gets a least instance of its schema, or a sentence that says who speaks.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain, zip_longest
from threading import Lock
from typing import Any

from memory.records import Document, Nugget, Passage, Purpose, Question, QuestionKind
from prompts import load, names
from prompts.replies import (
    Candidate,
    Exercise,
    PairJudgement,
    ProfileSketch,
    QuestionJudgement,
    Rating,
)
from tools.endpoints.mock.bodies import demanded
from tools.endpoints.mock.instances import instance
from tools.endpoints.mock.replies import Body, MockReply, MockToken
from tools.questions.options import OPTIONS
from tools.teachers.offline import OfflineTeacher

SPEECH = "This is a rehearsal: no model is behind this endpoint."
DENIAL = "I do not know"
PARAPHRASES = 5
LENT = 400
"""Claims that lend each other wrong options, at most."""

_FENCED = re.compile(r"^BEGIN (\w+)\n(.*)\nEND \1$", re.DOTALL | re.MULTILINE)
_TITLED = re.compile(r"Title: ([^\n]*)\n*(.*)", re.DOTALL)
_HEADING = re.compile(r"\[(.+)\]")
_FOUND = re.compile(r"Finding: (.*?)\nQuote: (.*)", re.DOTALL)
_QUOTED = re.compile(r"Quote: (.*?)\n\n(?=1\. )(.*)", re.DOTALL)
_OPTION = re.compile(r"^([A-Z])\) (.*)$", re.MULTILINE)
_PAIR = re.compile(r"^Pair (\d+)\n- (.*)\n- (.*)$", re.MULTILINE)
_POINTING = re.compile(r"\bth(?:e|is) (?:study|paper|text|figure|table)\b", re.IGNORECASE)


class Rehearsal:
    """An `Answer`. Remembers claims that it was shown: they lend each other wrong options, so that
    what it writes about one of them depends on those before it.
    """

    def __init__(self) -> None:
        self._claims: dict[str, Nugget] = {}
        self._lock = Lock()
        self._parts: dict[str, Callable[[str, str], MockReply]] = {
            "Extraction": self._extraction,
            "Exercises": self._exercises,
            "Judgements": _judgements,
            "Profiles": _profile,
            "Ratings": _rating,
            "PairJudgements": _pairs,
            "probe_choice": _choice,
            "probe_short": lambda _text, _turns: MockReply(DENIAL),
        }

    def __call__(self, body: Body) -> MockReply:
        """What a request is answered: by its system prompt, else by its schema's name."""
        turns = [_text(message) for message in body["messages"]]
        part, schema = _asked(body, turns[0])
        if part in self._parts:
            fenced = next((found[2] for turn in turns if (found := _FENCED.search(turn))), "")
            return self._parts[part](fenced, "\n".join(turns))
        return MockReply(json.dumps(instance(schema))) if schema else MockReply(SPEECH)

    def _remember(self, nuggets: Iterable[Nugget]) -> list[Nugget]:
        """Note claims; all that are noted, the oldest forgotten."""
        with self._lock:
            self._claims.update((nugget.claim, nugget) for nugget in nuggets)
            for claim in list(self._claims)[:-LENT]:
                del self._claims[claim]
            return list(self._claims.values())

    def _extraction(self, text: str, _turns: str) -> MockReply:
        """The claims of the passages, by rule."""
        title, shown = _titled(text)
        document = Document(paper="rehearsal", text=shown, page_starts=(0,), title=title)
        found = OfflineTeacher().extract(document, list(_passages(shown)))
        self._remember(found)
        candidates = [
            Candidate(
                claim=nugget.claim,
                quote=nugget.quote,
                kind=nugget.kind.value,
                entities=list(nugget.entities),
                keywords=list(nugget.keywords),
                sure=max(1, round(nugget.confidence * 10)),
            )
            for nugget in found
        ]
        return _listed("nuggets", candidates)

    def _exercises(self, text: str, turns: str) -> MockReply:
        """The offline questions about a claim, probing and examining ones by turns."""
        if not (found := _FOUND.fullmatch(text)):
            return _listed("exercises", [])
        claim, quote = found[1].strip(), found[2].strip()
        nugget = Nugget(
            paper="rehearsal", passage="", page=1, claim=claim, quote=quote, start=0, end=len(quote)
        )
        pool = self._remember([nugget])
        wanted = re.search(r"exactly (\d) wrong", turns)
        teacher = OfflineTeacher(max(2, int(wanted[1]) + 1) if wanted else OPTIONS)
        made = teacher.questions(nugget, pool)
        told = [one for one in made if one.is_statement]
        probes, exams = (
            [one for one in made if one.purpose is purpose]
            for purpose in (Purpose.PROBE, Purpose.EXAM)
        )
        asked = [one for one in made if one.kind is QuestionKind.SHORT]
        turned = [one for one in chain(*zip_longest(probes, exams)) if one]
        exercises = [
            *(_exercise(one, "paraphrase" if at else "statement")
              for at, one in enumerate(told[: PARAPHRASES + 1])),
            *(_exercise(one, "short") for one in asked),
            *(_exercise(one, "choice") for one in turned),
        ]  # fmt: skip
        return _listed("exercises", exercises)


def _text(message: Body) -> str:
    """The words of one turn."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return content or ""


def _asked(body: Body, system: str) -> tuple[str, Any]:
    """Which of its parts a request wants, and in which schema. Either may be empty."""
    name, schema = _structured(body)
    known = next((load(prompt) for prompt, head in _heads() if system.startswith(head)), None)
    if known is None:
        return name, schema
    if known.reply and schema is None:
        # Asked in words only.
        schema = known.schema_class.strict_schema()
    return known.reply or known.name, schema


def _structured(body: Body) -> tuple[str, Any]:
    """Name and schema of what a request demands, as a schema or as a tool's arguments."""
    wanted = (body.get("response_format") or {}).get("json_schema")
    if wanted:
        return wanted["name"], wanted.get("schema")
    if name := demanded(body):
        tools = [tool["function"] for tool in body["tools"]]
        return name, next(tool.get("parameters") for tool in tools if tool["name"] == name)
    return "", None


@cache
def _heads() -> tuple[tuple[str, str], ...]:
    """Each prompt with the words by which it begins, up to the first that is filled in."""
    told = ((name, load(name).system.partition("${")[0]) for name in names())
    return tuple((name, head) for name, head in told if head)


def _listed(name: str, items: Iterable[Any]) -> MockReply:
    return MockReply(json.dumps({name: [item.model_dump() for item in items]}, ensure_ascii=False))


def _titled(text: str) -> tuple[str, str]:
    """A title and what stands below it."""
    found = _TITLED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def _passages(text: str) -> Iterable[Passage]:
    """The paragraphs in their places; a line in brackets tells the section of those below it."""
    section: tuple[str, ...] = ()
    for found in re.finditer(r"\S.*?(?=\n\n|\Z)", text, re.DOTALL):
        part = found[0]
        if heading := _HEADING.fullmatch(part):
            section = tuple(heading[1].split(" > "))
        else:
            yield Passage(
                paper="rehearsal", section=section, page=1,
                start=found.start(), end=found.end(), text=part,
            )  # fmt: skip


def _exercise(question: Question, kind: str) -> Exercise:
    asked = re.fullmatch(r"(?:Question|Complete): (.*)\nAnswer:", question.stem, re.DOTALL)
    return Exercise(
        kind=kind,
        level=question.level.value,
        text=asked[1] if asked else question.stem,
        answer=question.answer,
        wrong=[option for option in question.options if option != question.answer],
        explanation="" if question.is_statement else question.explanation,
    )


def _judgements(text: str, _turns: str) -> MockReply:
    """Options are right where the quote has their words."""
    found = _QUOTED.fullmatch(text)
    quote, sheet = (found[1], found[2]) if found else ("", "")
    judged = []
    for number, part in enumerate(re.split(r"\n\n(?=\d+\. )", sheet) if sheet else (), 1):
        options = _OPTION.findall(part)
        right = [letter for letter, option in options if _plain(option) in _plain(quote)]
        alone = not _POINTING.search(part.partition("\n")[0])
        score = 8 if alone and len(right) == 1 else 4
        choice = right[0] if right else "none"
        judged.append(
            QuestionJudgement(question=number, choice=choice, right=right, alone=alone, score=score)
        )
    return _listed("judgements", judged)


def _plain(text: str) -> str:
    """Words and numbers alone, with blanks around each."""
    words = " ".join(re.findall(r"\w+(?:\.\d+)*|%", text.lower()))
    return f" {words} "


def _profile(text: str, _turns: str) -> MockReply:
    """The first sentences, and the commonest words."""
    _, shown = _titled(text)
    sentences = re.findall(r"[A-Z][^.!?]{20,}[.!?](?=\s|$)", shown)
    long = Counter(re.findall(r"\b[a-z]{6,}\b", shown))
    sketch = ProfileSketch(
        summary=" ".join(" ".join(sentences[:2]).split()[:60]),
        keywords=[word for word, _ in long.most_common(5)],
        people=[],
        organisations=list(dict.fromkeys(re.findall(r"University of [A-Z]\w+", shown)))[:20],
        places=[],
    )
    return _listed("profiles", [sketch])


def _rating(text: str, turns: str) -> MockReply:
    """By the share of the topic's words that are there; a rehearsal leaves no paper out."""
    found = re.search(r"^Looked for: (.*)$", turns, re.MULTILINE)
    wanted = {word[:5] for word in re.findall(r"\w{4,}", found[1].lower())} if found else set()
    held = {word[:5] for word in re.findall(r"\w{4,}", text.lower())}
    share = len(wanted & held) / len(wanted) if wanted else 1.0
    told = f"Has {len(wanted & held)} of the {len(wanted)} words looked for."
    return _listed("ratings", [Rating(reason=told, score=round(4 + 6 * share))])


def _pairs(text: str, _turns: str) -> MockReply:
    """The same words are the same claim; the same but for the numbers contradict each other."""
    judged = []
    for number, one, other in _PAIR.findall(text):
        mine, theirs = _plain(one).split(), _plain(other).split()
        same = [word for word in mine if not word[0].isdigit()] == [
            word for word in theirs if not word[0].isdigit()
        ]
        verdict = "A" if mine == theirs else "B" if same else "C"
        judged.append(PairJudgement(pair=number, verdict=verdict))
    return _listed("pairs", judged)


def _choice(text: str, _turns: str) -> MockReply:
    """A letter drawn from the question, twice as likely as each of the others."""
    letters = [letter for letter, _ in _OPTION.findall(text)] or ["A"]
    drawn = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4])
    picked = letters[drawn % len(letters)]
    tops = {one: math.log((1 + (one == picked)) / (len(letters) + 1)) for one in letters}
    return MockReply(picked, tokens=(MockToken(picked, tops),))
