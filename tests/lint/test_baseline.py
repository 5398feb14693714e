"""Baselines: findings known by what they are about, not by their line numbers."""

from __future__ import annotations

import json

import pytest

from flowc.diagnostic import Diagnostic, Finding
from flowc.dsl.parser import parse
from flowc.lint.baseline import Baseline, Entry, compare, entries, read, write
from flowc.lint.rules.uncompensated_effect import BAD
from flowc.source import Source, Span
from tests.support.lints import STEP


def findings(text: str, *places: str, severity: str = "warning") -> tuple[Diagnostic, ...]:
    """A finding at each place: the text from there on must be unique."""
    source = Source("trip.flow", text)
    found = []
    for place in places:
        at = text.index(place)
        finding = Finding(Span(at, at + 1), "m")
        found.append(Diagnostic(source, "SAG001", "x", severity, finding))  # type: ignore[arg-type]
    return tuple(found)


def known(found: tuple[Diagnostic, ...]) -> list[Entry]:
    """The entries of findings."""
    made = entries(found, lambda name: name, lambda source: parse(source).module)
    return [entry for _, entry in made]


def test_an_entry_says_where_it_is() -> None:
    (step, action, flow) = known(findings(BAD, "step seat", "action cancel", "flow book"))
    line = "step seat = trains.book(trip)"
    assert step == Entry("trip.flow", "SAG001", "book_trip/seat", line, 0)
    assert action.at == "hotels/cancel"
    assert flow.at == "book_trip"
    (top,) = known(findings(BAD, "error Closed"))
    assert top.at == ""


def test_it_outlives_moved_lines_and_other_spacing() -> None:
    moved = "// new\n\n" + BAD.replace(STEP, "  " + STEP).replace("\n", "\r\n")
    assert known(findings(BAD, "step room")) == known(findings(moved, "step room"))


def test_it_does_not_outlive_a_change_of_its_line() -> None:
    changed = BAD.replace("hotels.book(trip, 2)", "hotels.book(trip, 3)")
    assert known(findings(BAD, "step room")) != known(findings(changed, "step room"))


def test_equal_ones_are_counted() -> None:
    found = findings(BAD, "step room", "step room")
    assert [entry.ordinal for entry in known(found)] == [0, 1]


def test_errors_are_never_known() -> None:
    assert known(findings(BAD, "step room", severity="error")) == []


def test_places_inside_compound_statements() -> None:
    inner = STEP + "    on unknown halt\n"
    text = BAD.replace(
        inner, f"  if 1 > 0 {{\n  parallel {{\n    branch b {{\n{inner}    }}\n  }}\n  }}\n"
    )
    (entry,) = known(findings(text, "step room"))
    assert entry.at == "book_trip/b/room"


def test_what_is_written_is_read() -> None:
    odd = Entry('a "b"/ü.flow', "SAG001", "f/s", 'step x = a.b("{c}") // ünï', 3)
    listed = [Entry("b.flow", "TIM001", "", "x", 0), odd]
    text = write(listed)
    baseline = read(Source("known.json", text))
    assert isinstance(baseline, Baseline)
    assert baseline.entries == (odd, listed[0])
    for entry, span in zip(baseline.entries, baseline.spans, strict=True):
        row = json.loads(text[span.start : span.end])
        assert row["file"] == entry.file
    assert write(reversed(listed)) == text
    assert json.loads(write([])) == {"version": 1, "findings": []}


def test_stale_entries_are_reported_at_their_line() -> None:
    here = known(findings(BAD, "step room"))
    gone = Entry("trip.flow", "SAG001", "book_trip/plane", "step plane", 0)
    elsewhere = Entry("other.flow", "SAG001", "f/s", "step s", 0)
    baseline = read(Source("known.json", write([*here, gone, elsewhere])))
    assert isinstance(baseline, Baseline)
    found = entries(
        findings(BAD, "step room"), lambda name: name, lambda source: parse(source).module
    )
    compared = compare(baseline, found, ("trip.flow",))
    assert compared.known == 1
    (stale,) = compared.stale
    assert (stale.code, stale.name) == ("LNT006", "stale-baseline")
    assert "`book_trip/plane` in `trip.flow`" in stale.finding.message
    span = stale.finding.span
    assert "step plane" in stale.source.text[span.start : span.end]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"version": 2, "findings": []}',
        '{"version": 1}',
        '{"version": 1, "findings": [1]}',
        '{"version": 1, "findings": [{"file": "a"}]}',
        '{"version": 1, "findings": [{"file": 1, "code": "", "at": "", "line": "", "ordinal": 0}]}',
    ],
)
def test_what_is_no_baseline(text: str) -> None:
    found = read(Source("known.json", text))
    assert isinstance(found, Diagnostic)
    assert found.name == "invalid-baseline"
    assert 0 <= found.finding.span.start <= found.finding.span.end <= len(text)
