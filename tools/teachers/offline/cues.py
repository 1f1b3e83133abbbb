"""Cue phrases of scientific prose, in one place. What follows from a cue is decided elsewhere.

Each table is one regular expression, read without regard to case unless it says otherwise.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)


SECTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "other",
        _any(
            r"acknowledg",
            r"^(?:figure|fig|table|box|scheme|chart|plate)\b",
            r"references?$",
            r"bibliograph",
            r"funding",
            r"ethic",
            r"conflict",
            r"competing",
            r"contribut",
            r"availab",
            r"supplement",
            r"appendi",
            r"abbreviat",
            r"author",
            r"disclosure",
            r"consent",
            r"keyword",
            r"licen[cs]e",
            r"copyright",
            r"correspond",
            r"citation",
            r"highlights$",
            r"pre-publication",
            r"glossary",
            r"reviewer",
            r"grant information",
            r"disclaimer",
        ),
    ),
    ("conclusion", _any(r"conclu", r"summary and", r"take[- ]home", r"closing remarks")),
    (
        "discussion",
        _any(
            r"discussion",
            r"implication",
            r"interpretation",
            r"limitation",
            r"future (?:work|direction)",
            r"outlook",
            r"significance",
        ),
    ),
    (
        "result",
        _any(
            r"result",
            r"finding",
            r"evaluation",
            r"experiments?$",
            r"observation",
            r"outcome",
            r"performance",
            r"measurements?$",
            r"comparison",
        ),
    ),
    (
        "method",
        _any(
            r"method",
            r"material",
            r"procedure",
            r"protocol",
            r"experimental",
            r"statistic",
            r"data (?:collection|analysis|source|set)",
            r"study (?:design|area|population)",
            r"patients and",
            r"preparation",
            r"sampling",
            r"design$",
            r"participants",
            r"subjects$",
            r"assay",
            r"animals$",
            r"chemicals",
            r"reagents",
            r"extraction",
            r"implementation",
            r"set-?up",
            r"algorithm",
            r"search strategy",
            r"training set",
            r"plant growth",
            r"culture",
        ),
    ),
    (
        "background",
        _any(
            r"introduction",
            r"background",
            r"related work",
            r"previous work",
            r"literature",
            r"state of the art",
            r"motivation",
            r"rationale",
            r"overview",
            r"statement of need",
            r"learning objectives",
            r"objective",
            r"aims?$",
            r"history",
            r"prior work",
        ),
    ),
    ("abstract", _any(r"abstract", r"summary$")),
)
"""Roles of headings, the first match wins; a heading may hold more than one word of them."""

LABEL = re.compile(
    r"^(?P<label>(?:background|context|introduction|aims?|objectives?|purpose|(?:materials? and )?"
    r"methods?|methodology|study design|setting|participants|patients|interventions?|measurements?|"
    r"(?:main )?(?:results?|findings?|outcomes?)|conclusions?|discussion|significance|"
    r"interpretation|limitations?)(?: and [a-z]+)?)\s?[:.–—]\s+(?=[A-Z0-9])",
    re.IGNORECASE,
)
"""A heading that runs into its sentence, as in abstracts: `Results: Growth rose.`"""

OBJECTIVE = _any(
    r"\b(?:further|future|additional|more|larger|subsequent) (?:\w+ )?(?:studies|study|"
    r"research|work|investigations?|trials?|experiments?)\b",
    r"\b(?:should|must|need(?:s|ed)? to) (?:\w+ )?be\b|\b(?:is|are) (?:needed|required|"
    r"warranted)\b",
    r"\b(?:aim|purpose|objective|goal)s? (?:of|was|is|were|here|in)\b",
    r"\b(?:aimed|designed|conducted|undertaken|carried out|performed|intended|sought|set out) to\b",
    r"\b(?:we|this (?:paper|study|article|work|review)) (?:aim|investigate|examine|describe|present"
    r"|propose|address|discuss|review|evaluate|assess|explore|study|consider|focus|report|"
    r"introduce)"
    r"(?:s|d|ed)?\b",
    r"^to (?:investigate|determine|evaluate|assess|examine|study|compare|identify|analy[sz]e|"
    r"test)\b",
    r"\bhypothes[ie][sz]ed?\b",
    r"\bwas (?:to|hypothesi[sz]ed)\b",
    r"\b(?:study|work) (?:investigated|examined|evaluated|assessed|analy[sz]ed|explored|"
    r"compared)\b",
)

METHOD = _any(
    r"\b(?:was|were) (?:\w+ly )?(?:measured|collected|performed|conducted|carried out|assessed|used"
    r"|analy[sz]ed|evaluated|prepared|calculated|recorded|purchased|obtained from|randomi[sz]ed"
    r"|randomly|divided|assigned|treated|fed|administered|examined|investigated|determined using"
    r"|estimated using|extracted|isolated from|subjected|incubated|cultured|grown|kept|housed"
    r"|centrifuged|dissolved|added|stored|washed|dried|weighed|sacrificed|sampled|recruited|"
    r"enrolled"
    r"|included|excluded|selected|searched|screened|tested|compared (?:using|by)|applied|planted"
    r"|sown|harvested|amplified|sequenced|stained|injected|exposed|monitored|followed|approved"
    r"|employed|computed|fitted|trained|modelled|validated using|studied|interviewed|asked|given"
    r"|inoculated|transferred|filtered|diluted|mixed|heated|cooled|placed|set|chosen|defined|"
    r"genotyped"
    r"|quantified|characteri[sz]ed (?:by|using)|evaluated|done|adjusted|expressed as|reported "
    r"as|considered (?:significant|as)|classified|defined as|determined (?:by|with|in))\b",
    r"\bwe (?:\w+ly )?(?:used|measured|collected|performed|conducted|analy[sz]ed|evaluated|"
    r"calculated"
    r"|selected|tested|examined|investigated|assessed|applied|employed|compared|recruited|sequenced"
    r"|developed|built|constructed|trained|generated|searched|carried|prepared|recorded|"
    r"estimated)\b",
    r"\b(?:according to the (?:manufacturer|method|procedure|protocol)|as described "
    r"(?:previously|by)"
    r"|purchased from|statistical analys[ie]s|software|version \d|inc\.|co\., ltd|gmbh|sigma)\b",
    r"\b(?:rpm|for \d+ (?:min|h|s|hours?|minutes?)\b.{0,40}\b(?:at|in)\b)",
)

FINDING = _any(
    r"\b(?:show(?:s|ed|n)?|demonstrate[sd]?|reveal(?:s|ed)?|indicate[sd]?|suggest(?:s|ed)?"
    r"|confirm(?:s|ed)?|exhibit(?:s|ed)?|found|observed|detected|identified|resulted in|"
    r"yield(?:s|ed)?"
    r"|achieve[sd]?|outperform(?:s|ed)?|caused?|led to|leads to|associated with|correlated?)\b",
    r"\b(?:increas|decreas|reduc|improv|inhibit|enhanc|declin|elevat|attenuat|suppress|accelerat"
    r"|prevent|stimulat|induc|affect|differ|up-?regulat|down-?regulat|promot|impair)(?:e[sd]?|"
    r"s|ed)\b",
    r"\b(?:was|were|is|are) (?:\w+ly |not )?(?:higher|lower|greater|larger|smaller|better|"
    r"worse|longer"
    r"|shorter|faster|slower|more|less|similar|different|significant|effective|comparable|present"
    r"|absent|associated|correlated|related|the (?:highest|lowest|most|best|main|major))\b",
    r"\b(?:significant(?:ly)?|respectively|compared (?:to|with)|in comparison|than (?:in|the|"
    r"that|those)"
    r"|no (?:significant )?(?:difference|effect|change|correlation)s?|a total of|of which|highest"
    r"|lowest|majority|most (?:abundant|common|frequent|effective)|ranged from|varied|"
    r"accounted for)\b",
)

STATISTIC = _any(
    r"\bp\s*[<=>≤]\s*0?\.\d", r"\b(?:95\s?%\s?CI|OR|HR|RR)\b\s*[:=]?\s*\d", r"r2?\s*=\s*-?0?\.\d"
)
MEASURE = _any(
    r"\d\s?(?:%|‰|°C|percent\b)",
    r"\d+(?:\.\d+)?[- ]fold\b",
    r"±",
    r"\d\s?(?:mg|g|kg|µg|μg|ng|ml|mL|L|µl|mm|cm|m|km|nm|µm|kelvin|K|Hz|eV|V|MPa|kPa|"
    r"kDa|bp|kb"
    r"|days?|hours?|h|min|years?|months?|weeks?)\b",
)
CONCLUSION = _any(
    r"^(?:in conclusion|in summary|to conclude|overall|taken together|collectively|altogether|thus"
    r"|therefore|hence|consequently|these (?:results|findings|data)|our (?:results|findings|"
    r"data|study)"
    r"|the (?:present )?(?:results|findings|study|data))\b",
    r"\b(?:may|might|could|can) be (?:used|useful|considered|a |an |due|attributed|applied|"
    r"exploited)",
    r"\b(?:provides?|offers?|represents?|plays?|contributes?) (?:a|an|new|the|valuable|"
    r"important|useful|to)\b",
    r"\b(?:suggest(?:s|ing)?|conclude|implies|imply|highlights?|potential(?:ly)?|promising|"
    r"useful)\b",
)

BACKGROUND = _any(
    r"\b(?:is|are) (?:\w+ly |one of )?(?:an? |the )?(?:\w+ )?(?:important|major|common|"
    r"essential|popular"
    r"|widely|known|used|considered|necessary|needed|required|critical|crucial|staple|"
    r"responsible)\b",
    r"\b(?:has|have) (?:\w+ )?(?:been|become|attracted|received|gained|long|recently)\b",
    r"\b(?:however|although|despite|little is known|remains? (?:un|to be|a|poorly|largely)|"
    r"unclear|unknown"
    r"|poorly understood|few studies|there (?:is|are) (?:a|no|few|little|an|many|limited|"
    r"currently))\b",
    r"\b(?:recent(?:ly)?|in recent (?:years|decades)|worldwide|traditionally|nowadays|in the "
    r"past|for "
    r"(?:centuries|decades|many years)|growing (?:interest|number)|to date|so far|challenge|"
    r"urgent|lack of)\b",
)

OTHERS = _any(
    r"\b(?:previous(?:ly)?|prior|earlier|other|recent|several|some|many|numerous|published) "
    r"(?:\w+ )?"
    r"(?:studies|study|works?|reports?|authors?|research(?:ers)?|workers|scientists|groups? "
    r"(?:has|have)|investigat\w+|literature|findings|results"
    r"|reported|described|shown|observed|published|proposed|experiments?)\b",
    r"\b(?:reported|described|shown|observed|found|suggested|proposed|introduced|demonstrated) "
    r"(?:previously"
    r"|earlier|elsewhere|by others|in the literature|in (?:previous|other|earlier))\b",
    r"\b(?:has|have) (?:also |previously |already )?been (?:\w+ly )?(?:reported|shown|"
    r"described|suggested|proposed|demonstrated"
    r"|found|documented|established|observed|studied|used|implicated|published|identified)\b",
    r"\b(?:in agreement|consistent|in accordance|in line|similar|agree[sd]?|contrary|in "
    r"contrast|comparable) "
    r"(?:with|to) (?:\w+ )*(?:previous|earlier|other|reports?|studies|stud(?:y|ies) (?:of|by)|"
    r"literature|findings|results|those)\b",
    r"\bet al\b",
    r"\b(?:in )?(?:another|one|a recent|their|a previous|an earlier) "
    r"(?:study|work|experiment|trial|report)\b",
    r"\b(?:they|the authors) (?:\w+ly )?(?:found|reported|showed|observed|concluded)\b",
    r"\baccording to [A-Z]",
    r"\bthe literature\b",
    r"\bit is (?:well[- ]|widely |generally )?"
    r"(?:known|accepted|believed)\b",
)

CITATION = re.compile(
    r"[A-Za-z]\)\d{1,3}(?:[,–-]\d{1,3})*(?=[.,;]?\s|[.,;]?$)|"
    r"\(\d{1,3}(?:\s?[,;–-]\s?\d{1,3})+\)|\(\d{1,3}\)(?=[.,;]?\s?$)|"
    r"\[\s?\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\s?\]"
    r"|\((?:see |e\.g\.,? |cf\. |reviewed in )?[A-Z][\w’'-]+(?:,? (?:et al\.?|and|"
    r"&)[^()]{0,40})?,? (?:1[89]|20)\d\d[a-z]?[^()]*\)"
    r"|\b[A-Z][\w’'-]+ (?:et al\.?|and [A-Z][\w’'-]+|& [A-Z][\w’'-]+),? ?[(\[](?:1[89]|20)?\d"
    r"|\b[A-Z][\w’'-]+ \((?:1[89]|20)\d\d[a-z]?\)"
    r"|[a-z)][.,;]\d{1,3}(?:[–,-]\s?\d{1,3})*(?=\s|$)"
    r"|(?<=[a-z]{3})\d{1,2}(?:[,–-]\d{1,2})*(?=[.,;]\s|[.,;]?$)"
    r"|\[(?:@|[A-Z][\w’'-]+,? (?:et al)?)[^\]]*\d{2,4}[a-z]?\]"
)
"""Marks that point at other people's work: [12], (Smith et al., 2010), Smith (2010), found.1-3"""

NO_NEW_FINDINGS = re.compile(
    r"^\s*(?:corrigendum|erratum|correction|author correction|publisher "
    r"correction|retraction"
    r"|retracted|expression of concern|addendum)\b",
    re.IGNORECASE,
)
"""Titles of notices about another paper: what they say is not news of their own."""
