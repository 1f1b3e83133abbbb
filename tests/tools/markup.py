"""A small paper in each kind of mark-up."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

LONG = "The moss on the northern wall grew faster than the moss on the southern wall. " * 12

JATS = f"""<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.2//EN" "JATS.dtd">
<article xmlns:mml="http://www.w3.org/1998/Math/MathML"><front><article-meta>
<article-id pub-id-type="doi">10.1234/moss.5</article-id>
<title-group><article-title>Moss on <italic>walls</italic></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Fell</surname>
<given-names>Ada</given-names></name></contrib></contrib-group>
<abstract><sec><title>Background</title><p>Moss is old.</p></sec>
<sec><title>Results</title><p>It grew by 12 mm.</p></sec></abstract></article-meta></front>
<body><sec><label>1</label><title>Results</title>
<p>Growth was 12 mm<sup><xref ref-type="bibr" rid="b1">3</xref></sup> in 10<sup>5</sup> plots of
H<sub>2</sub>O<fn><p>On walls only.</p></fn> and obeys
<disp-formula><mml:math><mml:mi>c</mml:mi><mml:mo>=</mml:mo><mml:mfrac><mml:msup><mml:mi>a</mml:mi>
<mml:mn>2</mml:mn></mml:msup><mml:mi>b</mml:mi></mml:mfrac></mml:math>
<label>(1)</label></disp-formula>
where a is the area.<fig><label>Figure 2</label><caption><title>Growth</title><p>In shade.</p>
</caption></fig></p><table-wrap><label>Table 1</label><caption><p>Cover.</p></caption><table>
<tr><th>Year</th><th>Cover</th></tr><tr><td>1</td><td>12%</td></tr></table></table-wrap>
<sec><title>Shade</title><p>{LONG}</p></sec></sec></body>
<back><ack><p>We thank the wall.</p></ack><ref-list><ref><mixed-citation>Holm B. Walls of old. 1999.
</mixed-citation></ref></ref-list></back></article>"""

PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8">
<title>ar5iv: Deep moss</title></head><body>
<nav><p>Home Login</p></nav><article class="ltx_document">
<h1 class="ltx_title ltx_title_document">Deep moss</h1>
<div class="ltx_authors"><span class="ltx_personname">Ada Fell</span></div>
<div class="ltx_abstract"><h6>Abstract</h6><p>Moss grew by 12 mm.</p></div>
<section><h2><span class="ltx_tag">1 </span>Introduction</h2><div class="ltx_para">
<p>Moss is old <cite>[<a href="#bib1">1</a>]</cite> and obeys<span
class="ltx_note ltx_role_footnote"><sup class="ltx_note_mark">1</sup>
<span class="ltx_note_content">On walls.</span></span></p>
<table class="ltx_equation"><tr><td><math alttext="c"><mi>c</mi><mo>=</mo><mn>2</mn></math></td>
</tr></table>
<p>where c is the cover.</p></div><section><h3>Shade</h3><p>{LONG}</p>
<figure><figcaption>Table 1: Cover.</figcaption><table><tr><td>Year</td><td>Cover</td></tr></table>
</figure></section></section><script>document.write("no")</script>
<section class="ltx_bibliography"><h2>References</h2><ul><li>Holm B. Walls of old.</li></ul>
</section>
</article><footer><p>Made by a tool</p></footer></body></html>"""

TEX = {
    "main.tex": r"""\documentclass{article}
\newcommand{\method}{MossNet}\newcommand{\grow}[2]{growth of #1 by \SI{#2}{\milli\metre}}
\title{Deep moss}\author{Ada Fell \and Bo H\"olm\thanks{x@y.z}}
\begin{document}\maketitle
\begin{abstract}Moss grew by 12\,\% each year. % and not this
\end{abstract}
\section{Introduction}\label{sec:intro}
\method{} is old~\cite{holm}.\footnote{On walls.} We saw a \grow{\emph{Bryum}}{12} in $10^{-5}$
plots (see Figure~\ref{fig:a} and \eqref{eq:c}), so that
\begin{equation}\label{eq:c} c = \frac{a+b}{2} \end{equation}
where $\alpha \neq 0$.
\include{parts/results}
\begin{thebibliography}{9}\bibitem{holm} B. Holm. Walls of old.\end{thebibliography}
\end{document}""",
    "parts/results.tex": rf"""\section{{Results}} \subsection{{Shade}} {LONG}

\begin{{figure}}\caption{{Growth in shade.}}\label{{fig:a}}\end{{figure}}
\begin{{table}}\caption{{Cover.}}\begin{{tabular}}{{lr}}\toprule Year & Cover \\ 1 & 12\% \\
\end{{tabular}}\end{{table}}""",
}


def packed(files: dict[str, str], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
