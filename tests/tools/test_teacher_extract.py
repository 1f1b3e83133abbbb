from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agent
from memory.records import Document, Nugget, Passage, digest
from tools.nuggets import grounded
from tools.teachers import Engine
from tools.teachers.offline import OfflineTeacher
from tools.teachers.offline.abbreviations import explained, spelled_out
from tools.teachers.offline.claims import claim_of
from tools.teachers.offline.clauses import parse
from tools.teachers.offline.roles import section_role
from tools.text.sentences import split

TEACHER: Engine = OfflineTeacher()
Section = tuple[tuple[str, ...], Sequence[str]]


def paper(name: str, sections: Iterable[Section], title: str = "") -> list[Nugget]:
    """What the teacher extracts of a paper given as (section path, paragraphs)."""
    text, passages = "", []
    for path, paragraphs in sections:
        for paragraph in paragraphs:
            start, text = len(text), text + paragraph
            passages.append(
                Passage(
                    paper=name, section=path, page=1, start=start, end=len(text), text=paragraph
                )
            )
            text += "\n\n"
    document = Document(paper=name, text=text, page_starts=(0,), title=title)
    found = TEACHER.extract(document, passages)
    assert grounded(found, document, passages) == found
    return found


def claims(*sentences: str, section: str = "Results", title: str = "") -> list[str]:
    return [nugget.claim for nugget in paper("p", [((section,), [" ".join(sentences)])], title)]


@pytest.mark.parametrize(
    ("quote", "claim"),
    [
        (
            "However, our measurements show that the melting point of osk resin is 412 K (Fig. 2).",
            "The melting point of osk resin is 412 K.",
        ),
        (
            "In this study, we found that resin treatment halved the growth of mould.",
            "Resin treatment halved the growth of mould.",
        ),
        (
            "These results suggest that osk resin protects damp wood from mould.",
            "Evidence suggests that osk resin protects damp wood from mould.",
        ),
        (
            "Taken together, the data indicate that moths may find osk trees by smell.",
            "Moths may find osk trees by smell.",
        ),
        (
            "As shown in Table 3, osk trees lose 23.4 % of their leaves in spring.",
            "Osk trees lose 23.4 % of their leaves in spring.",
        ),
        (
            "We observed a sharp fall in the yield of osk trees after frost.",
            "A sharp fall in the yield of osk trees after frost was observed.",
        ),
        (
            "We found osk resin to be harmless to bees and moths.",
            "Osk resin was found to be harmless to bees and moths.",
        ),
        (
            "Figure 2 shows that osk trees lose their leaves in spring.",
            "Osk trees lose their leaves in spring.",
        ),
        (
            "Using a lens, we found that osk resin reduced the growth of mould.",
            "Osk resin reduced the growth of mould.",
        ),
        (
            "The bark of osk trees was found in the present study to be thin.",
            "The bark of osk trees was found to be thin.",
        ),
    ],
)
def test_a_claim_is_its_sentence_without_what_leans_on_the_paper(quote: str, claim: str) -> None:
    assert claim_of(quote).text == claim


@pytest.mark.parametrize(
    ("quote", "claim"),
    [
        (
            "In mice, we found that osk resin reduced growth by 5 %.",
            "In mice, osk resin reduced growth by 5 %.",
        ),
        (
            "Tests in mice showed that osk resin reduced growth by 5 %.",
            "In mice, osk resin reduced growth by 5 %.",
        ),
        (
            "Among women over 60 we observed that osk resin shortened sleep.",
            "Among women over 60, osk resin shortened sleep.",
        ),
        (
            "After frost, the data suggest that osk resin protects wood.",
            "Evidence suggests that after frost, osk resin protects wood.",
        ),
    ],
)
def test_a_claim_keeps_where_its_finding_holds(quote: str, claim: str) -> None:
    """Without `in mice` a finding would be claimed of all that lives."""
    assert claim_of(quote).text == claim


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ("This reduced the growth of mould by 12 % in all plots.", "dangling"),
        ("They were found to feed on the leaves of the osk tree.", "dangling"),
        ("Such trees lost more than half of their leaves in spring.", "dangling"),
        ("The latter was reduced by 12 % after one week of frost.", "dangling"),
        ("The extract was more effective than water in all plots.", "dangling"),
        ("Figure 2 shows the leaves that osk trees lose in spring.", "caption"),
        ("Table 1. Leaves lost by osk trees in spring and autumn.", "caption"),
        ("Osk trees lose their leaves as in Fig. 3 of the supplement.", "figure"),
        ("We used osk resin against mould because our wood was damp.", "first_person"),
        ("The present study reports the growth of mould on osk wood.", "first_person"),
        ("Does osk resin slow the growth of mould on damp wood?", "question"),
        ("of osk resin on the growth of mould was found in spring.", "fragment"),
        ("The growth of mould on damp osk wood in spring", "fragment"),
        ("Resin slows mould.", "length"),
        ("Osk resin slows mould, see https://example.org for all data.", "link"),
    ],
)
def test_a_sentence_that_cannot_stand_alone_is_refused(quote: str, reason: str) -> None:
    assert claim_of(quote).refused == reason


