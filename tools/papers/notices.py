"""Which papers only correct or retract another one."""

from __future__ import annotations

from tools.text.patterns import any_of

_NOTICE = any_of(
    r"^\W*(?:corrigend(?:um|a)|errat(?:um|a)|addend(?:um|a))\b",
    r"^\W*(?:(?:author|editor|publisher)(?:['’]?s['’]?|ial)? )?(?:correction|retraction|"
    r"withdrawal)s?(?: (?:note|notice))?(?: (?:to|of|for))?"
    r"(?: ?[:“\"]| (?:the (?:article|paper)|[\w’'-]+ et al)\b|$)",
    r"^\W*(?:retracted|withdrawn)(?: (?:article|paper))? ?:",
    r"^\W*(?:retraction|withdrawal|correction) (?:note|notice)\b",
    r"^\W*(?:notice of (?:retraction|withdrawal)|(?:editorial )?expression of concern)\b",
    r"[(:;,.–-] ?(?:erratum|corrigendum|correction|retraction|addendum)\)?$",
)
_ABOUT_ANOTHER = any_of(
    r"\bthis (?:corrects|is a correction (?:to|of)|retracts) the (?:article|paper)\b",
    r"\bthis (?:article|paper) (?:has been|was|is) (?:retracted|withdrawn)\b",
    r"\bin the (?:original )?(?:article|paper|publication|version)(?: of this (?:article|paper))?"
    r",? (?:titled|entitled|there (?:was|were) (?:\w+ ){0,2}(?:errors?|mistakes?))",
    r"\bthe (?:original|published|online) (?:version|publication) of this (?:article|paper) "
    r"(?:\w+ ){0,4}(?:contain\w*|had|includ\w+|errors?|mistakes?|incorrect\w*)\b",
)


def is_notice(title: str, text: str) -> bool:
    """Whether a paper is a correction or a retraction of another: what it says is no news.

    text: the whole; only its beginning is looked at.
    """
    begin = " ".join(text[:800].split())[:600]
    return bool(_NOTICE.search(title.strip() or begin[:40]) or _ABOUT_ANOTHER.search(begin))
