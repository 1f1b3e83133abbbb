"""What a paper is about, by rule: its own sentences, its own keywords, names in sure patterns only.

A name that no pattern shows for sure is left out: an empty field says that nobody knows.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator

from memory.records import Document, Profile
from tools.teachers.offline.headings import LABEL
from tools.teachers.offline.roles import role_estimate
from tools.teachers.offline.teacher import OfflineTeacher
from tools.teachers.offline.term_types import Type
from tools.teachers.offline.terms import terms
from tools.text.faith import plain
from tools.text.sentences import split
from tools.text.words import word_set

OPENING, CLOSING = 4_000, 2_000
"""Characters in which addresses and thanks are looked for; methods name the makers of reagents."""
SENTENCES, KEYWORDS, NAMES = 2, 6, 20
"""Most sentences of a summary, keywords, names of a kind."""


class OfflineProfiler:
    """Implements `tools.teachers.profiler.Profiler` with no model and no network."""

    def __init__(self) -> None:
        self._made_by = OfflineTeacher().made_by

    @property
    def made_by(self) -> str:
        """`offline:` and a hash of the rules' own source."""
        return self._made_by

    async def profile(self, document: Document) -> Profile:
        """The profile of a paper; fields stay empty where no rule is sure."""
        return await asyncio.to_thread(profile, document, self._made_by)


def profile(document: Document, made_by: str) -> Profile:
    """Summary, keywords and names of a paper, all of them in its own words."""
    ends = f"{document.text[:OPENING]}\n\n{document.text[OPENING:][-CLOSING:]}"
    text = plain(document.text)
    return Profile(
        paper=document.paper,
        summary=_summary(document.abstract),
        keywords=_own_keywords(document.text) or _keywords(document),
        people=tuple(n for n in map(plain, document.authors) if _stands(n, text))[:NAMES],
        organisations=_names(_ORGANISATION, ends),
        places=_names(_PLACE, ends),
        made_by=made_by,
    )


_HEAD = re.compile(r"^(?:Results?|Conclusions?|Background|Discussion)[.:]?\s?(?=[A-Z])")


def _summary(abstract: str) -> str:
    """The sentences of an abstract that tell most surely what was found, in their order."""
    told = _sentences(abstract)
    sure = {
        place: role_estimate(sentence, "abstract", (place + 0.5) / len(told)).found
        for place, sentence in enumerate(told)
    }
    best = sorted(sure, key=lambda place: -sure[place])[:SENTENCES]
    return " ".join(told[place] for place in sorted(best))


def _sentences(text: str) -> list[str]:
    """The sentences of a text, without the headings that run into them."""
    spans = (plain(text[span.start : span.end]) for span in split(text))
    return [_HEAD.sub("", LABEL.sub("", sentence)) for sentence in spans]


_OWN = re.compile(
    r"^[^\w\n]{0,5}key\s?words?(?: and phrases)?\W{0,3}?[:.—–\n]\s{0,3}(.{1,600}?)(?:\n\n|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_GENERAL = word_set(
    "paper article author authors study studies work method methods result results data analysis "
    "approach problem components parameters treatment group groups patients samples facilities "
    "centers cells expression effect effects use case cases isolates extracts system systems"
)
"""Words that alone tell no paper from another."""


def _own_keywords(text: str) -> tuple[str, ...]:
    """Those that the paper lists itself; none where what follows is no list."""
    if not (found := _OWN.search(text)):
        return ()
    parts = [plain(part).strip(" .").lower() for part in re.split(r"[,;•·|]|\n", found[1])]
    words = [part for part in parts if part]
    is_list = 2 <= len(words) <= 15 and all(len(word) <= 60 for word in words)
    return tuple(dict.fromkeys(words)) if is_list else ()


def _keywords(document: Document) -> tuple[str, ...]:
    """Phrases of title and abstract, the longest and those said most often in the paper first."""
    low = plain(document.text).lower()
    weights: dict[str, float] = {}
    for text, weight in ((document.title, 2.0), (document.abstract, 1.0)):
        for phrase in _phrases(text):
            often = len(re.findall(rf"\b{re.escape(phrase)}\b", low))
            if often:
                weights.setdefault(phrase, weight * often * min(3, len(phrase.split())))
    kept: list[str] = []
    for phrase in sorted(weights, key=lambda phrase: (-weights[phrase], phrase)):
        if not any(phrase in other or other in phrase for other in kept):
            kept.append(phrase)
    return tuple(kept[:KEYWORDS])


