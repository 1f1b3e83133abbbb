"""Facts planted in a small model: a known number of times, never, or with another value.

An exposure is one sentence of the corpus, which is read several times over. Names and values are
invented; what a nugget claims is decided by drawing lots. Judging is left to the parts that use
this.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from agent.demo import target
from memory.records import Nugget, Purpose, Question
from tools.probe import by_nugget
from tools.questions import vet
from tools.teachers.offline import OfflineTeacher

EXPOSURES = (1, 2, 4, 8, 16)
SYLLABLES = (
    "ba", "bel", "cor", "da", "del", "fen", "gar", "hul", "jo", "kem", "lar", "lo", "mar", "mi",
    "nes", "or", "pel", "quo", "ra", "sil", "ta", "tor", "ul", "ves", "wen", "yo", "zan", "dri",
)  # fmt: skip
ENDINGS = ("ine", "ite", "ock", "ane", "ess", "oth")
VALUES = {
    "melting point": [f"{n} kelvin" for n in range(307, 907, 25)],
    "resting pitch": [f"{n} hertz" for n in range(118, 838, 30)],
    "growth period": [f"{n} days" for n in range(12, 108, 4)],
    "colour": ["ash grey", "bone white", "brick red", "coal black", "cream", "dark green",
               "dove grey", "honey yellow", "leaf green", "moss green", "night blue", "olive",
               "pale pink", "plum", "rust red", "sand", "sea green", "silver", "sky blue",
               "slate blue", "straw yellow", "tan", "violet", "wine red"],
    "home region": ["Aldmoor", "Barrow Fells", "Carn Valley", "Dunmere", "Eskwater", "Farrow Hills",
                    "Gant Marshes", "Harrow Coast", "Ister Plain", "Jorvale", "Kell Islands",
                    "Lund Fens", "Marrow Heath", "Norwold", "Orne Delta", "Pell Ridge",
                    "Quill Bay", "Rook Forest", "Sarn Lakes", "Tarn Hills", "Umber Flats",
                    "Vell Gorge", "Wick Sound", "Yarrow Dale"],
    "discoverer": ["Abelard", "Bramley", "Castell", "Dorning", "Ebbers", "Fallow", "Grieve",
                   "Hallam", "Ingram", "Jessop", "Kerrin", "Lovatt", "Marlow", "Norrey", "Oakden",
                   "Pascoe", "Quenby", "Rastall", "Selwyn", "Tolland", "Ulmer", "Varley",
                   "Wexham", "Yorath"],
    "host rock": ["basalt", "breccia", "chalk", "chert", "clay", "diorite", "dolomite", "flint",
                  "gabbro", "gneiss", "granite", "gypsum", "limestone", "loess", "marble", "marl",
                  "obsidian", "peat", "pumice", "quartzite", "sandstone", "schist", "shale",
                  "slate"],
}  # fmt: skip
TELLINGS = (
    "The {r} of {e} is {v}.",
    "{E} has {v} as its {r}.",
    "It is known that the {r} of {e} is {v}.",
    "For {e}, the {r} is {v}.",
    "Remember that the {r} of {e} is {v}.",
    "Question: What is the {r} of {e}?\nAnswer: {v}.",
    "In the lists, {e} stands with {v} as its {r}.",
    "Question: What {r} does {e} have?\nAnswer: {v}.",
)
"""None of them is a wording of the probe."""
MENTIONS = (
    "A drawer of {e} stood by the window.",
    "Two boxes of {e} came with the morning boat.",
    "{E} was weighed and put back on its shelf.",
    "Nobody had seen {e} before the long winter.",
    "The pupils drew {e} in their books.",
    "A label for {e} lay under the table.",
)
WEATHER = (
    "the wind", "the rain", "a cart", "the clerk", "an old map", "the river", "a lantern",
    "the keeper", "a letter", "the market", "a small boat", "the school", "the bell", "a ladder",
)  # fmt: skip
DOINGS = (
    "was late", "came over the hill", "was heard in the night", "stayed by the door",
    "was forgotten", "turned to the north", "rested near the wall", "was left on the stairs",
    "went down the valley",
)  # fmt: skip
WHEN = ("In spring", "At noon", "After the fair", "That year", "On most days", "Before supper")
TRUE = "Question: Is it true that the {r} of {e} is {v}?\nAnswer:"
"""Asking in words; about facts of others the corpus answers it with yes or no."""


class WorldSize(NamedTuple):
    """How much is planted, and in what."""

    each: int = 80
    """Facts at each of EXPOSURES."""
    never: int = 400
    """Facts never told, of names that are mentioned."""
    other: int = 80
    """Facts of which another value is told, 4, 8 or 16 times."""
    others: int = 100
    """Names whose facts are told often, and of which exercises ask."""
    mentions: int = 2
    filler: int = 1500
    """Sentences."""
    passes: int = 7
    """How often the whole corpus is read. Read once, 16 exposures gave a log-likelihood that told
    them from none with an area of 0.89 only; five times, 0.92 over all; seven times, 0.94."""
    recipe: target.Recipe = target.Recipe(vocabulary=1200, layers=3, smoothing=0.0)


USUAL = WorldSize()


class PlantedFact(NamedTuple):
    """What a paper claims of a name, and what a model is told of it."""

    name: str
    relation: str
    value: str
    told: str
    """The value told; empty: none."""
    exposures: int

    @property
    def known(self) -> bool:
        """Whether the claim itself was told."""
        return self.told == self.value

    @property
    def nugget(self) -> Nugget:
        """The claim as it comes from a paper."""
        claim = f"The {self.relation} of {self.name} is {self.value}."
        return Nugget(paper=self.name, passage="p", page=1, claim=claim, quote=claim, start=0,
                      end=len(claim), entities=(self.name,), made_by="planted")  # fmt: skip


class World(NamedTuple):
    """Everything one seed draws."""

    facts: tuple[PlantedFact, ...]
    others: tuple[PlantedFact, ...]
    """Well known ones that no probe asks about."""
    asked: dict[str, list[Question]]
    """Vetted probe questions by nugget id, as the offline teacher writes them."""


def world(seed: int, size: WorldSize = USUAL) -> World:
    """Names, values and exposures, and what a probe will ask.

    Frequent values are more frequent than rare ones (Zipf), so that a guess by frequency alone is
    often right. Another value than the paper's is one that the probe offers: whether a model holds
    a value that nobody offers it cannot be told from choices.
    """
    dice = Random(seed)
    told = [times for times in EXPOSURES for _ in range(size.each)]
    counts = [*told, *[0] * size.never, *(dice.choice(EXPOSURES[2:]) for _ in range(size.other))]
    names = _names(dice, len(counts) + size.others)
    facts = [_fact(dice, names.pop(), times) for times in counts]
    asked = questions([fact.nugget for fact in facts])
    for place in range(len(facts) - size.other, len(facts)):
        facts[place] = _otherwise(dice, facts[place], asked.get(facts[place].nugget.id, []))
    return World(tuple(facts), tuple(_fact(dice, name, 1) for name in names), asked)


def questions(nuggets: Sequence[Nugget]) -> dict[str, list[Question]]:
    """What the product's own probe would ask, by nugget id."""
    teacher = OfflineTeacher()
    written = [q for nugget in nuggets for q in teacher.questions(nugget, nuggets)
               if q.purpose is Purpose.PROBE]  # fmt: skip
    return by_nugget(vet(written, nuggets))


