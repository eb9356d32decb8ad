"""Any text, such as the name of a run, in a table for a terminal, in Markdown and in LaTeX."""

import re


def in_a_line(text: str) -> str:
    """A text without line breaks and other characters that move the cursor."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def for_markdown(text: str) -> str:
    """A text as Markdown shows it, in one line."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$!&])", r"\\\1", in_a_line(text))


_IN_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    **{sign: f"{{{sign}}}" for sign in '[]*"`<>|'},  # after \\ the first three are its options
}


def for_latex(text: str) -> str:
    """A text as LaTeX prints it, in one line."""
    return "".join(_IN_LATEX.get(sign, sign) for sign in in_a_line(text))
