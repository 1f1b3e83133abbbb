"""Take framings off a sentence: connectives, reporting clauses, pointers at figures.

`However, our results show that X (Fig. 2)` says X. A hedge is no framing and stays.
"""

from __future__ import annotations

import re

from tools.teachers.offline.clauses import head
from tools.teachers.offline.headings import LABEL
from tools.text.words import Tag, begun, is_plural, lowered, tokens

FIGURE_WORD = (
    r"(?:Suppl(?:ementary|emental|\.)?|Additional|Online|Extended(?: Data)?|Supporting)?\s*"
    r"(?:Fig(?:ure)?s?|Tables?|Tabs?|Eqs?|Equations?|Sections?|Appendix|Boxe?s?|Schemes?|Files?|"
    r"Movies?|Videos?|Data ?sets?|Plates?|Charts?|Graphs?|Panels?|Information|Materials?|"
    r"Listings?|Algorithm)"
)
_FIGURE = re.compile(
    rf"\s*[(\[](?:[^()\[\]]{{0,40}}[;,]\s*)?(?:see |cf\.? |as shown in |data not shown|not shown)?"
    rf"(?:also )?(?:in |the )?(?:{FIGURE_WORD}\.?\s*(?:S?\d|[A-Z]\b|[IVX]+\b)[^()\[\]]*"
    rf"(?:\([^()]*\)[^()\[\]]*)*|data not shown|not shown|results not shown|see text|see above|"
    rf"see below)[)\]]",
    re.IGNORECASE,
)
_SHOWN_IN = re.compile(
    rf",?\s*(?:as |which (?:is|are) )?(?:also )?(?:shown|seen|illustrated|presented|depicted|"
    rf"summari[sz]ed|given|"
    rf"listed|indicated|reported|demonstrated|described|can be seen)\s+(?:in|by|from)\s+(?:the "
    rf")?{FIGURE_WORD}\.?\s*"
    rf"S?\d+[A-Za-z]?(?:(?:\s*(?:,|and|–|-)\s*)S?\d+[A-Za-z]?)*\b,?",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"^(?:(?:however|moreover|furthermore|further|in addition|additionally|besides|"
    r"interestingly|notably|importantly|"
    r"remarkably|surprisingly|strikingly|unexpectedly|thus|therefore|hence|consequently|"
    r"accordingly|as a result|"
    r"overall|in conclusion|in summary|to summari[sz]e|to conclude|in short|finally|lastly|"
    r"first|firstly|second|"
    r"secondly|third|thirdly|next|taken together|collectively|altogether|all in all|indeed|in "
    r"fact|of note|"
    r"specifically|in particular|particularly|in general|generally|as expected|not "
    r"surprisingly|in contrast|"
    r"by contrast|conversely|on the other hand|on the contrary|nevertheless|nonetheless|"
    r"likewise|similarly|also|"
    r"again|meanwhile|instead|still|yet|then|here|herein|so|but|and|for example|for instance|"
    r"at the same time|"
    r"more importantly|more specifically|on the whole|as is well known|often|sometimes|usually|"
    r"typically|as a consequence|"
    r"in (?:this|the present|the current|our) (?:\w+ )?(?:study|work|paper|article|research|"
    r"investigation|"
    r"experiment|analysis|trial|review|report|survey)s?|"
    r"(?:according to|based on|from|in) (?:our|these|the present|the) (?:own )?(?:results|"
    r"findings|data|measurements|"
    r"observations|experiments|analys[ei]s|study|survey))\s*,\s*|"
    r"(?:thus|hence|therefore|moreover|furthermore|however|also|additionally|interestingly|"
    r"consequently|here|finally)\s+"
    r"(?=(?:we|the|a|an|our|it|these|this|in|there)\b))",
    re.IGNORECASE,
)
_ADVERB = (
    r"(?:(?:\w+ly|also|further|thus|therefore|hence|have|has|had|first|now|then|here|again) )*"
)
_SURE = (
    r"(?:show(?:s|ed|n)?|demonstrate[sd]?|reveal(?:s|ed)?|confirm(?:s|ed)?|f(?:ind|inds|ound)|"
    r"prove[sdn]?|observe[sd]?|note[sd]?|report(?:s|ed)?|establish(?:es|ed)?|conclude[sd]?|see|"
    r"saw|discover(?:s|ed)?|notice[sd]?|determine[sd]?|verif(?:y|ies|ied)|identif(?:y|ies|ied)|"
    r"document(?:s|ed)?|indicate[sd]?|seen|ma[dk]es? clear|evidence[sd]?|learn(?:ed|t)?|state[sd]?)"
)
_HEDGED = (
    r"(?:suggest(?:s|ed)?|impl(?:y|ies|ied)|hypothesi[sz]e[sd]?|believe[sd]?|propose[sd]?|"
    r"speculate[sd]?|assume[sd]?|think|thought|argue[sd]?|infer(?:s|red)?|point(?:s|ed)? to|"
    r"expect(?:s|ed)?|estimate[sd]?)"
)
_SOURCE = (
    r"(?:(?:(?:all |both |most )?(?:of )?(?:our|the|these|this|the present|the current|present|"
    r"current|recent|new|further|additional|statistical|a|an|my) )?(?:\w+(?:-\w+)* ){0,3}?"
    r"(?:results?|findings?|data|study|studies|analys[ei]s|measurements?|observations?|"
    r"experiments?|work|evidence|paper|surveys?|investigations?|review|trials?|records?|tests?|"
    r"comparisons?|assays?|calculations?|simulations?|spectra|fieldwork|inspection|examination|"
    r"modelling|counts?)(?: (?:of|from|in|obtained|presented|on|with|by) [^,;]{1,90}?)??)"
)
_MODAL = re.compile(r"\b(?:may|might|could|can|would|likely|possibly|probably)\b")
_SHOWING = (
    r"(?:show(?:s|ed)?|demonstrate[sd]?|reveal(?:s|ed)?|confirm(?:s|ed)?|indicate[sd]?|prove[sd]?|"
    r"establish(?:es|ed)?|agree[sd]?|ma[dk]es? (?:it )?clear)"
)
_WE = r"(?:we|it (?:was|is|has been|can be|could be|may be))"
_BEFORE = r"(?:[^;:]{3,150}?, (?:and |so |but |then )?(?:then |thus |therefore |hence )?)?"
"""A step that led there: `Counting the rings, we found that …`, `Both agree, and we conclude …`"""


