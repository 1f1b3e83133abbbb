"""What headings, labels and titles say about the text below them. Sentences are left to `cues`."""

from __future__ import annotations

import re

from tools.text.patterns import any_of

SECTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "other",
        any_of(
            r"acknowledg",
            r"^(?:figure|fig|table|box|scheme|chart|plate)\b",
            r"references?$",
            r"bibliograph",
            r"funding",
            r"^ethic|ethic\w* (?:approval|statement|declaration|consideration)",
            r"conflicts? of|competing",
            r"contributions?$|^contribut|^credit\b",
            r"availability of (?:data|code|material|software)|(?:data|code|software) availab"
            r"|^availability",
            r"^supplement(?:ary|al|s$)|supplement\w+ (?:material|information|data|file)"
            r"|supporting information",
            r"appendi",
            r"abbreviat",
            r"^(?:about the )?authors?\b|^authorship",
            r"disclosure",
            r"^consent|informed consent",
            r"keyword",
            r"licen[cs]e",
            r"copyright",
            r"^correspond",
            r"^(?:how to )?cit(?:e|ation)",
            r"highlights$",
            r"pre-publication",
            r"glossary",
            r"reviewer",
            r"grant information",
            r"disclaimer",
            r"reporting summary",
            r"publisher.s note|additional information",
        ),
    ),
    ("conclusion", any_of(r"conclu", r"summary and", r"take[- ]home", r"closing remarks")),
    (
        "discussion",
        any_of(
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
        any_of(
            r"result",
            r"finding",
            r"evaluation",
            r"experiments?$",
            r"observation",
            r"outcome",
            r"performance",
            r"measurements?$",
            r"comparison",
            r"ablation|(?:error|sensitivity|comparative) analysis",
            r"^(?:effects?|influence|impact) of\b",
            r"^case (?:reports?|presentation|description)",
        ),
    ),
    (
        "method",
        any_of(
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
            r"\bcultures?\b",
        ),
    ),
    (
        "background",
        any_of(
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
            r"preliminar|notation|problem (?:statement|formulation|definition)",
        ),
    ),
    ("abstract", any_of(r"abstract", r"summary$")),
)
"""Roles of headings, the first match wins; a heading may hold more than one word of them."""

MAJOR = any_of(
    r"^(?:(?:materials?|patients|subjects) and |experimental )?methods?$",
    r"^(?:main |key |our )?(?:results?|findings?)(?: and (?:discussion|analysis))?$",
    r"^discussions?(?: and conclusions?)?$",
    r"^(?:summary and )?conclusions?$",
    r"^(?:introduction|background|references|acknowledge?ments?)$",
)
"""Headings that say all by themselves, wherever in an outline they stand."""

LABEL = re.compile(
    r"^(?P<label>(?:background|context|introduction|aims?|objectives?|purpose|(?:materials? and )?"
    r"methods?|methodology|study design|setting|participants|patients|interventions?|measurements?|"
    r"(?:main )?(?:results?|findings?|outcomes?)|conclusions?|discussion|significance|"
    r"interpretation|limitations?)(?: and [a-z]+)?)\s?[:.–—]\s+(?=[A-Z0-9])",
    re.IGNORECASE,
)
"""A heading that runs into its sentence, as in abstracts: `Results: Growth rose.`"""