def test_findings_are_kept_and_background_methods_and_other_peoples_work_are_not() -> None:
    kept = claims(
        "Previous studies have shown that osk resin slows the growth of mould.",
        "Osk resin reduced the growth of mould by 12 % in damp wood [4].",
        "Wood samples were collected from three sites and dried at 40 °C.",
        "Osk resin reduced the growth of mould by 15 % in damp wood.",
    )
    assert kept == ["Osk resin reduced the growth of mould by 15 % in damp wood."]


def test_the_introduction_and_the_references_give_no_findings() -> None:
    finding = "Osk resin reduced the growth of mould by 15 % in damp wood."
    assert claims(finding)
    for section in ("Introduction", "References", "Acknowledgements", "Author contributions"):
        assert not claims(finding, section=section)


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("INTRODUCTION", "background"),
        ("III. Results and Analysis", "result"),
        ("2.1. Materials & Methods", "method"),
        ("Results > Extraction of resin", "result"),
        ("Methods > Effects of frost", "method"),
        ("Search strategy > Results and Discussion", "discussion"),
        ("Abstract > Methods", "method"),
        ("Appendix A > Results", "other"),
        ("Results > Availability of water", "result"),
        ("Data availability", "other"),
        ("Forestry and agriculture", ""),
        ("Ablation study", "result"),
    ],
)
def test_an_outline_tells_what_its_text_is(path: str, role: str) -> None:
    assert section_role(path.split(" > ")) == role


def test_a_heading_that_says_nothing_goes_on_with_what_stands_above_it() -> None:
    """Outlines lose their levels in typesetting: `Osk extract` was a part of the methods."""
    finding = "Osk resin reduced the growth of mould by {} % in damp wood."
    told = [finding.format(number) for number in (11, 22, 33, 44)]
    names = ("Methods", "Osk extract", "Results", "Wood")
    kept = paper("p", [((name,), [text]) for name, text in zip(names, told, strict=True)])
    assert [nugget.claim for nugget in kept] == told[2:]


def test_a_label_that_runs_into_its_sentence_is_read_as_a_heading_and_left_out_of_the_claim() -> (
    None
):
    kept = claims(
        "Background: Osk resin is a common remedy that slows the growth of mould.",
        "Methods: Damp wood was treated with resin and the growth of mould was measured.",
        "Results: Osk resin reduced the growth of mould by 15 % in damp wood.",
        section="Abstract",
    )
    assert kept == ["Osk resin reduced the growth of mould by 15 % in damp wood."]


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("Corrigendum to “The resin of the osk tree”", ""),
        ("Corrigendum: The resin of the osk tree", ""),
        ("The resin of the osk tree (Erratum)", ""),
        ("Erratum for Oak et al., The resin of the osk tree", ""),
        ("Correction to: The resin of the osk tree", ""),
        ("Author Correction: The resin of the osk tree", ""),
        ("Publisher’s Correction: The resin of the osk tree", ""),
        ("RETRACTED: The resin of the osk tree", ""),
        ("Retraction Note: The resin of the osk tree", ""),
        ("Notice of Retraction: The resin of the osk tree", ""),
        ("Expression of Concern: The resin of the osk tree", ""),
        ("Editorial Expression of Concern on “The resin of the osk tree”", ""),
        ("Withdrawal notice: The resin of the osk tree", ""),
        ("Addendum: The resin of the osk tree", ""),
        ("The resin of the osk tree", "This corrects the article “The resin of the osk tree”."),
        ("", "In the article titled “The resin of the osk tree”, Table 1 is wrong in two rows."),
        ("The resin of the osk tree", "This article has been retracted at the authors’ request."),
        ("Resin", "The original version of this article contained an error in Table 2."),
    ],
)
def test_a_notice_about_another_paper_gives_no_new_findings(title: str, first: str) -> None:
    finding = "Osk resin reduced the growth of mould by 15 % in damp wood."
    assert not claims(first, finding, title=title)


