"""What a reader sees of a picture in a browser: no text is cut or covered; and its colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from flowc.compiler.flow import Flow
from flowc.compiler.graph import graph
from flowc.visualize import theme
from flowc.visualize.dot import dot
from flowc.visualize.labels import Detail
from flowc.visualize.picture import picture
from flowc.visualize.render import render
from tests.support.browser import of_svg, opened
from tests.support.drawn import example, named
from tests.support.hostile import TEXTS, hostile

LONG = (Path(__file__).parent / "data" / "long_day.flow").read_text(encoding="utf-8")
FLOWS = {
    "order": example("order", "fulfil_order"),
    "trip": example("trip", "book_trip"),
    "onboard": example("onboard", "onboard"),
    "long": named(LONG, "mixed"),
    "wide letters": named(hostile("WWWWWWWW MMMM 中文字 🎉 iiii"), "evil"),
    "markup": named(hostile(TEXTS[0]), "evil"),
}

# Every text with its box on the screen, and the outline of the node that it stands in, if any.
LOOK = """() => {
  const box = (one) => { const b = one.getBoundingClientRect();
    return [b.left, b.top, b.right, b.bottom]; };
  const outline = (node) => node && [...node.querySelectorAll("path, polygon")].map(box)
    .reduce((a, b) => (a[2] - a[0]) * (a[3] - a[1]) > (b[2] - b[0]) * (b[3] - b[1]) ? a : b,
      [0, 0, 0, 0]);
  return { page: box(document.querySelector("svg")),
    texts: [...document.querySelectorAll("svg text")].filter((text) => text.textContent.trim())
      .map((text) => ({ said: text.textContent, box: box(text),
        node: outline(text.closest(".node")), words: Boolean(text.closest(".words")) })) };
}"""


def seen(browser: Browser, flow: Flow, detail: Detail, folder: Path) -> dict[str, Any]:
    svg = render(dot(picture(graph(flow), detail)), "svg").decode()
    with opened(browser, of_svg(svg), folder) as (shown, told):
        found: dict[str, Any] = shown.evaluate(LOOK)
        assert told.nothing()
    return found


def inside(inner: list[float], outer: list[float]) -> bool:
    slack = 1.5  # CSS pixels
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def overlap(one: list[float], other: list[float]) -> bool:
    """Whether two texts cover each other; their boxes are taller than their letters."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 1 and high > 0.35 * min(one[3] - one[1], other[3] - other[1])


@pytest.mark.parametrize("name", sorted(FLOWS))
@pytest.mark.parametrize("detail", ["low", "normal", "high"])
def test_no_text_is_cut_or_covered(
    browser: Browser, name: str, detail: Detail, tmp_path: Path
) -> None:
    found = seen(browser, FLOWS[name], detail, tmp_path)
    texts = found["texts"]
    assert len(texts) > 10
    assert [t["said"] for t in texts if not inside(t["box"], found["page"])] == []
    assert [t["said"] for t in texts if t["node"] and not inside(t["box"], t["node"])] == []
    pairs = [
        (one["said"], other["said"])
        for n, one in enumerate(texts)
        for other in texts[n + 1 :]
        if overlap(one["box"], other["box"])
    ]
    assert pairs == []


def test_words_of_arrows_and_frames_are_drawn_after_all_lines(
    browser: Browser, tmp_path: Path
) -> None:
    flow = FLOWS["trip"]
    labelled = [arrow for arrow in picture(graph(flow)).arrows if arrow.label]
    svg = render(dot(picture(graph(flow))), "svg").decode()
    with opened(browser, of_svg(svg), tmp_path) as (shown, _):
        counts = shown.evaluate(
            """() => ({
              words: document.querySelectorAll("svg .words").length,
              left: document.querySelectorAll("svg .edge text, svg .cluster text").length,
              last: [...document.querySelectorAll("svg g.graph > g")].findLastIndex(
                (group) => !group.classList.contains("words")),
              first: [...document.querySelectorAll("svg g.graph > g")].findIndex(
                (group) => group.classList.contains("words")),
            })"""
        )
        assert counts["left"] == 0
        assert counts["words"] >= len(labelled) + 4  # the frames of this flow
        assert counts["last"] < counts["first"]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def same(colour: str) -> str:
    return colour


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_contrast(dark: bool) -> None:
    shade = theme.DARK.__getitem__ if dark else same
    fills = {look.fill for look in theme.LOOKS.values() if look.style not in ("bar", "line")}
    fills |= {mark.fill for mark in theme.MARKS.values()}
    for ink in (theme.INK, theme.MUTED):
        for fill in fills:
            assert contrast(shade(ink), shade(fill)) >= 4.5, (ink, fill)
    grounds = (theme.PAPER, theme.FRAME_FILL, theme.BRANCH_FILL)
    for pen in theme.PENS.values():
        for ground in grounds:
            assert contrast(shade(pen.colour), shade(ground)) >= 4.5, (pen, ground)
    assert contrast(shade(theme.PAPER), shade(theme.DONE)) >= 4.5
    assert contrast(shade(theme.BADGE_INK), shade(theme.UNDO)) >= 4.5


def test_lines_of_mermaid_are_seen_on_light_and_dark_pages() -> None:
    pens = [theme.pen(kind, mark) for kind in theme.PENS for mark in ("", *theme.MARKS)]
    for pen in pens:
        for page in (theme.PAPER, theme.DARK[theme.PAPER]):
            assert contrast(theme.MIDDLE[pen.colour], page) >= 3


def test_lines_are_told_apart_without_colour() -> None:
    """By stroke, width and head; the way back of a loop goes upwards in its frame."""
    looks = {
        kind: (pen.style, pen.width > 2, pen.head)
        for kind, pen in theme.PENS.items()
        if kind not in ("branch", "back")
    }
    assert len(set(looks.values())) == len(looks)


# Linear RGB to what people without one kind of cones see: Machado, Oliveira, Fernandes (2009).
BLIND = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as it is seen through a matrix."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    r, g, b = (
        min(1.0, max(0.0, sum(k * part for k, part in zip(row, linear, strict=True))))
        for row in matrix
    )
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("kind", sorted(BLIND))
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_forward_and_undoing_are_told_apart_by_the_colour_blind(kind: str, dark: bool) -> None:
    """The two ways that a picture is about differ for everybody, and so do forward and failure."""
    shade = theme.DARK.__getitem__ if dark else same
    forward = lab(shade(theme.FORWARD), BLIND[kind])
    for other in (theme.UNDO, theme.FAILURE):
        far = sum(
            (a - b) ** 2 for a, b in zip(forward, lab(shade(other), BLIND[kind]), strict=True)
        )
        assert far**0.5 > 25, other
