"""What a free answer says: one of the options, something else, or that it does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.probe.words.exchanges import IGNORANCE
from tools.questions import normal
from tools.replies.letters import bare_reply
from tools.text.faith import negations
from tools.text.values import Value, tokens

LONGEST = 12
"""Words of a reply that still is an answer; more is prose, of which nothing is guessed."""
BRIEF = 6
"""Words of an answer that is none of the options; a longer one is prose as well."""
_LEAD = re.compile(r"(?:the )?(?:(?:correct|right|short) )?answer(?: is)?\s*:?\s+", re.IGNORECASE)
_DOES_NOT_KNOW = re.compile(
    r"(?:(?:i(?:['’]m| am) )?(?:sorry|afraid)[,.;]?(?: but)? )?"
    r"(?:i (?:do not|don['’]t) know|(?:i(?:['’]m| am) )?not sure|unknown|no idea|"
    r"i have no idea)(?: (?:the answer|that|this|it))?[.!]?",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"[{}<>\n]|\b(?:error|exception|api|key|rate limit|quota|tokens?|timed? ?out|unauthori[sz]ed|"
    r"forbidden|gateway|unavailable|overloaded|try again|retry|http|requests?|can(?:no|['’])t|"
    r"won['’]t|unable|sorry)\b",
    re.IGNORECASE,
)
"""Signs of an error's text or of a refusal: of such words an answer is made only where an option
has them, too."""
_EITHER = re.compile(r"\b(?:or|either)\b", re.IGNORECASE)
_NUMBER = re.compile(r"[-−+]?\d[\d.,]*")


def graded(reply: str, options: Sequence[str]) -> str | None:
    """What the reply holds to be true, normalised; None where it cannot be told.

    options: the answer and the wrong ones, where there are any. The one option that the reply is,
    or holds, by its words and by the values of its numbers (`1.5 kg` is `1,500 g`), is returned
    as normalised there. IGNORANCE where it says that it does not know. A reply that holds two, a
    reply with a negation of its own, an error's text, and prose are None.
    """
    text = _LEAD.sub("", bare_reply(reply), count=1).strip(" \n.*\"'")
    if _DOES_NOT_KNOW.fullmatch(text):
        return IGNORANCE
    words = normal(text).split()
    if not words or len(words) > LONGEST:
        return None
    if _EITHER.search(text) and not any(_EITHER.search(option) for option in options):
        return None
    same = [normal(option) for option in options if normal(option) == " ".join(words)]
    held = same or [normal(option) for option in options if _holds(text, option)]
    if held:
        return held[0] if len(set(held)) == 1 else None
    other = len(words) <= BRIEF and not negations(text) and not _COMPLAINT.search(text)
    return " ".join(words) if other else None


def _holds(text: str, option: str) -> bool:
    """Whether the text says the option: its words in their order, its values as values."""
    said, asked = list(tokens(text)), list(tokens(option))
    values = [one for one in asked if isinstance(one, Value)]
    if _NUMBER.fullmatch(text) and values:
        # The question often names the unit, which the reply then leaves out.
        said = list(tokens(_NUMBER.sub(text, option, count=1)))
    if {one for one in said if isinstance(one, Value)} != set(values):
        return False
    words, wanted = _words(said), _words(asked)
    if negations(text) != negations(option):
        return False
    wide = len(wanted)
    return any(words[at : at + wide] == wanted for at in range(len(words) - wide + 1))


def _words(found: Sequence[str | Value]) -> list[str]:
    return [one.lower() for one in found if isinstance(one, str)]