@pytest.mark.parametrize(
    "title",
    ["Correction of nearsightedness in osk moths", "Error correction: osk codes",
     "Retraction of osk leaves at night", ""],
)  # fmt: skip
def test_a_paper_about_corrections_is_no_notice(title: str) -> None:
    finding = "Osk resin reduced the growth of mould by 15 % in damp wood."
    assert claims(finding, title=title) == [finding]


def test_an_abbreviation_that_the_paper_explains_is_spelled_out_in_the_claim() -> None:
    kept = paper(
        "p",
        [
            (("Methods",), ["Growth was read as mean mould area (MMA) on Pinus alba (Pa) wood."]),
            (("Results",), ["MMA fell by 12 % in 3 weeks. Resin halved the MMA on 4 boards of Pa.",
                            "Resin from 5 trees kept the mean mould area (MMA) low (MMA of 2)."]),
        ],
    )  # fmt: skip
    assert [nugget.claim for nugget in kept] == [
        "Mean mould area (MMA) fell by 12 % in 3 weeks.",
        "Resin halved the mean mould area (MMA) on 4 boards of Pinus alba (Pa).",
        "Resin from 5 trees kept the mean mould area (MMA) low (MMA of 2).",
    ]


@pytest.mark.parametrize(
    ("text", "longs"),
    [
        ("the heart rate (HR) and the heart rates (HR)", {"HR": "heart rate"}),
        ("human immune cells (HICs)", {"HICs": "human immune cells"}),
        ("X-ray diffraction (XRD)", {"XRD": "X-ray diffraction"}),
        ("heat loss (HL) and head length (HL)", {}),
        ("wood (Fig) was dry (DRY), or was (it) not (I)", {}),
        ("(A) in (BC)", {}),
    ],
)
def test_what_a_paper_explains_in_two_ways_or_not_at_all_is_left_alone(
    text: str, longs: dict[str, str]
) -> None:
    assert explained(text) == longs


@given(st.text(alphabet="abAB (),.-", max_size=60))
def test_any_text_is_searched_for_abbreviations_without_a_crash(text: str) -> None:
    assert spelled_out(text, explained(text)).count("(") >= text.count("(")


def test_a_paper_says_a_thing_once() -> None:
    finding = "Osk resin reduced the growth of mould by 15 % in damp wood."
    assert len(paper("p", [(("Abstract",), [finding]), (("Results",), [finding])])) == 1


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=3))
def test_any_text_is_read_without_a_crash_and_gives_only_grounded_nuggets(
    paragraphs: list[str],
) -> None:
    paper("p", [(("Results",), [text for text in paragraphs if text])])


@given(st.text(alphabet="abS. ,()[1]?\"'\n", max_size=120))
def test_sentences_are_in_order_do_not_overlap_and_lose_only_blanks(text: str) -> None:
    spans = split(text)
    ends = [0, *(span.end for span in spans)]
    starts = [*(span.start for span in spans), len(text)]
    assert all(not text[a:b].strip() for a, b in zip(ends, starts, strict=True))


def test_stops_that_end_no_sentence_are_read_over() -> None:
    text = (
        "S. mutans (cf. Fig. 2) grew to 1.5 mm, e.g. in vitamin C. The rest, i.e. L. casei et al., "
        "died.12 Growth (approx. 3 mm. In all) stopped."
    )
    assert [text[a:b].split()[0] for a, b in split(text)] == ["S.", "The", "Growth"]


@pytest.mark.parametrize(
    ("sentence", "subject", "group"),
    [
        ("The moth feeds on leaves of the osk tree.", "The moth", "feeds"),
        ("In mice, extract obtained from leaves slowed growth.", "extract obtained from leaves",
         "slowed"),
        ("Compared with controls, treated rats had lower weights.", "treated rats", "had"),
        ("Although plots that were dry lost leaves, yield rose.", "yield", "rose"),
        ("Osk resin does not dissolve in water.", "Osk resin", "does not dissolve"),
        ("The presence of gene X increases the risk.", "The presence of gene X", "increases"),
        ("Chromosome 9 was easily identified in rice.", "Chromosome 9", "was easily identified"),
    ],
)  # fmt: skip
def test_the_main_clause_is_found(sentence: str, subject: str, group: str) -> None:
    clause = parse(sentence)
    assert clause is not None
    assert (clause.subject, clause.group) == (subject, group)


