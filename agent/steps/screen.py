"""Which of the papers that were read are worth mining, and what they are about."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.context import by_id
from agent.steps.read import file_name
from memory.records import (
    Document,
    Interest,
    Nugget,
    Paper,
    Profile,
    Relevance,
    digest,
)
from tools.endpoints.gather import gather

if TYPE_CHECKING:
    from agent.context import RunContext
    from memory.store import Store

RICHEST = ("jats", "html", "latex", "reading")
"""Readers by how much their format says of a paper's parts; the last reads PDFs."""


async def screened(ctx: RunContext, interest: str, papers: Sequence[str]) -> list[str]:
    """Ids of those of these papers that are worth mining; why the others are not is logged.

    interest: its id. Where a screener is there, it rates each paper once; a rating that did not
    come leaves its paper in.
    """
    wanted, kept, left_out = await ctx.in_thread(_by_words, ctx, interest, papers)
    for paper, why in left_out:
        ctx.log("screen", f"{file_name(paper)}: {why}")
    unfit = await _misfits(ctx, wanted, kept)
    explored = {paper.id for paper in kept if paper.id in unfit and is_explored(wanted, paper)}
    for paper in kept:
        if rate := unfit.get(paper.id):
            told = f"{file_name(paper)}: fits by {rate.score} of 10: {rate.reason}"
            more = " (read all the same, to explore)" if paper.id in explored else ""
            ctx.log("screen", f"{told}{more}")
    fitting = [p.id for p in kept if p.id not in unfit or p.id in explored]
    if left := len(papers) - len(fitting):
        ctx.reporter.say(f"{left} of {len(papers)} papers left out; why: goldpan runs show")
    return fitting


def _by_words(
    ctx: RunContext, name: str, papers: Sequence[str]
) -> tuple[Interest, list[Paper], list[tuple[Paper, str]]]:
    """The interest, the papers that code lets pass, and the others with the reason."""
    interest = ctx.store.get(Interest, name)
    there = by_id(ctx.store.all(Paper, id=list(papers)))
    twice = copies(ctx.store, there)
    kept, left_out = [], []
    for paper in there:
        if not fits(interest, paper):
            left_out.append((paper, "outside the interest's words"))
        elif paper.id in twice:
            left_out.append((paper, f"the same paper as {file_name(twice[paper.id])}"))
        else:
            kept.append(paper)
    return interest, kept, left_out


def fits(interest: Interest, paper: Paper) -> bool:
    """Whether title and abstract hold no excluded word and, where any is included, one of those."""
    text = f"{paper.title} {paper.abstract}".casefold()
    if any(word.casefold() in text for word in interest.exclude):
        return False
    return not interest.include or any(word.casefold() in text for word in interest.include)


async def _misfits(
    ctx: RunContext, interest: Interest, papers: Sequence[Paper]
) -> dict[str, Relevance]:
    """By paper id, the ratings of those that do not fit, where somebody is there to rate them."""
    if (screener := (await ctx.ready_engines()).screener) is None:
        return {}
    from tools.teachers.model.screen import FITTING, asked

    names = [paper.id for paper in papers]
    there = await ctx.in_thread(ctx.store.all, Relevance, interest=interest.id, paper=names)
    held = {
        one.paper: one
        for one in there
        if (one.words, one.made_by) == (asked(interest), screener.made_by)
    }

    async def rate(paper: Paper) -> Relevance | None:
        made = await screener.relevance(interest, paper)
        if made:
            await ctx.in_thread(ctx.store.put, made)
        return made

    made = await gather(rate(paper) for paper in papers if paper.id not in held)
    ratings = [*held.values(), *(one for one in made if one)]
    return {one.paper: one for one in ratings if one.score < FITTING}


def is_explored(interest: Interest, paper: Paper) -> bool:
    """Whether a paper that does not fit is read all the same: the interest's share, by chance.

    The same paper meets the same chance, so that a run which goes on decides as before.
    """
    return int(digest("wild", interest.id, paper.id), 16) < interest.exploration * 16**20


async def profiled(ctx: RunContext, papers: Sequence[str]) -> int:
    """See that each paper has its profile; returns how many got no answer."""
    if (profiler := (await ctx.ready_engines()).profiler) is None:
        return 0
    room = asyncio.Semaphore(ctx.settings.work.papers)
    there = await ctx.in_thread(ctx.store.all, Profile, paper=list(papers))
    done = {one.paper for one in there if one.made_by == profiler.made_by}

    async def profile(paper: str) -> bool:
        async with room:
            [document] = await ctx.in_thread(ctx.store.all, Document, paper=paper)
            if made := await profiler.profile(document):
                await ctx.in_thread(ctx.store.put, made)
            return made is None

    return sum(await gather(profile(paper) for paper in papers if paper not in done))


def copies(store: Store, papers: Sequence[Paper]) -> dict[str, Paper]:
    """Paper ids whose paper is there in another file, and the file that stands for it.

    Two files of one paper would seem two sources that agree. They have the same title and the same
    DOI, or the same text where one of them gives no DOI. The same DOI is not enough: a correction
    names the DOI of what it corrects. What was mined before stays; else the format that says most.
    """
    titled: dict[str, list[Paper]] = {}
    for paper in papers:
        if title := "".join(filter(str.isalnum, paper.title.casefold())):
            titled.setdefault(title, []).append(paper)
    found: dict[str, Paper] = {}
    for files in titled.values():
        if len(files) > 1:
            found.update(_copies(store, files))
    return found


def _copies(store: Store, files: Sequence[Paper]) -> dict[str, Paper]:
    """The same among papers of one title."""
    documents = {paper.id: store.all(Document, paper=paper.id)[0] for paper in files}

    def rank(paper: Paper) -> tuple[bool, int, str]:
        reader = documents[paper.id].made_by.partition("-")[0]
        return not store.count(Nugget, paper=paper.id), RICHEST.index(reader), paper.id

    found: dict[str, Paper] = {}
    kept: list[Paper] = []
    for paper in sorted(files, key=rank):
        for other in kept:
            if paper.doi and other.doi:
                same = paper.doi.casefold() == other.doi.casefold()
            else:
                same = _same_text(documents[paper.id].text, documents[other.id].text)
            if same:
                found[paper.id] = other
                break
        else:
            kept.append(paper)
    return found


def _same_text(a: str, b: str) -> bool:
    """Whether most runs of five words of the shorter text stand in the other one too."""
    one, two = sorted((_runs(a), _runs(b)), key=len)
    return len(one & two) > len(one) / 2


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(*(words[i:] for i in range(5)), strict=False))
