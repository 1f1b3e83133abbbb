"""Sound questions made faulty, one maker for each reason that vetting names. Measures nothing.

A maker takes a sound choice with its nugget and gives questions and nuggets to vet, the faulty one
last, or nothing where it does not apply. Rules and makers are by the same hands; where other
people's faulty questions are at hand they are measured beside these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from memory.records import GAP, Nugget, Purpose, Question, QuestionKind
from tools.questions import normal


class DefectCase(NamedTuple):
    """Something to vet; the last question is the faulty one."""

    reason: str
    way: str
    questions: tuple[Question, ...]
    nuggets: tuple[Nugget, ...]


Maker = Callable[[Question, Nugget, Random], tuple[list[Question], list[Nugget]] | None]


def changed(question: Question, **changes: object) -> Question:
    """The same question with something else in it, under an id of its own."""
    fields = {**question.model_dump(), **changes, "id": "", "vetted": False, "rejected": ""}
    return Question.model_validate(fields)


def _one(question: Question, nugget: Nugget) -> tuple[list[Question], list[Nugget]]:
    return [question], [nugget]


def _wrong(question: Question) -> list[str]:
    return [option for option in question.options if option != question.answer]


def _with(question: Question, old: str, new: str) -> tuple[str, ...]:
    return tuple(new if option == old else option for option in question.options)


_FRAMES = re.compile(
    r"^(?:Scientists have learned|Today we know|It is a fact|Studies agree|Experts say|"
    r"Books on the subject say) that "
)


def _body(question: Question) -> str:
    """The stem without its framing; empty for one that is a question already."""
    return "" if question.stem.startswith("Question") else _FRAMES.sub("", question.stem)


def _stem(way: str) -> Maker:
    """A stem put into another frame; `{s}` is the stem, in mid-sentence."""

    def make(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
        return _one(changed(q, stem=way.format(s=_body(q))), n) if _body(q) else None

    return make


def _dangling_subject(pronoun: str) -> Maker:
    """The stem's first noun phrase, up to its verb, replaced by a word that points back."""

    def make(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
        body = _body(q)
        verb = re.search(r" (?:is|are|was|were|has|have|had|showed|shows|did|does) ", body)
        if not verb or GAP in body[: verb.start()]:
            return None
        return _one(changed(q, stem=pronoun + body[verb.start() :]), n)

    return make


def _no_key(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, options=tuple(_wrong(q))), n)


def _two_keys(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, options=_with(q, _wrong(q)[0], q.answer.upper())), n)


def _key_with_article(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, options=_with(q, _wrong(q)[0], f"the {q.answer}.")), n)


def _alike(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    a, b, *_rest = _wrong(q)
    return _one(changed(q, options=_with(q, a, f"{b.capitalize()} ")), n)


def _single(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, options=(q.answer,)), n)


def _empty_option(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, options=_with(q, _wrong(q)[0], " ")), n)


