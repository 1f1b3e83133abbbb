"""Which papers are mined."""

from __future__ import annotations

from agent.steps.screen import copies
from memory.records import Document, Nugget, Paper
from tests.agent.fakes import World

TITLE = "Pitch of the Chimestones"


def held(world: World, name: str, reader: str, title: str = TITLE, doi: str = "10.1/x") -> Paper:
    paper = Paper(canonical=name, title=title, doi=doi)
    world.space.store.add(
        paper, Document(paper=paper.id, text=name, page_starts=(0,), made_by=reader)
    )
    return paper


def test_of_two_files_of_one_paper_the_richer_is_mined(world: World) -> None:
    """Mined twice, a paper would seem to be two that agree."""
    pdf = held(world, "a", "reading-2", "Pitch of the chime-stones", "10.1/X")
    jats = held(world, "b", "jats-1")
    assert copies(world.space.store, [pdf, jats]) == {pdf.id: jats}


def test_what_was_mined_before_stays(world: World) -> None:
    pdf, jats = held(world, "a", "reading-2"), held(world, "b", "jats-1")
    world.space.store.add(
        Nugget(paper=pdf.id, passage="p", page=1, claim="c", quote="a", start=0, end=1)
    )
    assert copies(world.space.store, [pdf, jats]) == {jats.id: pdf}


def test_a_correction_is_no_copy_of_the_paper_whose_doi_it_names(world: World) -> None:
    paper = held(world, "a", "reading-2")
    correction = held(world, "b", "reading-2", f"Correction to: {TITLE}")
    assert copies(world.space.store, [paper, correction]) == {}


def test_without_a_doi_the_text_decides(world: World) -> None:
    """Two editorials of one title are two; a manuscript and its print are one."""
    print_ = "The pitch of the ninth stone fell by two hertz in the wet year of the survey."
    jats = held(world, print_, "jats-1")
    manuscript = held(world, f"Draft. {print_}", "reading-2", doi="")
    another = held(world, "Of other stones nothing was heard in all these years.", "html-1", doi="")
    papers = [manuscript, another, jats]
    assert copies(world.space.store, papers) == {manuscript.id: jats}


def test_papers_of_two_dois_or_without_a_title_are_never_copies(world: World) -> None:
    papers = [held(world, name, "reading-2", doi=f"10.1/{name}") for name in "ab"]
    papers += [held(world, name, "reading-2", title="") for name in "cd"]
    assert copies(world.space.store, papers) == {}