_COND = (
    r"(?P<where>(?:in|among|for|after|at|during|under|when|within|across|on|throughout|before|"
    r"between|if|unlike|until|with|without|compared)\b(?! (?:addition|fact|particular|general|"
    r"summary|conclusion|contrast|short|order|this|these|our|the (?:present|current|basis|other "
    r"hand|whole|first time|same time|end))\b) [^,;:]{2,80}"
)
_WHERE = re.compile(
    rf"^{_COND}(?:, [^,;:]{{2,60}})?), |^{_COND.replace('where', 'here')}?) (?=we |it )",
    re.IGNORECASE,
)
_AMONG = re.compile(
    r"\b(?:experiments?|studies|tests|trials?|measurements?|results|data|work|analys[ei]s) "
    r"(?P<where>(?:in|among) (?!(?:this|these|our|the (?:present|current)|tables?|figs?)\b)"
    r"(?:[\w-]+ ){0,5}?[\w-]+) (?:\w+ly |also |have |has )*\w+ that $",
    re.IGNORECASE,
)
"""Where something was found out: no claim may lose it."""

_FROM_HERE = r"(?:in|from) (?:this|our|the present) study "


def _framed(verbs: str, hedged: bool) -> list[tuple[re.Pattern[str], bool]]:
    patterns = (
        rf"^(?:{_BEFORE}|(?:in|on|for|among|across) [^,;:]{{3,80}}? ){_WE} {_ADVERB}(?:be )?"
        rf"{verbs} "
        rf"(?:here |by us |{_FROM_HERE}|(?:from|in|by) [^,;:]{{3,60}}? )?that ",
        rf"^{_BEFORE}{_SOURCE} {_ADVERB}(?:us )?{verbs} that ",
        r"^there (?:is|was) (?:\w+ )?evidence (?:to suggest|to show|to indicate|suggesting|"
        r"showing|indicating) that ",
    )
    return [(re.compile(pattern, re.IGNORECASE), hedged) for pattern in patterns]


_FRAMES: tuple[tuple[re.Pattern[str], bool], ...] = (
    *_framed(_SURE, hedged=False),
    # Whatever shows something is a frame: `Walks with fresh material show that …`.
    (re.compile(rf"^{_BEFORE}(?:[\w'’,-]+ ){{1,9}}?{_SHOWING} that ", re.IGNORECASE), False),
    *_framed(_HEDGED, hedged=True),
)
_OUR_WAY = re.compile(
    r"^(?:in|under|with|by|from|on|at|using|for) (?:our|this|these) (?:[\w-]+ ){0,4}[\w-]+, ",
    re.IGNORECASE,
)
"""`Under our eyepiece, …`: a condition that only the paper can name."""

