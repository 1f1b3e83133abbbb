"""Extracting: what the offline teacher takes of labelled texts, and how well it is grounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import labelled, slips
from benchmarks.figures import Figure, Part, Plot, Table, need
from benchmarks.labelled import LabelledNuggets, Text
from benchmarks.papers import MeasuredPaper, extracted
from evals.stats import wilson
from memory.records import Nugget
from tools.nuggets import plain
from tools.teachers import Engine
from tools.teachers.offline import OfflineTeacher

ABOUT = """
The offline teacher reads labelled texts without their labels, and each quote is traced back to its
label by offsets. Rules were looked at and weights fitted on one half of each corpus (every other
text; for computer science another slice); the figures are those of the other half, the table shows
both. Beside it stand two naive teachers that take the last two sentences of an abstract, or all.
Full papers are PDFs as our reader reads them; where a quote stands is looked up in the publisher's
own file. Whether a claim keeps to its quote is checked three times: by the product's grounding, by
plain expressions written for this benchmark alone, and by planting slips in accepted claims and
counting which of them the grounding finds. Full papers and slips were not split in halves.
"""


class Corpus(NamedTuple):
    """Labelled texts in two halves."""

    name: str
    short: str
    developed: Sequence[Text]
    held_out: Sequence[Text]
    right: frozenset[str]
    """Labels of what a paper found."""
    aim: float | None


class Counted(NamedTuple):
    """How a teacher did on some texts."""

    texts: int
    nuggets: int
    right: int
    wanted: int
    """Sentences of a right label."""
    found: int
    """Those of them that were taken."""

    @property
    def precision(self) -> float:
        """Share of what was taken that is of a right label."""
        return self.right / max(1, self.nuggets)

    @property
    def recall(self) -> float:
        """Share of the sentences of a right label that was taken."""
        return self.found / max(1, self.wanted)


def measure(data: Path) -> Part:
    """Everything about extraction and grounding, on `data`."""
    bench, pairs = data / "bench", data / "papers" / "pairs"
    need(bench / "pmc_structured_abstracts.jsonl", bench / "az", pairs)
    teacher = OfflineTeacher()
    results = [tried(teacher, corpus) for corpus in corpora(bench)]
    texts = [one for result in results for one in (*result.developed, *result.held_out)]
    papers = extracted(teacher, pairs)
    nuggets = [*(n for one in texts for n in one.nuggets), *(n for p in papers for n in p.nuggets)]
    slipped, harmless = slips.planted(nuggets, slips.SLIPS), slips.planted(nuggets, slips.HARMLESS)
    names = ("taken", "last two sentences", "every sentence")
    return Part.of(
        "extracting",
        "Extracting: findings of this paper, grounded",
        ABOUT,
        ("lemminflect", "pypdfium2"),
        figures=(
            *(of_corpus(result) for result in results),
            *of_papers(papers),
            *of_claims(nuggets, papers),
            *slips.of_slips(slipped, harmless),
            speed(texts),
        ),
        tables=(
            by_corpus(results),
            by_zone(texts),
            by_paper(papers),
            slips.by_slip("Slips planted in accepted claims", "found", slipped),
            slips.by_slip("Harmless rewordings of accepted claims", "wrongly refused", harmless),
        ),
        plots=(
            Plot(
                name="precision",
                title="Share of what is taken that the paper found (held-out half)",
                y="share",
                labels=tuple(result.corpus.short for result in results),
                bars={
                    name: tuple(result.counted[i].precision for result in results)
                    for i, name in zip((1, 2, 3), names, strict=True)
                },
            ),
            Plot(
                name="papers",
                title="Nuggets of full papers by where their quotes stand",
                y="nuggets",
                labels=tuple(paper.name for paper in papers),
                bars={
                    zone: tuple(float(paper.zones[zone]) for paper in papers)
                    for zone in ("findings", "elsewhere")
                },
                aim=8,
            ),
        ),
    )


class ExtractionScore(NamedTuple):
    """What a teacher took of a corpus."""

    corpus: Corpus
    developed: list[LabelledNuggets]
    held_out: list[LabelledNuggets]
    counted: tuple[Counted, Counted, Counted, Counted]
    """On the half developed on, on the held-out half; there the last two sentences, and all."""


def tried(teacher: Engine, corpus: Corpus) -> ExtractionScore:
    """A teacher on a corpus."""
    developed = [labelled.labelled_nuggets(teacher, text) for text in corpus.developed]
    held_out = [labelled.labelled_nuggets(teacher, text) for text in corpus.held_out]
    right = corpus.right
    return ExtractionScore(corpus, developed, held_out,
                  (count(developed, right), count(held_out, right),
                   naive(held_out, right, 2), naive(held_out, right, None)))  # fmt: skip


def corpora(bench: Path) -> list[Corpus]:
    """All labelled corpora; every other text is held out, but for computer science."""
    pmc = labelled.pmc(bench / "pmc_structured_abstracts.jsonl")
    qa = labelled.pubmedqa(bench / "pubmedqa_labeled_not_test.json")
    nicta = labelled.nicta(bench / "nicta_piboso_dev.txt")
    zoned = [labelled.zoned(path) for path in sorted((bench / "az").glob("*.xml"))]
    found = frozenset({"RESULTS", "CONCLUSIONS"})
    return [
        Corpus("biology (PMC)", "PMC", pmc[::2], pmc[1::2], found, 0.85),
        Corpus("medicine (PubMedQA)", "PubMedQA", qa[::2], qa[1::2], found, None),
        Corpus("medicine (NICTA)", "NICTA", nicta[::2], nicta[1::2], frozenset({"outcome"}), None),
        Corpus("computer science", "CS",
               labelled.csabstruct(bench / "csabstruct_train_slice.jsonl"),
               labelled.csabstruct(bench / "csabstruct_dev.jsonl"), frozenset({"result"}), None),
        Corpus("linguistics, whole papers (AZ)", "AZ", zoned[::2], zoned[1::2],
               frozenset({"OWN"}), 0.75),
    ]  # fmt: skip


def count(taken: Sequence[LabelledNuggets], right: frozenset[str]) -> Counted:
    """How many nuggets are right, and how much of what is right they are."""
    labels = [label for one in taken for label in one.labels]
    wanted = [quoted for one in taken for label, quoted in one.sentences if label in right]
    good = sum(label in right for label in labels)
    return Counted(len(taken), len(labels), good, len(wanted), sum(wanted))


def naive(taken: Sequence[LabelledNuggets], right: frozenset[str], last: int | None) -> Counted:
    """A teacher that takes so many last sentences of a text, or all."""
    texts = [[label in right for label, _ in one.sentences] for one in taken]
    kept = [labels[-last:] if last else labels for labels in texts]
    good = sum(map(sum, kept))
    return Counted(len(texts), sum(map(len, kept)), good, sum(map(sum, texts)), good)


def of_corpus(result: ExtractionScore) -> Figure:
    """Precision on the held-out half, with its yield."""
    developed, held, *_ = result.counted
    low, high = wilson(held.right, held.nuggets)
    return Figure(
        name=f"Nuggets that are findings: {result.corpus.name}", value=held.precision, low=low,
        high=high, n=held.nuggets, aim=result.corpus.aim,
        note=f"{held.nuggets / held.texts:.1f} nuggets a text, recall {held.recall:.2f}; "
        f"on the half developed on {developed.precision:.3f}",
    )  # fmt: skip


def by_corpus(results: Sequence[ExtractionScore]) -> Table:
    """Both halves of each corpus beside the naive teachers."""
    rows = []
    for result in results:
        developed, held, last, whole = result.counted
        values = (held.nuggets / held.texts, held.precision, held.recall, developed.precision,
                  developed.recall, last.precision, last.recall, whole.precision)  # fmt: skip
        rows.append((result.corpus.name, held.texts, *(round(value, 3) for value in values)))
    return Table(
        title="Labelled texts: held-out half, the half developed on, two naive teachers",
        columns=("corpus", "texts", "nuggets a text", "precision", "recall",
                 "developed on: precision", "recall", "last two sentences: precision", "recall",
                 "every sentence: precision"),
        rows=tuple(rows),
    )  # fmt: skip


def by_zone(every: Sequence[LabelledNuggets]) -> Table:
    """Nuggets of whole papers by argumentative zone, both halves."""
    kept = Counter(label for one in every for label in one.labels)
    said = Counter(label for one in every for label, _ in one.sentences)
    return Table(
        title="Argumentative zones of the linguistics papers, both halves",
        columns=("zone", "what it is", "counted as", "sentences", "nuggets"),
        rows=tuple(
            (zone, meaning, "right" if zone == "OWN" else "wrong", said[zone], kept[zone])
            for zone, meaning in labelled.ZONES.items()
        ),
    )


def speed(every: Sequence[LabelledNuggets]) -> Figure:
    """How fast the teacher is, reading apart."""
    sentences = sum(len(one.sentences) for one in every)
    return Figure(name="Speed", value=sentences / sum(one.seconds for one in every),
                  unit="sentences per CPU-second", n=sentences, note="reading apart")  # fmt: skip


def of_papers(papers: Sequence[MeasuredPaper]) -> list[Figure]:
    """Figures of full papers."""
    research = [paper for paper in papers if paper.kind == "research"]
    inside = sum(paper.zones["findings"] for paper in research)
    outside = sum(paper.zones["elsewhere"] for paper in research)
    low, high = wilson(inside, inside + outside)
    nuggets = [n for paper in papers for n in paper.nuggets]
    located = sum(paper.located for paper in papers)
    fewest = min(research, key=lambda paper: len(paper.nuggets))
    return [
        Figure(name="Quotes of full papers in results, discussion or conclusion",
               value=inside / (inside + outside), low=low, high=high, n=inside + outside, aim=0.85,
               note="against introduction, methods and references; other headings apart"),
        Figure(name="Fewest nuggets of a research paper", value=len(fewest.nuggets), aim=8,
               n=len(research), note=fewest.name),
        Figure(name="Nuggets of corrections", aim=0, better="lower",
               value=sum(len(p.nuggets) for p in papers if p.kind == "notice"),
               n=sum(p.kind == "notice" for p in papers)),
        Figure(name="Quotes found at their offsets in the stored text", aim=1,
               value=located / len(nuggets), n=len(nuggets)),
    ]  # fmt: skip


def of_claims(nuggets: Sequence[Nugget], papers: Sequence[MeasuredPaper]) -> list[Figure]:
    """Figures of all claims: do they keep to their quotes, do they stand alone?"""
    claims = [plain(nugget.claim) for nugget in nuggets]
    agree = sum(slips.agrees(plain(n.claim), plain(n.quote)) for n in nuggets)
    leans = {name: sum(map(bool, map(cue.search, claims))) for name, cue in slips.LEANS.items()}
    short, extracted = sum(p.unexplained for p in papers), sum(len(p.nuggets) for p in papers)
    return [
        Figure(name="Claims whose numbers, units and denials are their quotes'", aim=1,
               value=agree / len(claims), n=len(claims), note="by plain expressions"),
        Figure(name="Claims that lean on their paper", aim=0, better="lower",
               value=sum(leans.values()) / len(claims), n=len(claims),
               note=", ".join(f"{name} {n}" for name, n in leans.items())),
        Figure(name="Claims with an abbreviation that their paper explains and they do not",
               value=short / extracted, better="lower", n=extracted),
    ]  # fmt: skip


def by_paper(papers: Sequence[MeasuredPaper]) -> Table:
    """Full papers one by one, those without findings last."""
    rows = tuple(
        (p.name, p.kind, p.pages, len(p.nuggets), p.zones["findings"], p.zones["elsewhere"],
         p.zones["abstract"], p.zones["other headings"], p.zones["not found"])
        for p in sorted(papers, key=lambda p: (p.kind != "research", p.kind, p.name))
    )  # fmt: skip
    return Table(
        title="Full papers: where the quotes of their nuggets stand",
        columns=("paper", "kind", "pages", "nuggets", "results, discussion, conclusion",
                 "introduction, methods, references", "abstract without parts", "other headings",
                 "not in the publisher's text"),
        rows=rows,
    )  # fmt: skip
