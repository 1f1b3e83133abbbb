"""Closed lists of English words that decide what two claims have in common. Stems by Snowball.

How they are used is told in `features` and `merge`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from tools.text.words import word_set

STOP = word_set(
    """
    the a an of in on at by for with from to into and or but is are was were be been being has
    have had do does did that which who this these those it its as than then there their they
    we our can will would should also very most much many some any each both all other such
    about approximately around nearly almost found show shown shows showed reported report reports
    observed observe study studies result results finding findings researchers research evidence
    suggests value values measured measurement measurements determined respectively known
    significantly significant between during among per when where while not no never none without
    isn't aren't wasn't weren't don't doesn't didn't hasn't haven't cannot can't couldn't won't
    nobody nothing nor neither one ones so however moreover furthermore indeed thus therefore hence
    additionally overall demonstrate demonstrates demonstrated indicate indicates indicated revealed
    reveal reveals whereas although because since if only every several his her he she him whose
    compared comparison relative may might could possibly perhaps probably likely potentially
    """
)
"""Words that carry grammar or framing, no content."""

PREPOSITIONS = word_set(
    "in on at by for with from into under over during among per after before within without until "
    "via through across onto upon above below between against towards"
)
LINKS = word_set("of and or which that who")
"""Words may change places at these: `growth of mould`, `mould growth`; `A and B`, `B and A`."""
BEING = word_set("is are was were be been being")
GLUE = LINKS | word_set("the a an its is are was were")

MORE = word_set(
    """
    more increas higher rais greater improv enhanc elev larger faster longer upregul promot stimul
    acceler gain rise rose risen strengthen augment boost amplifi expand exacerb aggrav better
    stronger up-regul
    """
)
LESS = word_set(
    """
    decreas lower reduc reduct declin smaller slower shorter downregul inhibit suppress worsen
    impair attenu diminish fall fell fallen loss weaken less slow prevent block lessen drop mitig
    allevi shrink abolish fewer weaker curtail hamper hinder down-regul
    """
)
"""Stems of words for more and for less."""

SCOPE = {"all": "all", "each": "all", "every": "all", "both": "both", "only": "only",
         "solely": "only", "most": "most", "few": "few", "half": "half",
         "rarely": "rarely", "seldom": "rarely", "sometimes": "sometimes"}  # fmt: skip
"""Words that say for how many a claim holds. `some` and `several` bind a claim no further."""
SOME = re.compile(r"(?:^|\b(?:in|of|for) )(?:some|several|certain|few|many)\b|\bsometimes\b")
"""`Some do` and `some do not` may both be true."""

HEDGES = word_set(
    "may might could possibly perhaps probably likely potentially presumably apparently seem seems "
    "seemed appear appears"
)

_PAIRS = """
big small|large small|long short|high low|strong weak|posit negat|earli late|befor after
abov below|over under|insid outsid|indoor outdoor|open close|empti full|present absent|up down
same differ|alway never|leav right|first last|sensit resist|suscept resist|acid basic|hot cold
warm cool|activ inact|benign malign|domin recess|aliv dead|maximum minimum|upstream downstream
superior inferior|success unsuccess|succeed fail|accept reject|includ exclud|confirm refut
support contradict|agre disagre|activ inactiv|safe danger|into out|win lose|rich poor|young old
thick thin|wide narrow|deep shallow|dry wet|begin end|start stop|clockwis anticlockwis|push pull
hydrophil hydrophob|anterior posterior|dorsal ventral|proxim distal|acut chronic|behind front
attract repel|advantag disadvantag|stabil destabil|soft hard|light heavi|light dark
"""
OPPOSITES = frozenset(
    frozenset(pair.split()) for line in _PAIRS.strip().splitlines() for pair in line.split("|")
)
_DENIERS = ("un", "in", "im", "ir", "non", "non-", "dis", "de", "mis", "anti", "anti-")

NAMED_BY = {
    verb: word_set(names)
    for verb, names in {
        "weigh": "mass weight", "ring": "pitch tone frequenc", "sound": "pitch tone frequenc",
        "reson": "frequenc pitch", "vibrat": "frequenc", "cost": "price", "contain": "content",
        "last": "durat", "travel": "speed veloc", "move": "speed veloc", "live": "lifespan",
        "span": "length width diamet", "discov": "discover", "describ": "discover",
    }.items()
}  # fmt: skip
"""Verbs that give the value of an attribute of another name: `weighs 6 kg`, `its mass is 6 kg`."""

_SAME = """
method approach techniqu|demonstr exhibit display|approxim rough|use util employ|begin start
outperform surpass|rapid quick fast swift|main chief primarili|substanti consider marked
import crucial essenti|obtain acquir|examin investig|enabl allow|requir need|reveal uncov
occur happen
"""
_SYNONYMS = {
    word: line.split()[0] for row in _SAME.strip().splitlines() for line in row.split("|")
    for word in line.split()
}  # fmt: skip


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    import snowballstemmer

    return cast("Callable[[str], str]", snowballstemmer.stemmer("english").stemWord)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a lower-case word; `driven` and `drive`, `mice` and `mouse` share one.

    So do words of one meaning in nearly every claim: `method`, `approach`.
    """
    from tools.text.dictionary import getAllLemmas

    lemmas = {found[0] for found in getAllLemmas(word).values()} - {word}
    root = _stemmer()(_spelt(lemmas.pop() if len(lemmas) == 1 else word))
    return _SYNONYMS.get(root, root)


def _spelt(word: str) -> str:
    """British and American spellings in one: `tumour`, `analyse`, `fibre`; longer words only."""
    word = re.sub(r"(?<=\w{3})our(?=s?$|al|ed|ing|able|ful|less|ist)", "or", word)
    word = re.sub(r"(?<=\w{3}[iy])s(?=e|ing|ation|able)", "z", word)
    return re.sub(r"(?<=\w{2}[bt])re(?=s?$)", "er", word)


@lru_cache(maxsize=50_000)
def direction(word: str) -> int:
    """+1 for a lower-case word that says more (`higher`, `rose`), -1 for less, 0 for others."""
    roots = {_stemmer()(word), stem(word)}
    return bool(roots & MORE) - bool(roots & LESS)


@lru_cache(maxsize=50_000)
def opposed(a: str, b: str) -> bool:
    """Whether two stems are opposites: by the list, or by `un-`, `in-`, `non-` and the like."""
    if frozenset((a, b)) in OPPOSITES:
        return True
    short, long = sorted((a, b), key=len)
    return len(short) > 3 and any(long == prefix + short for prefix in _DENIERS)
