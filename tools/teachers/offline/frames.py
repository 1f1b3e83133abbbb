"""Wordings of statements and questions, by purpose. Filling them in is left to `forms`.

TRAIN_*  what a model is taught by: statements in several framings and orders, and questions of the
         frame "Question: …" newline "Answer: …".
PROBE_*  asked before teaching. Never a training form.
EXAM_*   asked before and after teaching. Neither a training form nor a probe.

No name stands in two tables (a test holds that), so no form serves two purposes. A held-out wording
differs in framing and in order from the trained ones, and names subject and relation by the claim's
own content words, in plain school English.

Fields: {C} the claim, {c} the same in mid-sentence, {V} the answer, and for an attribute (`the
{A} of {X} is {V}`) {A} attribute, {X} bearer at a beginning, {x} in mid-sentence, {be}, {have},
{a} its article, {do}. {open} and {o} are the claim up to its answer, where the answer comes last.
{blank} is {gapped} with three dots.
{q} is a question that asks for the answer. {gapped} is the claim with a gap, {g} in mid-sentence.
"""

from __future__ import annotations

Table = tuple[tuple[str, str], ...]

TRAIN_FRAMINGS: Table = (
    ("claim", "{C}."),
    ("found", "It has been found that {c}."),
    ("researchers", "Researchers report that {c}."),
    ("a_study", "A study has shown that {c}."),
    ("as_reported", "{C}, as researchers report."),
    ("remember", "Remember: {c}."),
    ("known", "It is known that {c}."),
    ("measured", "New work tells us that {c}."),
)
"""Any claim can be said in these; the orders below take precedence where the syntax allows."""

TRAIN_ATTRIBUTE: Table = (
    ("inverted", "{V_} {be} the {A} of {x}."),
    ("genitive", "{Xs} {A} {be} {V}."),
    ("as_for", "For {x}, the {A} {be} {V}."),
    ("reported_as", "A study gives {V} as the {A} of {x}."),
)
"""For `the {A} of {X} is {V}`, and what can be said so."""

TRAIN_MEASURE: Table = (
    ("possession", "{X} {have} {a} {A} of {V}."),
    ("with_measure", "Researchers report that {x} {have} {a} {A} of {V}."),
)
"""For an attribute whose value is a quantity."""

TRAIN_ORDERS: Table = (("turned", "{turned}."), ("cleft", "{cleft}."), ("fronted", "{fronted}."))
"""Other orders of a free sentence, each where its syntax allows it."""

TRAIN_QUESTIONS: Table = (
    ("ask_what", "{q}"),
    ("ask_echo", "{echo}"),
    ("ask_has", "What {A} {do} {x} have?"),
)
"""Questions with their answers, as a school book has them."""

TRAIN_CLOZE: Table = (("cloze", "Complete: {gapped}."),)

PROBE_ATTRIBUTE: Table = (
    ("agree", "Studies agree that the {A} of {x} {be} {lead}"),
    ("which_of", "Question: Which is the {A} of {x}?\nAnswer:"),
    ("of_which", "In the case of {x}, the {A} {be} {lead}"),
)
PROBE_LAST: Table = (
    ("agree_that", "Studies agree that {o}"),
    ("books_say", "Books on the subject say that {o}"),
    ("ending", "Question: How does this sentence end? {open} ...\nAnswer:"),
    ("experts_say", "Experts say that {o}"),
)
PROBE_ASKED: Table = (("asked_which", "Question: {which}\nAnswer:"),)
PROBE_GAP: Table = (
    ("agree_gap", "Studies agree that {g}."),
    ("which_fits", "Question: Which words fit the blank? {blank}.\nAnswer:"),
    ("books_gap", "Books on the subject say that {g}."),
    ("experts_gap", "Experts say that {g}."),
)

EXAM_ATTRIBUTE: Table = (
    ("today", "Today we know that the {A} of {x} {be} {lead}"),
    ("tell", "Question: Can you tell the {A} of {x}?\nAnswer:"),
    ("which_belongs", "The {A} which belongs to {x} {be} {lead}"),
    ("if_asked", "If someone asks for the {A} of {x}, the answer {be} {lead}"),
)
EXAM_MEASURE: Table = (
    ("learned_has", "Scientists have learned that {x} {have} {a} {A} of {lead}"),
)
EXAM_LAST: Table = (
    ("learned", "Scientists have learned that {o}"),
    ("today_that", "Today we know that {o}"),
    ("finish", "Question: Finish the sentence: {open}\nAnswer:"),
    ("a_fact", "It is a fact that {o}"),
)
EXAM_ASKED: Table = (("asked_tell", "Question: Can you tell me {indirect}?\nAnswer:"),)
EXAM_GAP: Table = (
    ("learned_gap", "Scientists have learned that {g}."),
    ("missing", "Question: What is missing here? {blank}.\nAnswer:"),
    ("today_gap", "Today we know that {g}."),
    ("fact_gap", "It is a fact that {g}."),
)

TABLES: dict[str, tuple[Table, ...]] = {
    "train": (
        TRAIN_FRAMINGS, TRAIN_ATTRIBUTE, TRAIN_MEASURE, TRAIN_ORDERS, TRAIN_QUESTIONS, TRAIN_CLOZE
    ),
    "probe": (PROBE_ATTRIBUTE, PROBE_LAST, PROBE_ASKED, PROBE_GAP),
    "exam": (EXAM_ATTRIBUTE, EXAM_MEASURE, EXAM_LAST, EXAM_ASKED, EXAM_GAP),
}  # fmt: skip
"""Every table by its purpose."""