_KNOWN = re.compile(
    r"^(?:it (?:is|has been) (?:\w+ )?(?:well[- ]known|known|established|clear|evident|"
    r"apparent|obvious|certain) that |"
    r"it (?:seems|appears) that |there is (?:\w+ )?evidence that |the (?:main |key "
    r")?(?:conclusion|finding|result) "
    r"(?:of [^,]{3,40} )?(?:is|was) that )",
    re.IGNORECASE,
)
_PAST = {"find": "found", "detect": "detected", "obtain": "obtained", "report": "reported"}
_WE_FOUND = re.compile(
    r"^we (?:\w+ly |also |further )*(?P<verb>found|observed?|identified|detect(?:ed)?|measured|"
    r"obtain(?:ed)?|discovered|noted|find|reported|"
    r"recorded|isolated|achieved?|counted|documented|estimated) (?=(?:an?|the|no|\d|one|two|"
    r"three|several|significant"
    r"|strong|high|low|large|small|similar|positive|negative)\b)",
    re.IGNORECASE,
)


def unframed(text: str) -> str:
    """The sentence without connectives and reporting frames; a hedge is kept as a hedge."""
    for _ in range(4):
        before = text
        text = _CONNECTIVE.sub("", LABEL.sub("", text, count=1), count=1)
        text = _KNOWN.sub("", _OUR_WAY.sub("", text, count=1), count=1)
        text = _without_frame(text)
        text = _found_to_be(_passive_finding(text))
        if text == before:
            break
        text = begun(text)
    return text


def _without_frame(text: str) -> str:
    for frame, hedged in _FRAMES:
        if found := frame.match(text):
            rest = _placed(found.group(), text[found.end() :])
            if hedged and not _MODAL.search(rest):
                return f"Evidence suggests that {lowered(rest)}"
            return rest
    return text


def _placed(frame: str, rest: str) -> str:
    """What is said, with the `in mice` of `in mice, we found that` or `tests in mice show that`."""
    if where := _WHERE.match(frame):
        return f"{where['where'] or where['here']}, {rest}"
    if among := _AMONG.search(frame):
        return f"{begun(among['where'])}, {rest}"
    return rest


def without_also(text: str) -> str:
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
    verb = found["verb"].lower()
    return f"{phrase} {be} {_PAST.get(verb, verb if verb.endswith('d') else f'{verb}d')}."


_FOUND_TO = re.compile(
    r"^we (?:\w+ly |also |further )*(?P<verb>found|observed) (?P<what>[^,;:]{3,80}?) "
    r"(?P<be>to be|to have) (?=[a-z\d])",
    re.IGNORECASE,
)


def _found_to_be(text: str) -> str:
    """`We found taurine to be scarce` as `Taurine was found to be scarce`."""
    found = _FOUND_TO.match(text)
    if not found or any(
        word.tag in {Tag.BE, Tag.HAVE, Tag.MODAL} for word in tokens(found["what"])
    ):
        return text
    be = "were" if is_plural(head(found["what"])) or " and " in found["what"] else "was"
    return f"{begun(found['what'])} {be} {found['verb']} {found['be']} {text[found.end() :]}"


_IN_HERE = re.compile(
    r",? (?:in|during|throughout|by|from) (?:this|the present|the current|our|the) (?:present )?"
    r"(?:study|paper|work|article|investigation|experiments?|survey|trial|review)"
    r"(?=[,.;)]| (?:is|are|was|were|has|have|had|can|may|could|that|which|and|but|as|with|to|for|"
    r"at|after|under|when|than|from)\b),?"
)


def without_here(text: str) -> str:
    """The sentence without an `in this study` in its midst or at its end."""
    return _IN_HERE.sub("", text)


def without_figures(text: str) -> str:
    """The sentence without its pointers at figures; empty where it says no more than those."""
    text = _FIGURE.sub("", text)
    text = _SHOWN_IN.sub(" ", text)
    if re.search(r"\b(?:is|are|was|were|be|been)\s*\.?$", text):
        # What was shown is all that the sentence says: nothing is left of it.
        return ""
    text = re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" .", ".").strip(" ,;")
    return begun(text) if text[:1].islower() and text[1:2].islower() else text
