"""The commands and environments of LaTeX that a reader has to know."""

from __future__ import annotations

HARD = "\1"
"""A space that a formula keeps."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328",
    "r": "\u030a", "b": "\u0331", "d": "\u0323", "hat": "\u0302", "widehat": "\u0302",
    "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303", "widetilde": "\u0303",
    "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7", "check": "\u030c", "breve": "\u0306",
    "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a",
}  # fmt: skip
SYMBOLS = {
    "i": "ı", "j": "ȷ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "ae": "æ", "AE": "Æ",
    "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "S": "§", "P": "¶", "dag": "†", "ddag": "‡",
    "ldots": "…", "dots": "…", "cdots": "…", "dotsc": "…", "dotsb": "…", "textellipsis": "…",
    "infty": "∞", "partial": "∂", "exists": "∃", "forall": "∀", "neg": "¬", "lnot": "¬",
    "cdot": "·", "circ": "∘", "degree": "°", "textdegree": "°", "prime": "′", "ell": "ℓ",
    "in": "∈", "ni": "∋", "notin": "∉", "neq": "≠", "ne": "≠", "to": "→", "gets": "←", "mid": "|",
    "vert": "|", "Vert": "‖", "|": "‖", "lvert": "|", "rvert": "|", "lVert": "‖", "rVert": "‖",
    "colon": ":", "lbrace": "{", "rbrace": "}", "backslash": "\\", "langle": "⟨", "rangle": "⟩",
    "ll": "≪", "gg": "≫", "lesssim": "≲", "gtrsim": "≳", "leqslant": "≤", "geqslant": "≥",
    "epsilon": "ε", "phi": "φ", "setminus": "∖", "emptyset": "∅", "varnothing": "∅", "land": "∧",
    "lor": "∨", "implies": "⟹", "iff": "⟺", "mapsto": "↦", "int": "∫", "textmu": "µ",
    "textregistered": "®", "texttrademark": "™", "copyright": "©", "pounds": "£", "euro": "€",
    "texteuro": "€", "textendash": "–", "textemdash": "—", "textquoteright": "’",
    "textquotedblleft": "“", "textquotedblright": "”", "textbackslash": "\\",
    "textasciitilde": "~", "textless": "<", "textgreater": ">", "textbar": "|",
    "textunderscore": "_", "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "textbullet": "•",
    "dagger": "†", "checkmark": "✓", "quad": HARD, "qquad": HARD, "space": HARD, "newline": " ",
    "linebreak": " ", "bigcup": "⋃", "bigcap": "⋂", "ast": "*", "star": "⋆", "lt": "<", "gt": ">",
    "And": ",", "and": ",",
}  # fmt: skip
SIGNS = {
    ",": HARD, ";": HARD, ":": HARD, " ": HARD, ">": HARD, "\n": HARD, "!": "", "-": "",
    "/": "", "@": "", "(": "", ")": "", "[": "", "]": "", "|": "‖",
}  # fmt: skip
FUNCTIONS = words(
    "log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth min max sup inf"
    " argmax argmin softmax lim limsup liminf det dim ker arg deg gcd hom Pr mod bmod"
)
NO_SYMBOLS = words("it sc sl em tt sf rm bf par copy half tab lap not top bot caps")
"""Commands that HTML knows as other characters."""
BLACKBOARD = dict(zip("CHNPQRZE1", "ℂℍℕℙℚℝℤ𝔼𝟙", strict=True))
SKIPPED = {
    "label": 1, "vspace": 1, "hspace": 1, "includegraphics": 1, "bibliographystyle": 1,
    "index": 1, "bibliography": 1, "pagestyle": 1, "thispagestyle": 1, "setlength": 2,
    "addtolength": 2, "setcounter": 2, "addtocounter": 2, "color": 1, "textcolor": 1,
    "colorbox": 1, "rowcolor": 1, "cellcolor": 1, "raisebox": 1, "rotatebox": 1, "scalebox": 1,
    "resizebox": 2, "parbox": 1, "multicolumn": 2, "multirow": 2, "hypertarget": 1, "hyperref": 0,
    "thanks": 1, "nocite": 1, "usepackage": 1, "cline": 1, "cmidrule": 1, "phantom": 1,
    "hphantom": 1, "vphantom": 1, "addcontentsline": 3, "hypersetup": 1, "graphicspath": 1,
    "input": 1, "include": 1, "end": 1, "tag": 1, "footnotemark": 0, "vskip": 0, "rule": 2,
    "markboth": 2, "newpage": 0, "fontsize": 2, "glsresetall": 0, "orcid": 1, "orcidlink": 1,
    "inst": 1, "ead": 1, "fnref": 1, "corref": 1, "todo": 1, "missingfigure": 1,
}  # fmt: skip
"""Commands by how many of the groups behind them say nothing."""
IN_TEXT = (
    "text",
    "mbox",
    "textrm",
    "textnormal",
    "textit",
    "textbf",
    "textsf",
    "hbox",
    "intertext",
)
UNITS = {
    "metre": "m", "meter": "m", "gram": "g", "kilogram": "kg", "second": "s", "minute": "min",
    "hour": "h", "day": "d", "ampere": "A", "kelvin": "K", "mole": "mol", "molar": "M",
    "candela": "cd",
    "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "volt": "V",
    "ohm": "Ω", "tesla": "T", "coulomb": "C", "farad": "F", "electronvolt": "eV", "eV": "eV",
    "bar": "bar", "litre": "L", "liter": "L", "celsius": "°C", "degreeCelsius": "°C",
    "degree": "°", "percent": "%", "byte": "B", "bit": "bit", "decibel": "dB", "dalton": "Da",
    "angstrom": "Å", "arcsecond": "″", "arcminute": "′", "radian": "rad", "parsec": "pc",
    "year": "yr", "per": "/", "squared": "²", "cubed": "³", "square": "", "cubic": "",
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "centi": "c", "deci": "d",
    "milli": "m", "micro": "µ", "nano": "n", "pico": "p", "femto": "f", "cm": "cm", "mm": "mm",
    "um": "µm", "nm": "nm", "km": "km", "kg": "kg", "mg": "mg", "ms": "ms",
}  # fmt: skip
KEPT = words(
    "section subsection subsubsection paragraph begin end item title author caption label ref"
    " cite citep citet footnote maketitle input include par document abstract thanks textbf emph"
    " url href frac sqrt left right text em it bf and date bibliography bibitem baselinestretch"
    " arraystretch thefootnote thesection thefigure thetable theequation footnotesize refname"
    " abstractname"
)
"""Commands that a paper may define anew without saying anything: a style draws them otherwise."""

FORMULAS = words(
    "equation align gather multline eqnarray displaymath math alignat flalign dmath empheq"
)
TABLES = words("tabular tabularx tabulary longtable supertabular tabu deluxetable tblr")
FRAGMENTS = words(
    "verbatim Verbatim lstlisting minted tikzpicture pgfpicture picture algorithmic code alltt"
)
DROPPED = words("comment CCSXML filecontents")
FRONT = words("keyword keywords IEEEkeywords AMS highlights")
GROUPS = {
    "minipage": 1, "multicols": 1, "adjustwidth": 2, "spacing": 1, "thebibliography": 1,
    "tabularx": 2, "tabular": 1, "longtable": 1, "tabulary": 2, "deluxetable": 1, "wrapfigure": 2,
    "wraptable": 2, "subfigure": 1, "subtable": 1, "alignat": 1,
}  # fmt: skip
"""Groups behind `\\begin{...}` that say nothing."""
OWN = words("title icmltitle author icmlauthor abstract doi acmDOI")
"""Commands that say what a paper is."""
ABOUT = words(
    "affil affiliation address email institute institution date keyword keywords ead"
    " cortext icmlaffiliation titlerunning authorrunning ccsdesc subjclass pacs received accepted"
    " shorttitle shortauthors icmlkeywords icmlcorrespondingauthor runningtitle copyrightyear"
)
"""Commands that tell about the paper."""