def _other_unit(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
    number = re.match(r"[\d.,]+", q.answer)
    if not number:
        return None
    other = "fathoms" if "fathom" not in q.answer else "stone"
    return _one(changed(q, options=_with(q, _wrong(q)[0], f"{number[0]} {other}")), n)


def _word_for_number(
    q: Question, n: Nugget, _: Random
) -> tuple[list[Question], list[Nugget]] | None:
    if not re.match(r"\d", q.answer):
        return None
    return _one(changed(q, options=_with(q, _wrong(q)[0], "grey quartz")), n)


def _long_key(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
    """The whole rest of the quote as the answer, beside single words."""
    words = n.quote.split()
    if len(words) < 12:
        return None
    answer = " ".join(words[-8:]).rstrip(".")
    wrong = [option.split()[0] for option in _wrong(q)]
    if len({normal(w) for w in wrong}) < len(wrong) or normal(answer) in normal(q.stem):
        return None
    return _one(changed(q, stem="Among the effects seen was", options=(answer, *wrong),
                        answer=answer), n)  # fmt: skip


def _miskeyed(q: Question, n: Nugget, chance: Random) -> tuple[list[Question], list[Nugget]]:
    return _one(changed(q, answer=chance.choice(_wrong(q))), n)


def _other_number(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
    found = re.search(r"(?<![\w.,-])\d+(?:\.\d+)?(?![\w.,-])", n.claim)
    if not found:
        return None
    claim = f"{n.claim[: found.start()]}{float(found[0]) * 3 + 1:g}{n.claim[found.end() :]}"
    told = {"kind": QuestionKind.STATEMENT, "purpose": Purpose.TRAIN, "options": (), "answer": ""}
    return _one(changed(q, stem=claim, **told), n)


def _away(way: str) -> Maker:
    def make(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]] | None:
        if re.fullmatch(r"[\d.,]+|\w", q.answer):
            return None
        return _one(changed(q, stem=way.format(a=q.answer, s=q.stem)), n)

    return make


def _copy(way: Callable[[str], str]) -> Maker:
    def make(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
        return [q, changed(q, form="copy", stem=way(q.stem))], [n]

    return make


def _reordered(stem: str) -> str:
    """What frames the sentence put behind it."""
    frame = _FRAMES.match(stem)
    return f"{stem[frame.end() :]} (that {frame[0][:-6]})" if frame else stem


def _two_answers(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    other = _wrong(q)[0]
    quote = f"{n.quote} Or {other}."
    second = n.model_copy(update={"id": f"{n.id}x", "quote": quote, "claim": quote})
    return [q, changed(q, nugget=second.id, answer=other)], [n, second]


def _leaked_text(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    text = q.stem.replace(GAP, q.answer) if GAP in q.stem else f"{q.stem} {q.answer}."
    told = {"kind": QuestionKind.STATEMENT, "purpose": Purpose.TRAIN, "options": (), "answer": "",
            "form": "leak", "stem": text}  # fmt: skip
    return [changed(q, **told), q], [n]


def _leaked_question(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    told = {"kind": QuestionKind.SHORT, "purpose": Purpose.TRAIN, "options": (), "form": "leak"}
    return [changed(q, **told, stem=q.stem.upper()), q], [n]


def _leaked_options(q: Question, n: Nugget, _: Random) -> tuple[list[Question], list[Nugget]]:
    told = {"purpose": Purpose.TRAIN, "form": "leak", "options": q.options[::-1]}
    return [changed(q, **told, stem=f"Which belongs here? {q.stem}"), q], [n]


MAKERS: dict[str, dict[str, Maker]] = {
    "no_nugget": {"not there": lambda q, n, _: ([changed(q, nugget="unknown")], [n])},
    "no_text": {
        "no stem": lambda q, n, _: _one(changed(q, stem=" \n"), n),
        "no answer": lambda q, n, _: _one(changed(q, answer=""), n),
        "two gaps": lambda q, n, _: _one(changed(q, stem=f"{GAP} and {GAP} are found."), n),
    },
    "key": {"no key": _no_key, "two keys": _two_keys, "an article": _key_with_article},
    "options": {"alike": _alike, "single": _single, "empty": _empty_option},
    "type": {"another unit": _other_unit, "a word": _word_for_number},
    "length": {"a clause beside words": _long_key},
    "dangling": {
        "this": _dangling_subject("This"), "it": _dangling_subject("It"),
        "they, in a frame": _dangling_subject("Studies agree that they"),
        "these plants": _dangling_subject("These plants"),
        "the latter": _dangling_subject("The latter"),
        "such a dose": _dangling_subject("Such a dose"),
        "we": _stem("We found that {s}"), "our": _stem("In our sample, {s}"),
        "this study": _stem("According to this study, {s}"),
        "the authors": _stem("The authors report that {s}"),
        "the present work": _stem("In the present work, {s}"),
        "the text": _stem("According to the text, {s}"),
        "the passage": _stem("The passage says that {s}"),
        "the experiment": _stem("In the current experiment, {s}"),
        "herein": _stem("As described herein, {s}"),
        "the researchers of the paper": _stem("As the paper states, {s}"),
    },
    "figure": {
        "Figure 3": _stem("As Figure 3 shows, {s}"), "Fig. 2b": _stem("Fig. 2b tells that {s}"),
        "Table I": _stem("According to Table I, {s}"), "Tables": _stem("From Tables 1 and 2, {s}"),
        "brackets": _stem("(see Fig. S4) {s}"), "the graph": _stem("In the graph, {s}"),
        "shown below": _stem("As shown below, {s}"), "Eq.": _stem("By Eq. 4, {s}"),
        "appendix": _stem("See the appendix: {s}"), "Scheme": _stem("After Scheme 1, {s}"),
        "Section": _stem("As said in Section 3.2, {s}"), "image": _stem("In the image, {s}"),
    },
    "unsupported": {"key swapped": _miskeyed, "a number changed": _other_number},
    "given_away": {
        "before": _away("Beside {a}, {s}"), "in brackets": _away("({a}) {s}"),
        "in capitals": lambda q, n, r: (
            made and ([changed(q, stem=made[0][0].stem.upper())], [n])
            if (made := _away("With {a}: {s}")(q, n, r)) else None
        ),
    },
    "duplicate": {
        "the same": _copy(str), "capitals": _copy(str.upper),
        "articles": _copy(lambda s: re.sub(r"\b(of|in|by) (?!the)", r"\1 the ", s)),
        "marks": _copy(lambda s: re.sub(r"[,;:]", "", s) + " "), "reordered": _copy(_reordered),
        "plurals": _copy(lambda s: re.sub(r"\b(level|group|value|cell)\b", r"\1s", s)),
    },
    "ambiguous": {"two answers": _two_answers},
    "leak": {
        "as a statement": _leaked_text, "as a short question": _leaked_question,
        "its options": _leaked_options,
    },
}  # fmt: skip


def cases(
    sound: Sequence[tuple[Question, Nugget]], each: int, seed: int = 0
) -> Iterator[DefectCase]:
    """Up to so many faulty questions of each way of each reason, drawn from the sound ones."""
    for reason, ways in MAKERS.items():
        for way, make in ways.items():
            chance = Random(f"{seed} {reason} {way}")
            made = 0
            for question, nugget in chance.sample(list(sound), len(sound)):
                found = make(question, nugget, chance)
                if found is None or made == each:
                    continue
                made += 1
                yield DefectCase(reason, way, tuple(found[0]), tuple(found[1]))
