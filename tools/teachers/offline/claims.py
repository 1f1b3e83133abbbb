"""Turn a sentence into a self-contained claim, or say why it cannot be one.

What makes a sentence lean on its surroundings is taken off where that is safe (`Our results show
that`, `However,`, `(Fig. 2)`), and the sentence refused where it is not. The quote stays as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.teachers.offline.clauses import parse
from tools.teachers.offline.framing import (
    FIGURE_WORD,
    unframed,
    without_also,
    without_figures,
    without_here,
)
from tools.text.words import tokens, word_set


class Claim(NamedTuple):
    """A claim, or the reason there is none."""

    text: str
    refused: str = ""
    """Reason code: dangling, figure, first_person, fragment, question, length, no_verb, ..."""


FEWEST, MOST = 4, 60
"""Words in a claim. `Brellium melts at 412 kelvin.` has five and says all."""

_POINTS_AT_FIGURE = re.compile(
    rf"\b{FIGURE_WORD}\.?\s*(?:S?\d+|[IVX]+\b)|\b(?:the|this|following|above|below) (?:figure|"
    rf"table|"
    r"graph|diagram|equation|algorithm|example|section|list|appendix)s?\b|\b(?:as|see) "
    r"(?:above|below)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:[Ww]e|[Oo]ur|ours|us|[Mm]y|I|ourselves)\b(?!\.)|"
    r"\b(?:[Tt]his|[Tt]he present|[Tt]he current|[Pp]resent|[Cc]urrent) (?:\w+ )?(?:study|"
    r"paper|work|article|review|investigation|"
    r"research|trial|report|analysis|manuscript|survey|experiment|project|case|series|thesis|"
    r"module|package)\b|"
    r"\b[Hh]ere(?:in)?\b|\b[Tt]he authors?\b|\b[Tt]h(?:e|is) (?:study|paper|article)\b(?! of)"
)
_DANGLING_SUBJECT = re.compile(
    r"^(?:this|these|those|that|it|they|he|she|such|both|either|neither|their|its|his|her|"
    r"another|others?|the (?:former|"
    r"latter|others?|same|above|following|aforementioned|rest|reason|reverse|opposite|second|"
    r"third|first|next|last|final)"
    r"|one of (?:them|these|those)|some of (?:them|these|those)|(?:most|many|all|each|none|"
    r"some) of (?:them|these|those|which)|"
    r"all|there|each|as (?:such|mentioned|noted|stated|discussed)|the (?:two|three|four|five|"
    r"six) (?!\w+ of\b)|"
    r"in (?:this|these|such|that|those)|for (?:this|these|those)|of (?:these|those|them|the)|"
    r"by (?:this|these)|"
    r"on (?:this|these)|from (?:this|these)|with (?:this|these|such)|at (?:this|these)|among "
    r"(?:these|them|those)|"
    r"to (?:this|these)|under (?:this|these))\b",
    re.IGNORECASE,
)
_EXISTENTIAL = re.compile(r"^there (?:is|are|was|were|has been|have been)\b", re.IGNORECASE)
_DANGLING_INSIDE = re.compile(
    r"\b(?:this|these)\b|\bthose\b(?! (?:of|in|from|with|who|which|that|treated|without|given|"
    r"at|for|on|under|reported))|"
    r"\bthat (?:effect|result|finding|method|case|time|reason|study|group|system|approach)\b|"
    r"\btheir (?:study|results|work|findings)\b|"
    r"\bthe (?:former|latter|aforementioned|above-mentioned|said|"
    r"same (?:\w+ )?(?:way|time|"
    r"reason|method|approach|model|"
    r"procedure|conditions?|effect|result|pattern|trend|study|group))\b|\b(?:mentioned|"
    r"described|discussed|noted|shown|"
    r"given) (?:above|below|earlier|before)\b|\bsuch (?!as\b)(?:an?\b|\w+s\b|\w+)|\b(?:above|"
    r"below)\)?[.,]|\baforementioned\b|"
    r"\b(?:previous|next|following|preceding) (?:section|paragraph|chapter|step|example)\b",
    re.IGNORECASE,
)
_GENERIC = word_set(
    "result finding effect difference method model system algorithm value datum data group "
    "treatment sample patient participant subject study experiment approach procedure analysis "
    "test technique problem process solution case animal control figure table author paper work "
    "pattern trend change increase decrease reduction improvement observation outcome response "
    "parameter variable factor measurement score level rate number percentage program project "
    "module package course workshop student user tool software code file document text word "
    "sentence example set list input output step function rule structure form type class "
    "category feature relation representation framework concentration extract plant compound "
    "product material property activity condition population area region country hypothesis "
    "theory idea concept aim purpose goal reason conclusion evidence limitation main strength "
    "majority remainder rest proportion mean average median total corpus dataset task "
    "performance accuracy classifier network parser grammar lexicon speaker hearer utterance "
    "dialogue plan act action event time period trial intervention questionnaire survey "
    "interview respondent cohort child woman man infant mother person people individual strain "
    "isolate line cultivar variety genotype gene protein enzyme cell tissue organ mixture "
    "fraction residue peak spectrum band curve plot image device instrument sensor experimenter"
)
"""Heads that name nothing by themselves after a bare `the`: `The extract was effective`."""


def claim_of(quote: str) -> Claim:
    """The self-contained claim of a sentence, or why it has none."""
    text = re.sub(r"\s+", " ", quote.replace("\u00ad", "")).strip()
    if refused := _not_a_sentence(text):
        return Claim("", refused)
    text = without_also(without_here(unframed(without_figures(text))))
    if not text:
        return Claim("", "figure")
    refused = _leans(text) or _shape(text)
    return Claim("" if refused else text, refused)


_NOTE = re.compile(
    r"[\[*†‡§]|(?:numbers|values|figures|data|letters|bars|error bars|asterisks|arrows?|"
    r"circles|means|dots|"
    r"lines|columns|rows|"
    r"different (?:lower|upper|small|capital)?\s?-?(?:case )?letters?|abbreviations?|note|"
    r"source|legend|key)s?\b"
    r"[^.]{0,60}\b(?:indicates?|represents?|denotes?|marks?|are (?:means?|"
    r"expressed|given|presented|"
    r"shown)|stands? for)\b|"
    r"(?:if|let|suppose|note|see|recall|assume)\b|.{0,200}\b(?:as follows|the following)\b"
    r"(?!: ?(?:\S+ ){3})|"
    r"where\b|(?:the )?(?:left|right|upper|lower|top|bottom|inset|main) panels?\b|"
    r"(?:video|photographs?|photos?|images?|maps?|scale bars?|schematic|diagram|overview) "
    r"(?:of|show)|"
    r".*\([a-h](?:[,–-] ?[a-h])*\)|(?:\S+\s+){0,6}\d+(?: \d+){3}",
    re.IGNORECASE,
)
"""Notes of tables and figures, announcements of lists, and rows of numbers."""

_CAPTION = re.compile(
    rf"{FIGURE_WORD}\.?\s*S?\d"
    r"(?![^.;:]{0,30} (?:show|indicate|reveal|demonstrate|confirm)s? that )",
    re.IGNORECASE,
)
"""What begins with a figure is its caption, unless it says that the figure shows something."""

_PLAN = re.compile(
    r"\b(?:further|future|additional|more|larger|subsequent) (?:[\w-]+ ){0,3}(?:studies|study|"
    r"research|work|investigations?|trials?|experiments?|data|evidence)\b.{0,60}\b(?:need|require|"
    r"warrant|should|must|necessary|recommended|will)|"
    r"\b(?:should|must|needs? to|remains? to|will) be (?:\w+ly )?(?:further )?(?:studied|"
    r"investigated|confirmed|explored|examined|tested|verified|clarified|elucidated|determined)\b",
    re.IGNORECASE,
)
"""What nobody has found yet."""

_GLUED = re.compile(r"[a-z]{3}\d*\.(?:[A-Z][a-z]{2}|Fig)")
"""Two sentences with nothing between: what a caption leaves when its line break is lost."""


def _not_a_sentence(text: str) -> str:
    if not text or not (
        text[0].isupper()
        or text[0].isdigit()
        or re.match(r"[\W_]?[a-zα-ω]{0,3}-?[A-Z0-9]|[α-ω]", text)
    ):
        return "fragment"
    if re.search(r"https?://|www\.|@\w+\.|\bdoi\b", text, re.IGNORECASE):
        return "link"
    if _CAPTION.match(text):
        return "caption"
    if _NOTE.match(text) or _GLUED.search(text):
        return "caption"
    if "?" in text:
        return "question"
    if re.search(r"©|\brights reserved\b", text, re.IGNORECASE):
        return "notice"
    if _PLAN.search(text):
        return "plan"
    return "" if _STOPPED.search(text) and not _CUT_OFF.search(text) else "fragment"


_CUT_OFF = re.compile(r"(?:\b(?:by|as|is|are|of|with|that|the|where|follows)|[:=,;]) ?\.$")
"""`is defined by.`: a formula stood there."""

_STOPPED = re.compile(
    r"[.!][\"'”’)\]]*(?:(?<=\D[.!])\d{1,3}(?:[,–-]\d{1,3})*)?(?:\s?\[[\d,–\s-]+\])?$",
)
"""A full stop at the end, with whatever citation marks stand behind it."""


def _leans(text: str) -> str:
    """Why the text needs its surroundings; empty where it does not."""
    text = re.sub(r"^Evidence suggests that (.)", lambda m: m.group(1).upper(), text)
    if _POINTS_AT_FIGURE.search(text):
        return "figure"
    if _FIRST_PERSON.search(text):
        return "first_person"
    if _DANGLING_SUBJECT.match(text) and not _EXISTENTIAL.match(text):
        return "dangling"
    if _DANGLING_INSIDE.search(text):
        return "dangling"
    return "dangling" if _bare_generic_subject(text) else ""


_COUNTED = re.compile(
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|some|several|many|most|few|half|"
    r"(?:an?|the) (?:second|third|fourth|last|next|first|other|known)|the \w+er|the more \w+|"
    r"the (?:most|least) \w+|the remaining|two others)\b(?!.*\bof\b)",
    re.IGNORECASE,
)
"""Subjects that only their paper can tell: `three stones`, `the rarer kind`, `a third sample`."""


def _bare_generic_subject(text: str) -> bool:
    """`The extract was effective`: which one? With `of …`, an adjective or a name it says so."""
    clause = parse(text)
    if clause is None:
        return False
    if re.match(r"(?:it|they|this|these|he|she|which|who|what)\b", clause.subject, re.IGNORECASE):
        return True
    words = [w for w in tokens(clause.subject) if w.text[0].isalnum()]
    if not words:
        return True
    if (
        re.search(
            r"\b(?:obtained|following|present|above|resulting|data|results?|findings?)$",
            clause.subject,
        )
        and len(words) <= 3
    ):
        return True
    if len(words) == 2 and words[0].low == "the" and clause.past and not clause.front:
        # In the past tense `the penalty` is one that was spoken of before.
        return not words[1].text[0].isupper()
    if len(words) <= 3 and _COUNTED.match(clause.subject):
        return True
    bare = len(words) <= 2 and (words[0].low == "the" or len(words) == 1)
    lemma = re.sub(r"(?<=[^s])s$", "", words[-1].low) if words else ""
    lemma = {
        "analyse": "analysis",
        "studie": "study",
        "children": "child",
        "women": "woman",
        "men": "man",
    }.get(lemma, lemma)
    return bare and (lemma in _GENERIC or lemma.removesuffix("e") in _GENERIC) and not clause.front


_ABOUT_THE_PAPER = word_set(
    "discuss review refer present describe summarize summarise list mention address explain "
    "compare evaluate analyze analyse study investigate examine explore assess conduct perform "
    "propose introduce implement survey"
)
"""Verbs whose passive tells what was written or done, not what was found."""


_BESIDE = re.compile(r"^(?:While|Although|Though|Whereas) [^,;]{9,120}, ")


def _shape(text: str) -> str:
    """Why it is no proper sentence; empty where it is."""
    count = len(re.findall(r"[^\W\d_][\w'’–-]*|\d[\d.,]*", text))
    if not FEWEST <= count <= MOST:
        return "length"
    if any(text.count(a) != text.count(b) for a, b in ("()", "[]", "“”")):
        return "brackets"
    clause = parse(text) or parse(_BESIDE.sub("", text, count=1))
    if clause is None:
        return "no_verb"
    if clause.passive and clause.lemma in _ABOUT_THE_PAPER:
        return "about_the_paper"
    letters = sum(c.isalpha() or c.isspace() for c in text)
    if letters < 0.6 * len(text) or re.search(r"\b(?:Tel|Fax|ISSN|ISBN)\b", text):
        return "symbols"
    return ""