def test_rules_that_give_something_else_have_another_name() -> None:
    """What was extracted under a name is not extracted again under it: change both together."""
    nuggets = []
    for file in sorted((Path(agent.__file__).parent / "demo/sample/papers").glob("*.md")):
        title, *sections = re.split(r"^#+ ", file.read_text("utf-8"), flags=re.M)[1:]
        parts = [section.partition("\n") for section in sections]
        nuggets += paper(
            file.stem, [((head,), rest.strip().split("\n\n")) for head, _, rest in parts], title
        )
    asked = [TEACHER.questions(nugget, nuggets) for nugget in nuggets]
    given = [one.model_dump_json() for some in (nuggets, *asked) for one in some]
    assert (TEACHER.made_by, digest(*given)) == ("offline:b018fd3284fe", "4dffe7156b9fd58e9e7b")


def share(found: list[Nugget], roles: dict[str, str], right: set[str]) -> Counter[bool]:
    """How many quotes are of a right role, and how many are not."""
    counts: Counter[bool] = Counter()
    for nugget in found:
        quote = " ".join(nugget.quote.split())
        role = roles.get(quote) or next(
            (r for s, r in roles.items() if quote in s or s in quote), ""
        )
        counts[role in right] += 1
    return counts


def test_what_is_kept_of_abstracts_comes_from_results_and_conclusions(shared: Path) -> None:
    """The roles are the authors' own section labels; the teacher does not see them."""
    counts: Counter[bool] = Counter()
    with (shared / "bench" / "pmc_structured_abstracts.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            labelled = [(" ".join(s.split()), part["role"]) for part in record["sections"]
                        for s in part["sentences"]]  # fmt: skip
            abstract = " ".join(sentence for sentence, _ in labelled)
            found = paper(record["pmcid"], [(("Abstract",), [abstract])])
            counts += share(found, dict(labelled), {"RESULTS", "CONCLUSIONS"})
    assert counts[True] >= 0.85 * counts.total()
    assert counts.total() > 800


def zoned(text: str) -> tuple[list[tuple[tuple[str, ...], list[str]]], dict[str, str]]:
    """Sections and zone by sentence of one annotated paper."""
    sections: list[tuple[tuple[str, ...], list[str]]] = []
    zones: dict[str, str] = {}
    blocks = r"<(ABSTRACT|HEADER|P)\b[^>]*>(.*?)</\1>"
    for kind, body in re.findall(blocks, text, re.DOTALL):
        if kind == "HEADER":
            sections.append(((re.sub(r"<.*?>", "", body).strip(),), []))
            continue
        said = list(_zoned_sentences(body))
        zones.update(said)
        if kind == "ABSTRACT":
            sections.append((("Abstract",), []))
        if sections:
            sections[-1][1].append(" ".join(sentence for sentence, _ in said))
    return sections, zones


def _zoned_sentences(body: str) -> Iterator[tuple[str, str]]:
    for zone, raw in re.findall(
        r"<(?:A-)?S [^>]*?AZ='(\w+)'[^>]*>(.*?)</(?:A-)?S>", body, re.DOTALL
    ):
        cited = re.sub(r"<REF[^>]*>(.*?)</REF>", r"(\1, 1990)", raw)
        plain = re.sub(r"<.*?>", "", cited.replace("<CREF/>", "Figure 1"))
        yield re.sub(r" ([.,;:)?!])", r"\1", " ".join(plain.split())).replace("( ", "("), zone


def test_what_is_kept_of_papers_is_their_own_work(shared: Path) -> None:
    """Argumentative zones by human annotators; OWN is what the paper itself did or found."""
    counts: Counter[bool] = Counter()
    for file in sorted((shared / "bench" / "az").glob("*.xml")):
        sections, zones = zoned(file.read_text("latin-1"))
        counts += share(paper(file.stem, sections), zones, {"OWN"})
    assert counts[True] >= 0.75 * counts.total()
    assert counts.total() > 200


def truth(folder: Path) -> list[Nugget]:
    """Nuggets of a paper as its publisher gives the text."""
    title, *lines = (folder / "truth.txt").read_text("utf-8").split("\n")
    sections: list[tuple[tuple[str, ...], list[str]]] = []
    for line in lines:
        if line.startswith("## "):
            sections.append((tuple(line[3:].split(" > ")), []))
        elif line.strip() and sections:
            sections[-1][1].append(line)
    return paper(folder.name, sections, title)


def test_research_papers_give_enough_nuggets_and_notices_none(shared: Path) -> None:
    counts = {
        folder.name: len(truth(folder))
        for folder in sorted((shared / "papers" / "pairs").iterdir())
        if folder.is_dir()
    }
    # The journal of open source education publishes descriptions of courses, not findings.
    research = {name: n for name, n in counts.items() if not name.startswith("jose")}
    assert research.pop("PMC5987334") == 0  # a corrigendum
    assert min(research.values()) >= 8
