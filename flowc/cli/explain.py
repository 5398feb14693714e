"""`flowc explain`: a code or a name to its page, or to the list of all."""

from __future__ import annotations

from flowc.cli.command import Command, Common, argument, choice
from flowc.cli.display import clean
from flowc.cli.palette import Palette

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console
    from flowc.cli.pages import Page


_WIDEST = 96  # columns of prose


class ExplainArguments(Common):
    """What can be asked of `flowc explain`."""

    code: str | None = argument("CODE", "a code (SAG001), a name or a family", required=False)
    format: str = choice(("text", "json"), "how it is written", default="text")


def run(arguments: ExplainArguments, console: Console) -> int:
    """Print a page, the pages' titles of a family, or all titles. 2 for an unknown code."""
    from flowc.cli.pages import pages

    every = pages()
    wanted = arguments.code
    if wanted is None:
        found = every
    else:
        folded = wanted.strip().lower().replace("_", "-").replace(" ", "-")
        found = tuple(
            page for page in every if folded in (page.code.lower(), page.name, page.family.lower())
        )
        if not found:
            console.note(f"flowc: nothing is called `{clean(wanted)}`; {_nearest(folded, every)}")
            return 2
    if arguments.format == "json":
        console.write_utf8(_json(found))
        return 0
    paint = Palette(console.coloured(console.out, arguments.color))
    listed = wanted is None or folded not in (found[0].code.lower(), found[0].name)
    console.write(_list(found, paint) if listed else _whole(found[0], paint))
    return 0


def _nearest(word: str, every: tuple[Page, ...]) -> str:
    from difflib import get_close_matches

    words = {page.name: page for page in every} | {page.code.lower(): page for page in every}
    family, number = word.rstrip("0123456789"), word.lstrip("abcdefghijklmnopqrstuvwxyz")
    padded = f"{family}{number.lstrip('0'):0>3}"
    near = [padded] if padded in words else get_close_matches(word, words, n=1, cutoff=0.5)
    if near:
        page = words[near[0]]
        return f"did you mean `{page.name}` ({page.code})?"
    return "`flowc explain` lists everything"


def _list(found: tuple[Page, ...], paint: Palette) -> str:
    from flowc.cli.pages import FAMILIES

    lines: list[str] = []
    family = ""
    for page in found:
        if page.family != family:
            family = page.family
            lines += ["", f"{paint('strong', family)} {FAMILIES[family]}"]
        off = "" if page.on else ", off unless selected"
        kind = paint(page.severity, page.severity) + off
        lines.append(f"  {page.code} {page.name} ({kind})")
        lines.append(f"         {page.title}")
    lines += ["", "`flowc explain CODE` prints a page with a bad and a good example.", ""]
    return "\n".join(lines[1:])


def _whole(page: Page, paint: Palette) -> str:
    """The page as it is read in a terminal."""
    state = "on by default" if page.on else "off unless selected"
    head = f"{paint('strong', f'{page.code} {page.name}')}"
    kind = paint(page.severity, page.severity)
    parts = [f"{head} ({kind}, {state})", *map(_wrapped, page.text.split("\n\n"))]
    for title, example in (("Bad", page.bad), ("Good", page.good)):
        if example:
            shown = "\n".join(f"    {line}".rstrip() for line in example.strip("\n").split("\n"))
            parts.append(f"{paint('strong', title)}:\n\n{shown}")
    if page.suppressible:
        parts.append(
            f"{paint('strong', 'Suppress')}:\n\n    // flowc: allow {page.name} because "
            '"..."\n\n'
            "at the end of the line it is about, or on a line of its own before a statement or "
            "declaration."
        )
    parts.append(page.url)
    return "\n\n".join(parts) + "\n"


def _wrapped(paragraph: str) -> str:
    """Lines of at most 96 characters, where the author's are longer."""
    if max(map(len, paragraph.split("\n"))) <= _WIDEST:
        return paragraph
    from textwrap import fill

    return fill(paragraph, _WIDEST, break_long_words=False, break_on_hyphens=False)


def _json(found: tuple[Page, ...]) -> str:
    import json

    rows = [
        {
            "code": page.code,
            "name": page.name,
            "severity": page.severity,
            "on": page.on,
            "suppressible": page.suppressible,
            "page": page.text,
            "bad": page.bad,
            "good": page.good,
            "url": page.url,
        }
        for page in found
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


command = Command(
    "explain",
    "Tell why a finding matters and what to write instead.",
    ExplainArguments,
    run,
    "Without a code it lists everything that flowc can report.",
    (
        ("flowc explain SAG001", "by code"),
        ("flowc explain uncompensated-effect", "by name"),
        ("flowc explain TIM", "a family"),
        ("flowc explain", "everything"),
    ),
)