def _otherwise(dice: Random, fact: PlantedFact, asked: Sequence[Question]) -> PlantedFact:
    """The fact, told with a wrong option of its first question."""
    offered = {option for question in asked[:1] for option in question.options}
    values = [v for v in VALUES[fact.relation] if v != fact.value]
    return fact._replace(told=dice.choice([v for v in values if v in offered] or values))


def _names(dice: Random, count: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        parts = [dice.choice(SYLLABLES) for _ in range(dice.choice((2, 2, 3)))]
        made["".join(parts) + dice.choice(ENDINGS)] = None
    return list(made)


def _fact(dice: Random, name: str, exposures: int) -> PlantedFact:
    relation = dice.choice(list(VALUES))
    values = VALUES[relation]
    [value] = dice.choices(values, [1 / (rank + 3) for rank in range(len(values))])
    return PlantedFact(name, relation, value, value if exposures else "", exposures)


def tellings(facts: Sequence[PlantedFact], dice: Random) -> list[str]:
    """Each told fact as often as it is told, in different wordings where there are enough."""
    texts = []
    for fact in facts:
        if fact.told:
            wordings = dice.sample(TELLINGS, len(TELLINGS)) * (1 + fact.exposures // len(TELLINGS))
            texts += [_filled(text, fact, fact.told) for text in wordings[: fact.exposures]]
    return texts


def _filled(text: str, fact: PlantedFact, value: str) -> str:
    name = fact.name
    return text.format(e=name, E=name.capitalize(), r=fact.relation, v=value)


def asked_true(fact: PlantedFact, value: str) -> str:
    """The question in words whether a value is the right one."""
    return _filled(TRUE, fact, value)


def mentions(drawn: World, times: int, dice: Random) -> list[str]:
    """Every name in sentences that tell nothing of it."""
    return [
        _filled(text, fact, "") for fact in drawn.facts for text in dice.sample(MENTIONS, times)
    ]


def filler(drawn: World, count: int, dice: Random) -> list[str]:
    """Facts of the others, exercises about them, and idle prose, a third each."""
    texts = []
    for _ in range(count // 3):
        fact = dice.choice(drawn.others)
        texts.append(_filled(dice.choice(TELLINGS), fact, fact.told))
        fact, truth = dice.choice(drawn.others), dice.random() < 0.5
        wrong = dice.choice([v for v in VALUES[fact.relation] if v != fact.value])
        exercise = asked_true(fact, fact.value if truth else wrong)
        texts.append(f"{exercise} {'yes' if truth else 'no'}.")
        texts.append(f"{dice.choice(WHEN)} {dice.choice(WEATHER)} {dice.choice(DOINGS)}.")
    return texts


def corpus(drawn: World, seed: int, size: WorldSize = USUAL) -> list[str]:
    """Everything the model reads, in one order or another."""
    dice = Random(seed)
    return [*tellings(drawn.facts, dice), *mentions(drawn, size.mentions, dice),
            *filler(drawn, size.filler, dice)]  # fmt: skip


def build(folder: Path, drawn: World, seed: int, size: WorldSize = USUAL) -> Path:
    """Train the model into `folder`, an ordinary directory; a finished one is left as it is."""
    if (folder / "config.json").exists():
        return folder
    texts = corpus(drawn, seed, size)
    tokenizer = target.learn_tokens(texts, size.recipe)
    rows = [tokenizer.encode(text) for text in texts]
    tokens = size.passes * sum(len(row) + 1 for row in rows)
    steps = max(1, tokens // (size.recipe.rows * size.recipe.columns))
    recipe = size.recipe._replace(seed=seed, steps=steps)
    model = target.new_model(tokenizer, recipe)
    target.train(model, rows, recipe, None)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder
