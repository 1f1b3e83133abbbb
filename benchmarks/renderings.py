"""The publisher's JATS of a paper, written anew as a web page and as LaTeX: data for the readers.

No paper of the data comes in these formats. The converter shares nothing with the readers that it
tests, and adds what surrounds a text there: menus, scripts, comments, commands, included files. It
stays tidier than what people write.
"""

from __future__ import annotations

import io
import re
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import escape

_SPECIAL = re.compile(r"([%&$#_{}])")
_HTML = {"italic": "em", "bold": "strong", "sup": "sup", "sub": "sub", "monospace": "code"}
_TEX = {"italic": "textit", "bold": "textbf", "sup": "textsuperscript", "sub": "textsubscript"}
_PARTS = ("body", "back", "floats-group")
_GONE = ("graphic", "media", "tex-math", "label", "fn", "object-id")
_BLOCKS = ("fig", "table-wrap", "list", "disp-quote", "supplementary-material", "boxed-text")


def as_html(root: ET.Element) -> bytes:
    """A page like a journal's: its head names the paper, menus stand around the text."""
    title, doi, people = _front(root, _html)
    names = "".join(f'<meta name="citation_author" content="{s}, {g}">' for g, s in people)
    number = f'<meta name="citation_doi" content="{doi}">' if doi else ""
    head = f'<meta charset="utf-8"><title>{title} | A journal</title>{number}{names}'
    abstracts = [_html_blocks(part, 3) for part in root.findall("front/article-meta/abstract")]
    parts = [
        f"<h1>{title}</h1><p>{', '.join(f'{g} {s}' for g, s in people)}</p>",
        *(f"<section><h2>Abstract</h2>{abstract}</section>" for abstract in abstracts),
        *(_html_blocks(part, 2) for tag in _PARTS for part in root.findall(tag)),
    ]
    around = '<nav><ul><li><a href="/">Home</a></li><li>Issues</li></ul></nav>'
    text = f"<main><article>{''.join(parts)}</article></main>"
    page = f"<script>track('page');</script>{around}{text}"
    end = "<aside><p>Read next: another paper of this journal.</p></aside><footer>Terms</footer>"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{page}{end}</body></html>".encode()


def as_latex(root: ET.Element) -> bytes:
    """An archive as arXiv gives it: a main file with commands, each section a file of its own."""
    title, doi, people = _front(root, _tex)
    names = " \\and ".join(f"{given} {surname}" for given, surname in people)
    abstracts = [_tex_blocks(part, 0) for part in root.findall("front/article-meta/abstract")]
    sections = [_tex_blocks(part, 0) for tag in _PARTS for part in root.findall(tag)]
    files = {f"parts/part{number}.tex": text for number, text in enumerate(sections)}
    lines = [
        "\\documentclass{article} % the journal's own", "\\newcommand{\\eg}{e.g.}",
        f"\\title{{{title}}}", f"\\author{{{names}\\thanks{{An address.}}}}", f"\\doi{{{doi}}}",
        "\\begin{document}", "\\maketitle",
        *(f"\\begin{{abstract}}\n{text}\n\\end{{abstract}}" for text in abstracts),
        *(f"\\input{{{name.removesuffix('.tex')}}}" for name in files), "\\end{document}",
    ]  # fmt: skip
    return _packed({"main.tex": "\n".join(lines), **files})


def _packed(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


Inline = Callable[[ET.Element], str]


def _front(root: ET.Element, inline: Inline) -> tuple[str, str, list[tuple[str, str]]]:
    meta = root.find("front/article-meta")
    assert meta is not None
    title = meta.find("title-group/article-title")
    doi = next((a.text for a in meta.findall("article-id") if a.get("pub-id-type") == "doi"), "")
    people = [
        (name.findtext("given-names", ""), name.findtext("surname", ""))
        for name in meta.findall("contrib-group/contrib/name")
    ]
    return ("" if title is None else inline(title)).strip(), doi or "", people


def _inline(
    element: ET.Element, own: Callable[[ET.Element, str], str], plain: Callable[[str], str]
) -> str:
    parts = [plain(element.text or "")]
    for child in element:
        if child.tag not in (*_GONE, *_BLOCKS):
            parts.append(own(child, _inline(child, own, plain)))
        parts.append(plain(child.tail or ""))
    return "".join(parts)


def _html(element: ET.Element) -> str:
    def own(child: ET.Element, text: str) -> str:
        if child.tag == "xref":
            return f'<a href="#{child.get("rid")}">{text}</a>'
        tag = _HTML.get(child.tag)
        return f"<{tag}>{text}</{tag}>" if tag else text

    return _inline(element, own, escape)


def _tex(element: ET.Element) -> str:
    def own(child: ET.Element, text: str) -> str:
        if child.tag == "ext-link" and "://" in text and "{" not in text:
            return f"\\url{{{text}}}"
        return f"\\{_TEX[child.tag]}{{{text}}}" if child.tag in _TEX else text

    def plain(text: str) -> str:
        text = _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text.replace("\\", "\\textbackslash{}")))
        return text.replace("“", "``").replace("”", "''").replace("–", "--").replace("~", "\\~{}")

    return _inline(element, own, plain)


def _html_blocks(element: ET.Element, level: int) -> str:
    parts = []
    for child in element:
        if child.tag in ("sec", "ack", "ref-list", "app"):
            title = child.find("title")
            usual = {"ref-list": "References", "ack": "Acknowledgements"}.get(child.tag, "")
            name = ("" if title is None else _html(title)) or usual
            heading = f"<h{min(level, 6)}>{name}</h{min(level, 6)}>" if name else ""
            parts.append(f"<section>{heading}{_html_blocks(child, level + 1)}</section>")
        elif child.tag == "ref":
            parts.append(f"<ol><li>{_html(child)}</li></ol>")
        elif child.tag in ("fig", "table-wrap"):
            parts.append(_html_float(child))
        elif child.tag == "list":
            items = "".join(f"<li>{_html_blocks(item, level)}</li>" for item in child)
            parts.append(f"<ul>{items}</ul>")
        elif child.tag == "p":
            inner = [part for part in child.iter() if part.tag in ("fig", "table-wrap")]
            lists = _html_blocks_of(child, level)
            parts.append(f"<p>{_html(child)}</p>{lists}{''.join(map(_html_float, inner))}")
        elif child.tag not in ("title", *_GONE):
            parts.append(_html_blocks(child, level))
    return "".join(parts)


def _html_blocks_of(paragraph: ET.Element, level: int) -> str:
    held = ET.Element("held")
    held.extend(part for part in paragraph if part.tag in ("list", "disp-quote", "boxed-text"))
    return _html_blocks(held, level)


def _html_float(element: ET.Element) -> str:
    caption = " ".join(_html(p) for p in element.findall("caption/*"))
    rows = ["".join(f"<td>{_html(cell)}</td>" for cell in row) for row in element.iter("tr")]
    label = element.findtext("label") or ""
    cells = f"<table><tr>{'</tr><tr>'.join(rows)}</tr></table>"
    table = cells if rows else '<img src="figure.png" alt="">'
    return f"<figure>{table}<figcaption><b>{escape(label)}</b> {caption}</figcaption></figure>"


_SECTIONS = ("section", "subsection", "subsubsection", "paragraph", "subparagraph")


def _tex_blocks(element: ET.Element, level: int) -> str:
    parts = []
    for child in element:
        if child.tag in ("sec", "ack", "app"):
            title = child.find("title")
            name = "Acknowledgements" if title is None else _tex(title).strip()
            parts.append(f"\\{_SECTIONS[min(level, 4)]}{{{name}}}\n{_tex_blocks(child, level + 1)}")
        elif child.tag == "ref-list":
            items = [f"\\bibitem{{{ref.get('id')}}} {_tex(ref)}" for ref in child.iter("ref")]
            listed = "\n".join(items)
            parts.append(f"\\begin{{thebibliography}}{{99}}\n{listed}\n\\end{{thebibliography}}")
        elif child.tag in ("fig", "table-wrap"):
            parts.append(_tex_float(child))
        elif child.tag == "list":
            points = "\n".join(f"\\item {_tex_blocks(item, level)}" for item in child)
            parts.append(f"\\begin{{itemize}}\n{points}\n\\end{{itemize}}")
        elif child.tag == "p":
            held = ET.Element("held")
            held.extend(part for part in child if part.tag in _BLOCKS)
            parts.append(f"{_tex(child).strip()} % end\n\n{_tex_blocks(held, level)}")
        elif child.tag not in ("title", *_GONE):
            parts.append(_tex_blocks(child, level))
    return "\n\n".join(parts)


def _tex_float(element: ET.Element) -> str:
    caption = " ".join(_tex(p).strip() for p in element.findall("caption/*"))
    rows = [" & ".join(_tex(cell).strip() for cell in row) + " \\\\" for row in element.iter("tr")]
    body = "\n".join(rows)
    table = f"\\begin{{tabular}}{{l}}\\toprule\n{body}\n\\end{{tabular}}" if rows else ""
    kind = "table" if element.tag == "table-wrap" else "figure"
    shown = table or "\\includegraphics[width=\\linewidth]{figure.png}"
    return f"\\begin{{{kind}}}[t]\\centering\n{shown}\n\\caption{{{caption}}}\n\\end{{{kind}}}"