def _phrases(text: str) -> Iterator[str]:
    for sentence in _sentences(text):
        for term in terms(sentence):
            low = term.text.lower()
            named = term.type in (Type.PHRASE, Type.NAME) and re.fullmatch(r"[\w .-]{4,}", low)
            if named and low not in _GENERAL:
                yield low


def _stands(name: str, text: str) -> bool:
    return bool(name and re.search(rf"(?<![^\W\d_]){re.escape(name)}(?![^\W\d_])", text))


_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*"
_BODY = (
    r"(?:University|Institute|College|Academy|Hospital|Ministry|Council|Foundation|Laborator(?:y|ies)|"
    r"Centre|Center|Society|Agency|Trust|Polytechnic|Observatory|Museum)"
)
_ORGANISATION = re.compile(
    rf"(?:{_CAPITAL} ){{1,4}}{_BODY}(?! (?:of|for)\b)(?![\w-])|"
    rf"(?:{_CAPITAL} ){{0,4}}{_BODY} (?:of|for) (?:the )?{_CAPITAL}"
    rf"(?:(?: of(?: the)?| and| &| for)? {_CAPITAL}){{0,4}}"
)
"""`All India Institute of Medical Sciences`, `Karnatak University`; not `the Institute`."""
_COUNTRIES = word_set(
    "Afghanistan Albania Algeria Angola Argentina Armenia Australia Austria Azerbaijan Bahrain "
    "Bangladesh Belarus Belgium Benin Bhutan Bolivia Botswana Brazil Brunei Bulgaria Burundi "
    "Cambodia Cameroon Canada Chile China Colombia Croatia Cuba Cyprus Czechia Denmark Ecuador "
    "Egypt Eritrea Estonia Ethiopia Finland France Gabon Gambia Germany Ghana Greece Guatemala "
    "Haiti Honduras Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Jamaica "
    "Japan Kazakhstan Kenya Kuwait Kyrgyzstan Laos Latvia Lebanon Lesotho Liberia Libya "
    "Liechtenstein Lithuania Luxembourg Madagascar Malawi Malaysia Mali Malta Mauritania "
    "Mauritius Mexico Moldova Mongolia Montenegro Morocco Mozambique Myanmar Namibia Nepal "
    "Netherlands Nicaragua Niger Nigeria Norway Oman Pakistan Panama Paraguay Peru Philippines "
    "Poland Portugal Qatar Romania Russia Rwanda Senegal Serbia Singapore Slovakia Slovenia "
    "Somalia Spain Sudan Sweden Switzerland Syria Taiwan Tajikistan Tanzania Thailand Tunisia "
    "Turkmenistan Uganda Ukraine Uruguay Uzbekistan Venezuela Vietnam Yemen Zambia Zimbabwe "
    "England Scotland Wales"
)
_LONGER = (
    "United States of America|United States|United Kingdom|South Africa|New Zealand|Saudi Arabia|"
    "Sri Lanka|South Korea|Republic of Korea|Costa Rica|Czech Republic|Papua New Guinea|Hong Kong|"
    "United Arab Emirates|Burkina Faso|El Salvador|Sierra Leone|Puerto Rico|Viet Nam|USA|UK"
)
_PLACE = re.compile(
    rf"(?<=, )(?:{_LONGER}|{'|'.join(sorted(_COUNTRIES))})\b|"
    rf"(?:(?<=\bin )|(?<=\bof ))(?:the )?(?:{_LONGER}|{'|'.join(sorted(_COUNTRIES))})\b"
)
"""Countries, behind a comma, `in` or `of`; names that are also other words stand not among them."""


def _names(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """What a pattern finds, the most frequent first; no part of another name."""
    found = Counter(
        match.group().removeprefix("the ")
        for paragraph in text.split("\n\n")
        for match in pattern.finditer(plain(paragraph))
    )
    whole = [n for n, _ in found.most_common() if not any(n in o and n != o for o in found)]
    return tuple(whole[:NAMES])
