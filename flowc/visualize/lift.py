"""Lifts the words of edges and frames above all lines, so that no line runs through them."""

from __future__ import annotations

import re

from flowc.visualize import theme

_GROUP = re.compile(
    r'<g id="(e\d+|clust\d+)" class="(?:edge|cluster)[^"]*">.*?</g>\n(?=<!--|</g>)', re.DOTALL
)
_TEXT = re.compile(r"<text .*?</text>\n", re.DOTALL)
_STATEMENT = re.compile(r"^\t+(?:n\d+ -> n\d+|\tgraph)\s*\[(.*?)\];$", re.DOTALL | re.MULTILINE)
_LABEL = re.compile(r'\blabel=<(.*?)>,\n(?:\t+\w+=[^\n]*,\n)*?\t*lp="([-\d.e,+]+)"', re.DOTALL)


def lift_in_svg(svg: str) -> str:
    """Put the words of each edge `eN` into a group `eN-words` of class `words`, and those of frames
    into others, drawn last; a rim of paper keeps what is below away from them."""
    lifted: list[str] = []

    def take(found: re.Match[str]) -> str:
        words = "".join(_TEXT.findall(found[0]))
        if not words:
            return found[0]
        lifted.append(f'<g id="{found[1]}-words" class="words" {_RIM}>\n{words}</g>\n')
        return _TEXT.sub("", found[0])

    bare = _GROUP.sub(take, svg)
    if not lifted:
        return svg
    end = bare.rindex("</g>")
    return f"{bare[:end]}{''.join(lifted)}{bare[end:]}"


_RIM = f'stroke="{theme.PAPER}" stroke-width="3" stroke-linejoin="round" style="paint-order:stroke"'


def lift_in_layout(laid: str) -> str:
    """The same for a layout in DOT (what `dot -Tdot` writes): each label once more, as a node at
    its place, on paper. `neato -n2` draws it."""
    nodes: list[str] = []
    for found in _STATEMENT.finditer(laid):
        label = _LABEL.search(found[1])
        if label is not None:
            ground = label[1].replace("<TABLE ", f'<TABLE BGCOLOR="{theme.PAPER}" ', 1)
            ground = ground.replace('CELLPADDING="4"', 'CELLPADDING="1"', 1)
            nodes.append(f'\tw{len(nodes)} [label=<{ground}>, pos="{label[2]}", shape=plain];\n')
    end = laid.rindex("}")
    return f"{laid[:end]}{''.join(nodes)}{laid[end:]}"
