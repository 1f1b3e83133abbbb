"""Claims about profiles written by rule."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Document, Profile
from tools.teachers.offline import OfflineTeacher
from tools.teachers.offline.profile import OfflineProfiler, profile
from tools.teachers.profiler import Profiler
from tools.text.faith import plain

FRONT = """Osk resin against mould

Mira Zell1 and Jon Brask2

1 Institute of Timber, University of Fenmark, Varnstad, Norway

2 Karnatak Academy of Wood Science, India"""
ABSTRACT = (
    "Background: Mould spoils wood. We coated 40 boards with osk resin. "
    "Results: Coated boards carried 12 % less mould than bare boards after one winter. "
    "Conclusion: Osk resin protects boards from mould."
)
BODY = f"""The boards came from Sigma, USA. Mould grew on bare boards, and osk resin slowed it.
{"Mould. " * 400}

Acknowledgements

We thank the Ministry of Forests and the Academy for support."""


def paper(text: str = f"{FRONT}\n\n{ABSTRACT}\n\n{'Mould. ' * 700}\n\n{BODY}") -> Document:
    return Document(
        paper="p", text=text, page_starts=(0,), title="Osk resin against mould",
        abstract=ABSTRACT, authors=("Mira Zell", "Jon Brask", "A. Typist"),
    )  # fmt: skip


def test_a_profile_tells_a_paper_in_its_own_words() -> None:
    made = profile(paper(), "m")
    assert made.summary == (
        "Coated boards carried 12 % less mould than bare boards after one winter. "
        "Osk resin protects boards from mould."
    )
    assert {"osk resin", "mould"} <= set(made.keywords)
    assert made.made_by == "m"


def test_people_are_the_authors_whom_the_text_names() -> None:
    assert profile(paper(), "m").people == ("Mira Zell", "Jon Brask")


def test_organisations_and_places_stand_in_addresses_and_thanks() -> None:
    """Makers of reagents are no places of the work."""
    made = profile(paper(), "m")
    assert set(made.organisations) == {
        "Institute of Timber", "University of Fenmark", "Karnatak Academy of Wood Science",
        "Ministry of Forests",
    }  # fmt: skip
    assert set(made.places) == {"Norway", "India"}


@pytest.mark.parametrize(
    ("line", "keywords"),
    [
        ("Keywords: Osk resin, mould; boards.", ("osk resin", "mould", "boards")),
        ("Key words and phrases — tar · wood", ("tar", "wood")),
        ("Keywords\n\ntar, wood", ("tar", "wood")),
        ("KEYWORDS:\ntar\nwood", ("tar", "wood")),
    ],
)
def test_a_papers_own_keywords_go_first(line: str, keywords: tuple[str, ...]) -> None:
    assert profile(paper(f"{FRONT}\n\n{line}\n\n{BODY}"), "m").keywords == keywords


def test_what_is_not_known_stays_empty() -> None:
    bare = Document(paper="p", text="Mould grows.", page_starts=(0,))
    assert profile(bare, "m") == Profile(paper="p", made_by="m")


@pytest.mark.parametrize("text", ["\n" * 99_999, "Keywords:\n" * 9_999, "University of " * 9_999])
def test_a_monstrous_text_has_its_profile_at_once(text: str) -> None:
    """Patterns that look back and forth would take hours; the suite's time limit would end them."""
    assert profile(paper(text), "m").paper == "p"


def test_the_profiler_is_named_after_the_rules() -> None:
    profiler: Profiler = OfflineProfiler()
    made = asyncio.run(profiler.profile(paper()))
    assert made == profile(paper(), OfflineTeacher().made_by)


def bears_out(made: Profile, document: Document) -> bool:
    text = plain(f"{document.title} {document.abstract} {document.text}")
    names = (*made.people, *made.organisations, *made.places)
    return all(name in text for name in names) and all(
        keyword in text.lower() for keyword in made.keywords
    )


@given(st.text(max_size=300), st.text(max_size=200), st.lists(st.text(max_size=9), max_size=3))
def test_whatever_a_paper_says_its_profile_says_nothing_else(
    text: str, abstract: str, authors: list[str]
) -> None:
    document = Document(
        paper="p", text=text, page_starts=(0,), abstract=abstract, authors=tuple(authors)
    )
    made = profile(document, "m")
    assert all(word in plain(abstract) for word in made.summary.split())
    assert bears_out(made, document)


def test_the_profile_of_a_real_paper_is_borne_out_by_it(shared: Path) -> None:
    from tools.reading import read

    found = read(shared / "papers" / "pairs" / "PMC4391421" / "paper.pdf", "p").document
    made = profile(found, "m")
    assert bears_out(made, found)
    assert "West University of Timișoara" in made.organisations
    assert made.places == ("Romania",)
    assert "47.59%" in made.summary
