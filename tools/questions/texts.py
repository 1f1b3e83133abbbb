"""Texts of questions made comparable: letter by letter, and by what they say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from memory.records import GAP, Question, QuestionKind

_ARTICLES = frozenset(("the", "a", "an"))
_EMPTY = frozenset(
    ("is", "are", "was", "were", "be", "been", "being", "do", "doe", "did", "has", "have", "had",
     "of", "in", "on", "at", "by", "for", "with", "to", "from", "and", "or", "that", "which", "who",
     "whom", "whose", "what", "when", "where", "how", "question", "answer")
)  # fmt: skip
"""Stems of words that carry little."""


def normal(text: str) -> str:
    """For comparing texts: lower case, words and numbers only, no leading article.

    What has neither words nor numbers (`↑ ↓`) stays as it is.
    """
    # The micro sign and the Greek letter look alike; one of them is what capitals come back as.
    plain = unicodedata.normalize("NFKC", text).lower().replace("−", "-")
    words = re.findall(r"\w+(?:[.,]\d+)*|[%°±+<>=/-]", plain)
    led = len(words) > 1 and words[0] in _ARTICLES
    return " ".join(words[led:]) or " ".join(text.split())


def whole(question: Question) -> str:
    """What is read when the question is read with its answer in place, normalised."""
    if GAP in question.stem and question.kind is QuestionKind.MCQ:
        return normal(question.stem.replace(GAP, question.answer))
    return normal(f"{question.stem} {question.answer}")


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    import snowballstemmer

    return str(snowballstemmer.stemmer("english").stemWord(word))


@lru_cache(maxsize=20_000)
def worn(text: str) -> tuple[str, ...]:
    """Stems of the words in their order, articles left out."""
    return tuple(_stem(word) for word in normal(text).split() if word not in _ARTICLES)


def content_words(text: str) -> tuple[str, ...]:
    """Stems of the words that carry a text's meaning, in their order; numbers as they stand.

    `How much mould did boards carry?` and `How much of the mould was carried by the board?` have
    the same words that carry meaning, in another order.
    """
    return tuple(stem for stem in worn(text) if stem not in _EMPTY)


def options_of(question: Question) -> frozenset[str]:
    """The options in no order, normalised."""
    return frozenset(normal(option) for option in question.options)


def bag(stems: Iterable[str]) -> tuple[str, ...]:
    """Stems in alphabetical order: what is left of a text without its order of words."""
    return tuple(sorted(stems))
