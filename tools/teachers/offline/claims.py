"""Turn a sentence into a self-contained claim, or say why it cannot be one.

What makes a sentence lean on its surroundings is taken off where that is safe (`Our results show
that`, `However,`, `(Fig. 2)`), and the sentence refused where it is not. The quote stays as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.teachers.offline.clauses import head, parse
from tools.teachers.offline.words import Tag, is_plural, tokens


class Claim(NamedTuple):
    """A claim, or the reason there is none."""

    text: str
    refused: str = ""
    """Reason code: dangling, figure, first_person, fragment, question, length, no_verb, ..."""


FEWEST, MOST = 6, 60
"""Words in a claim."""

_FIGURE_WORD = (
    r"(?:Suppl(?:ementary|emental|\.)?|Additional|Online|Extended(?: Data)?|Supporting)?\s*"
    r"(?:Fig(?:ure)?s?|Tables?|Tabs?|Eqs?|Equations?|Sections?|Appendix|Boxe?s?|Schemes?|Files?|"
    r"Movies?|Videos?|Data ?sets?|Plates?|Charts?|Graphs?|Panels?|Information|Materials?|Listings?|Algorithm)"
)
_FIGURE = re.compile(
    rf"\s*[(\[](?:[^()\[\]]{{0,40}}[;,]\s*)?(?:see |cf\.? |as shown in |data not shown|not shown)?"
    rf"(?:also )?(?:in |the )?(?:{_FIGURE_WORD}\.?\s*(?:S?\d|[A-Z]\b|[IVX]+\b)[^()\[\]]*"
    rf"(?:\([^()]*\)[^()\[\]]*)*|data not shown|not shown|results not shown|see text|see above|see below)[)\]]",
    re.IGNORECASE,
)
_SHOWN_IN = re.compile(
    rf",?\s*(?:as |which (?:is|are) )?(?:also )?(?:shown|seen|illustrated|presented|depicted|summari[sz]ed|given|"
    rf"listed|indicated|reported|demonstrated|described|can be seen)\s+(?:in|by|from)\s+(?:the )?{_FIGURE_WORD}\.?\s*"
    rf"S?\d+[A-Za-z]?(?:(?:\s*(?:,|and|–|-)\s*)S?\d+[A-Za-z]?)*\b,?",
    re.IGNORECASE,
)
_POINTS_AT_FIGURE = re.compile(
    rf"\b{_FIGURE_WORD}\.?\s*(?:S?\d+[A-Za-z]?\b|[IVX]+\b)|\b(?:the|this|following|above|below) (?:figure|table|"
    r"graph|diagram|equation|algorithm|example|section|list|appendix)s?\b|\b(?:as|see) (?:above|below)\b",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"^(?:(?:however|moreover|furthermore|further|in addition|additionally|besides|interestingly|notably|importantly|"
    r"remarkably|surprisingly|strikingly|unexpectedly|thus|therefore|hence|consequently|accordingly|as a result|"
    r"overall|in conclusion|in summary|to summari[sz]e|to conclude|in short|finally|lastly|first|firstly|second|"
    r"secondly|third|thirdly|next|taken together|collectively|altogether|all in all|indeed|in fact|of note|"
    r"specifically|in particular|particularly|in general|generally|as expected|not surprisingly|in contrast|"
    r"by contrast|conversely|on the other hand|on the contrary|nevertheless|nonetheless|likewise|similarly|also|"
    r"again|meanwhile|instead|still|yet|then|here|herein|so|but|and|for example|for instance|at the same time|"
    r"more importantly|more specifically|on the whole|as is well known|as a consequence|"
    r"in (?:this|the present|the current|our) (?:\w+ )?(?:study|work|paper|article|research|investigation|"
    r"experiment|analysis|trial|review|report|survey)s?|"
    r"(?:according to|based on|from|in) (?:our|these|the present|the) (?:own )?(?:results|findings|data|measurements|"
    r"observations|experiments|analys[ei]s|study|survey))\s*,\s*|"
    r"(?:thus|hence|therefore|moreover|furthermore|however|also|additionally|interestingly|consequently|here|finally)\s+"
    r"(?=(?:we|the|a|an|our|it|these|this|in|there)\b))",
    re.IGNORECASE,
)
_ADVERB = (
    r"(?:(?:\w+ly|also|further|thus|therefore|hence|have|has|had|first|now|then|here|again) )*"
)
_SURE = r"(?:show(?:s|ed|n)?|demonstrate[sd]?|reveal(?:s|ed)?|confirm(?:s|ed)?|f(?:ind|inds|ound)|prove[sdn]?|" \
        r"observe[sd]?|note[sd]?|report(?:s|ed)?|establish(?:es|ed)?|conclude[sd]?|see|saw|discover(?:s|ed)?|" \
        r"notice[sd]?|determine[sd]?|verif(?:y|ies|ied)|identif(?:y|ies|ied)|document(?:s|ed)?|indicate[sd]?|" \
        r"ma[dk]e[s]? clear|evidence[sd]?|learn(?:ed|t)?|state[sd]?)"  # fmt: skip
_HEDGED = r"(?:suggest(?:s|ed)?|impl(?:y|ies|ied)|hypothesi[sz]e[sd]?|believe[sd]?|propose[sd]?|speculate[sd]?|" \
          r"assume[sd]?|think|thought|argue[sd]?|infer(?:s|red)?|point(?:s|ed)? to|expect(?:s|ed)?|estimate[sd]?)"  # fmt: skip
_SOURCE = (
    r"(?:(?:(?:all |both |most )?(?:of )?(?:our|the|these|this|the present|the current|present|current|recent|new|"
    r"further|additional|statistical|a|an|my) )?(?:\w+(?:-\w+)* ){0,3}?"
    r"(?:results?|findings?|data|study|studies|stud(?:y|ies)|analys[ei]s|measurements?|observations?|experiments?|"
    r"work|evidence|paper|survey|surveys|investigations?|review|trials?|records?|tests?|comparisons?|assays?|"
    r"calculations?|simulations?|spectra|fieldwork|inspection|examination|modelling|counts?|trial)"
    r"(?: (?:of|from|in|obtained|presented|on|with|by) [^,;]{1,90}?)??)"
)
_FRAMES: tuple[tuple[re.Pattern[str], bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), hedged)
    for verbs, hedged in ((_SURE, False), (_HEDGED, True))
    for pattern in (
        rf"^we {_ADVERB}{verbs} that ",
        rf"^{_SOURCE} {_ADVERB}(?:us )?{verbs} that ",
        rf"^it (?:was|is|has been|can be|could be|may be) {_ADVERB}(?:be )?{verbs} (?:here |by us |in this study )?that ",
        rf"^(?:based on|from|according to) [^,]{{3,80}}, (?:we|it (?:was|is|can be)) {_ADVERB}(?:be )?{verbs} that ",
    )
)  # fmt: skip
_KNOWN = re.compile(
    r"^(?:it (?:is|has been) (?:\w+ )?(?:well[- ]known|known|established|clear|evident|apparent|obvious|certain) that |"
    r"it (?:seems|appears) that |there is (?:\w+ )?evidence that |the (?:main |key )?(?:conclusion|finding|result) "
    r"(?:of [^,]{3,40} )?(?:is|was) that )",
    re.IGNORECASE,
)
_WE_FOUND = re.compile(
    r"^we (?:\w+ly |also |further )*(?P<verb>found|observed|identified|detected|measured|obtained|discovered|noted|"
    r"recorded|isolated|achieved|counted|documented|estimated) (?=(?:an?|the|no|\d|one|two|three|several|significant"
    r"|strong|high|low|large|small|similar|positive|negative)\b)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:[Ww]e|[Oo]ur|ours|us|[Mm]y|I|ourselves)\b(?!\.)|"
    r"\b(?:[Tt]his|[Tt]he present|[Tt]he current|[Pp]resent|[Cc]urrent) (?:\w+ )?(?:study|paper|work|article|review|investigation|"
    r"research|trial|report|analysis|manuscript|survey|experiment|project|case|series|thesis|module|package)\b|"
    r"\b[Hh]ere(?:in)?\b|\b[Tt]he authors?\b|\b[Tt]h(?:e|is) (?:study|paper|article)\b(?! of)"
)
_DANGLING_SUBJECT = re.compile(
    r"^(?:this|these|those|that|it|they|he|she|such|both|either|neither|their|its|his|her|another|others?|the (?:former|"
    r"latter|others?|same|above|following|aforementioned|rest|reason|reverse|opposite|second|third|first|next|last|final)"
    r"|one of (?:them|these|those)|some of (?:them|these|those)|(?:most|many|all|each|none|some) of (?:them|these|those|which)|"
    r"all|there|each|as (?:such|mentioned|noted|stated|discussed)|the (?:two|three|four|five|six) (?!\w+ of\b)|"
    r"in (?:this|these|such|that|those)|for (?:this|these|those)|of (?:these|those|them|the)|by (?:this|these)|"
    r"on (?:this|these)|from (?:this|these)|with (?:this|these|such)|at (?:this|these)|among (?:these|them|those)|"
    r"to (?:this|these)|under (?:this|these))\b",
    re.IGNORECASE,
)
_EXISTENTIAL = re.compile(r"^there (?:is|are|was|were|has been|have been)\b", re.IGNORECASE)
_DANGLING_INSIDE = re.compile(
    r"\b(?:this|these)\b|\bthose\b(?! (?:of|in|from|with|who|which|that|treated|without|given|at|for|on|under|reported))|"
    r"\bthat (?:effect|result|finding|method|case|time|reason|study|group|system|approach)\b|"
    r"\bthe (?:former|latter|aforementioned|above-mentioned|said|same (?:\w+ )?(?:way|time|reason|method|approach|model|"
    r"procedure|conditions?|effect|result|pattern|trend|study|group))\b|\b(?:mentioned|described|discussed|noted|shown|"
    r"given) (?:above|below|earlier|before)\b|\bsuch (?!as\b)(?:an?\b|\w+s\b|\w+)|\b(?:above|below)\)?[.,]|\baforementioned\b|"
    r"\b(?:previous|next|following|preceding) (?:section|paragraph|chapter|step|example)\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    "result finding effect difference method model system algorithm value datum data group treatment sample patient "
    "participant subject study experiment approach procedure analysis test technique problem process solution case "
    "animal control figure table author paper work pattern trend change increase decrease reduction improvement "
    "observation outcome response parameter variable factor measurement score level rate number percentage program "
    "project module package course workshop student user tool software code file document text word sentence example "
    "set list input output step function rule structure form type class category feature relation representation "
    "framework concentration extract plant compound product material property activity condition population area region "
    "country hypothesis theory idea concept aim purpose goal reason conclusion evidence limitation main strength "
    "majority remainder rest proportion mean average median total corpus data dataset task performance accuracy "
    "classifier network parser grammar lexicon speaker hearer utterance dialogue plan act action event time period "
    "trial intervention questionnaire survey interview respondent cohort child woman man infant mother person "
    "people individual case strain isolate line cultivar variety genotype gene protein enzyme cell tissue organ "
    "mixture fraction residue peak spectrum band curve plot image device instrument sensor experimenter".split()
)
"""Heads that name nothing by themselves after a bare `the`: `The extract was effective`."""


def claim_of(quote: str) -> Claim:
    """The self-contained claim of a sentence, or why it has none."""
    text = re.sub(r"\s+", " ", quote.replace("\u00ad", "")).strip()
    if refused := _not_a_sentence(text):
        return Claim("", refused)
    text = _without_also(unframed(_without_figures(text)))
    refused = _leans(text) or _shape(text)
    return Claim("" if refused else text, refused)


def unframed(text: str) -> str:
    """The sentence without connectives and reporting frames; a hedge is kept as a hedge."""
    for _ in range(4):
        before = text
        text = _CONNECTIVE.sub("", text, count=1)
        text = _KNOWN.sub("", text, count=1)
        text = _without_frame(text)
        text = _passive_finding(text)
        if text == before:
            break
        text = text[:1].upper() + text[1:]
    return text


def _without_frame(text: str) -> str:
    for frame, hedged in _FRAMES:
        if found := frame.match(text):
            rest = text[found.end() :]
            if hedged and not re.search(
                r"\b(?:may|might|could|can|would|likely|possibly|probably)\b", rest
            ):
                return f"Evidence suggests that {rest}"
            return rest
    return text


def _without_also(text: str) -> str:
    """`X was also found` without the `also`, which points back at what the claim leaves out."""
    return re.sub(r"\b(is|are|was|were|has|have|had|can|may) also\b", r"\1", text, count=1)


def _passive_finding(text: str) -> str:
    """`We observed a fall in yield after frost` as `A fall in yield after frost was observed`."""
    found = _WE_FOUND.match(text)
    if not found or re.search(r"[,;:]| (?:and|that|which|but|when|while|using|by) ", text):
        return text
    phrase = text[found.end() :].rstrip(". ")
    words = tokens(phrase)
    if any(word.tag in {Tag.BE, Tag.HAVE, Tag.MODAL, Tag.VERB} for word in words):
        return text
    be = "were" if is_plural(head(phrase)) else "was"
    return f"{phrase} {be} {found['verb'].lower()}."


def _without_figures(text: str) -> str:
    text = _FIGURE.sub("", text)
    text = _SHOWN_IN.sub(" ", text)
    text = re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" .", ".").strip(" ,;")
    return text[:1].upper() + text[1:] if text[:1].islower() and text[1:2].islower() else text


_NOTE = re.compile(
    r"[\[*†‡§]|(?:numbers|values|figures|data|letters|bars|error bars|asterisks|means|dots|lines|columns|rows|"
    r"different (?:lower|upper|small|capital)?\s?-?(?:case )?letters?|abbreviations?|note|source|legend|key)s?\b"
    r"[^.]{0,60}\b(?:indicates?|represents?|denotes?|are (?:means?|expressed|given|presented|shown)|stands? for)\b|"
    r".{0,200}\b(?:as follows|the following)\b|where\b|.*\([a-h](?:[,–-] ?[a-h])*\)|.*[a-z]\d*\.[A-Z][a-z]|(?:\S+\s+){0,6}\d+(?: \d+){3}",
    re.IGNORECASE,
)
"""Notes of tables and figures, announcements of lists, and rows of numbers."""


def _not_a_sentence(text: str) -> str:
    if not text or not (
        text[0].isupper()
        or text[0].isdigit()
        or re.match(r"[\W_]?[a-zα-ω]{0,3}-?[A-Z0-9]|[α-ω]", text)
    ):
        return "fragment"
    if re.match(rf"(?:{_FIGURE_WORD})\.?\s*S?\d+[A-Za-z]?\s*[.:–—|-]", text, re.IGNORECASE):
        return "caption"
    if _NOTE.match(text):
        return "caption"
    if "?" in text:
        return "question"
    if not re.search(r"[.!][\"'”’)\]]*(?:\d{1,3}(?:[,–-]\d{1,3})*)?(?:\s?\[[\d,–\s-]+\])?$", text):
        return "fragment"
    return "link" if re.search(r"https?://|www\.|@\w+\.|\bdoi\b", text, re.IGNORECASE) else ""


def _leans(text: str) -> str:
    """Why the text needs its surroundings; empty where it does not."""
    if _POINTS_AT_FIGURE.search(text):
        return "figure"
    if _FIRST_PERSON.search(text):
        return "first_person"
    if _DANGLING_SUBJECT.match(text) and not _EXISTENTIAL.match(text):
        return "dangling"
    if _DANGLING_INSIDE.search(text):
        return "dangling"
    return "dangling" if _bare_generic_subject(text) else ""


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


_ABOUT_THE_PAPER = {"discuss", "review", "refer", "present", "describe", "summarize", "summarise", "list", "mention", "address",
                    "consider", "explain"}  # fmt: skip
"""Verbs whose passive tells what a text does, not what was found."""


def _shape(text: str) -> str:
    """Why it is no proper sentence; empty where it is."""
    count = len(re.findall(r"[^\W\d_][\w'’–-]*|\d[\d.,]*", text))
    if not FEWEST <= count <= MOST:
        return "length"
    if any(text.count(a) != text.count(b) for a, b in ("()", "[]")):
        return "brackets"
    clause = parse(text)
    if clause is None:
        return "no_verb"
    if clause.passive and clause.lemma in _ABOUT_THE_PAPER:
        return "about_the_paper"
    letters = sum(c.isalpha() or c.isspace() for c in text)
    if letters < 0.72 * len(text) or re.search(r"\b(?:Tel|Fax|ISSN|ISBN)\b", text):
        return "symbols"
    return ""
