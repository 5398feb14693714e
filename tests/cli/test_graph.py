"""`flowc graph`: what it writes, what it refuses, and that it never harms a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import networkx as nx
import pytest

from flowc.cli.console import Console
from flowc.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
ORDER = ROOT / "examples" / "order.flow"
ONBOARD = ROOT / "examples" / "onboard.flow"
TWO = """\
flow one(id: text) { version 1
  owner "a" runbook "b"
  key id on duplicate attach
  wait 1m
}
flow two(id: text) { version 1
  owner "a" runbook "b"
  key id on duplicate attach
  wait 1m
}
"""


def flowc(*words: object, stdin: bytes | None = None) -> tuple[int, str, str]:
    """Status, standard output and standard error of `flowc graph`."""
    out, err = io.StringIO(), io.StringIO()
    status = main(["graph", *map(str, words)], Console(out, err, {}, stdin))
    return status, out.getvalue(), err.getvalue()


def test_mermaid_is_what_it_prints() -> None:
    status, out, err = flowc(ORDER)
    assert (status, err) == (0, "")
    assert out.startswith("flowchart TB\n")


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        ("svg", b"<?xml"),
        ("html", b"<!DOCTYPE html>\n"),
        ("png", b"\x89PNG\r\n"),
        ("dot", b"digraph flow {"),
        ("gv", b"digraph flow {"),
        ("mmd", b"flowchart TB\n"),
        ("json", b"{\n"),
        ("SVG", b"<?xml"),
    ],
)
def test_the_ending_says_what_is_written(ending: str, start: bytes, tmp_path: Path) -> None:
    out = tmp_path / f"order.{ending}"
    status, printed, said = flowc(ORDER, "-o", out)
    assert (status, printed, said) == (0, "", f"wrote {out}\n")
    assert out.read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    again = out.read_bytes()
    flowc(ORDER, "-o", out)
    assert out.read_bytes() == again


def test_json_is_networkx_node_link(tmp_path: Path) -> None:
    flowc(ORDER, "-o", tmp_path / "order.json")
    data = json.loads((tmp_path / "order.json").read_text(encoding="utf-8"))
    found = nx.node_link_graph(data, edges="edges")
    assert found.graph["flow"] == "fulfil_order"
    kinds = {found.nodes[node]["kind"] for node in found}
    assert kinds >= {"start", "step", "choice", "fail", "compensation", "probe", "commit", "ending"}
    kinds = {data["kind"] for _, _, data in found.edges(data=True)}
    assert kinds == {"next", "branch", "failure", "unknown", "compensation"}


def test_format_where_no_ending_says_it(tmp_path: Path) -> None:
    assert flowc(ORDER, "--format", "dot")[1].startswith("digraph")
    assert flowc(ORDER, "-o", tmp_path / "picture", "--format", "mmd")[0] == 0
    assert (tmp_path / "picture").read_text(encoding="utf-8").startswith("flowchart")
    status, _, said = flowc(ORDER, "-o", tmp_path / "other")
    assert status == 2
    assert "does not say what to write" in said


def test_standard_input_is_read() -> None:
    status, out, _ = flowc("-", stdin=ORDER.read_bytes())
    assert status == 0
    assert out == flowc(ORDER)[1]


@pytest.mark.parametrize("name", ["order.flow", "other.flow"])
def test_a_flow_file_is_never_overwritten(name: str, tmp_path: Path) -> None:
    source = tmp_path / "order.flow"
    source.write_bytes(ORDER.read_bytes())
    status, _, said = flowc(source, "-o", tmp_path / name, "--format", "svg")
    assert status == 2
    assert "is not overwritten" in said
    assert [path.name for path in tmp_path.iterdir()] == ["order.flow"]
    assert source.read_bytes() == ORDER.read_bytes()


def test_neither_through_a_link(tmp_path: Path) -> None:
    source = tmp_path / "order.flow"
    source.write_bytes(ORDER.read_bytes())
    (tmp_path / "order.svg").symlink_to(source)
    assert flowc(source, "-o", tmp_path / "order.svg")[0] == 2
    assert source.read_bytes() == ORDER.read_bytes()


def test_the_flow_with_a_key_is_meant_unless_told() -> None:
    status, out, said = flowc(ONBOARD)
    assert (status, "screen" in out) == (0, True)
    note = "drawing `onboard`, which has a key; `--flow` draws another: screen_customer\n"
    assert said == note
    assert flowc(ONBOARD, "--quiet")[2] == ""
    assert flowc(ONBOARD, "--flow", "onboard")[2] == ""
    assert flowc(ONBOARD)[1] == flowc(ONBOARD, "--flow", "onboard")[1]
    assert "await papers" in flowc(ONBOARD, "--flow", "screen_customer")[1]


def test_several_flows_are_asked_about(tmp_path: Path) -> None:
    source = tmp_path / "two.flow"
    source.write_text(TWO, encoding="utf-8")
    status, out, said = flowc(source)
    assert (status, out) == (2, "")
    assert "several flows: one, two" in said
    assert "--flow one" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--flow", "onbord"), "did you mean `onboard`?"),
        (("--flow", "zzz"), "there are screen_customer, onboard"),
        (("--version", "1"), "there are 2, 3"),
        (("--flow", "screen_customer", "--version", "2"), "there is 1"),
        (("--format", "png"), "-o flow.png"),
        (("-o", "."), "is a folder or a device"),
        (("-o", "/dev/null", "--format", "svg"), "is a folder or a device"),
        (("-o", "/nowhere/at/all.svg"), "cannot write `/nowhere/at/all.svg`: no such file"),
    ],
)
def test_what_cannot_be_done_says_the_way_out(words: tuple[str, ...], said: str) -> None:
    status, out, err = flowc(ONBOARD, *words)
    assert (status, out) == (2, "")
    assert said in err


def test_an_older_version_is_drawn() -> None:
    assert "FraudSuspected" in flowc(ORDER)[1]
    assert "FraudSuspected" not in flowc(ORDER, "--version", 1)[1]


@pytest.mark.parametrize("detail", ["low", "normal", "high"])
def test_detail(detail: str) -> None:
    out = flowc(ORDER, "--detail", detail)[1]
    assert ("inventory.reserve" in out) == (detail != "low")
    assert ("order.items" in out) == (detail == "high")


def test_errors_are_shown_instead(tmp_path: Path) -> None:
    source = tmp_path / "bad.flow"
    source.write_text("flow f( {\n", encoding="utf-8")
    status, out, said = flowc(source, "-o", tmp_path / "bad.svg")
    assert (status, out) == (1, "")
    assert "error[SYN" in said
    assert not (tmp_path / "bad.svg").exists()


def test_an_absent_file_is_said(tmp_path: Path) -> None:
    status, _, said = flowc(tmp_path / "order.flow")
    assert status == 2
    assert "FIL001" in said


def test_a_file_without_flows(tmp_path: Path) -> None:
    source = tmp_path / "empty.flow"
    source.write_text("error E\n", encoding="utf-8")
    status, _, said = flowc(source)
    assert status == 2
    assert "has no flow" in said


def test_without_graphviz_its_source_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    status, _, said = flowc(ORDER, "-o", tmp_path / "order.svg")
    assert status == 2
    assert "there is no Graphviz" in said
    assert "flowc[diagrams]" in said
    assert [path.name for path in tmp_path.iterdir()] == ["order.dot"]
    assert (tmp_path / "order.dot").read_text(encoding="utf-8").startswith("digraph")


def test_graphviz_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 3\n", encoding="utf-8")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    status, _, said = flowc(ORDER, "-o", tmp_path / "order.svg")
    assert status == 2
    assert "out of memory" in said
    assert not (tmp_path / "order.svg").exists()


@pytest.mark.parametrize("ending", ["svg", "png", "html", "dot", "mmd", "json"])
def test_findings_are_drawn_in_every_format(ending: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.flow"
    bad.write_text(ORDER.read_text().replace("    compensate inventory.release(order.id)\n", ""))
    status, _, said = flowc(bad, "-o", tmp_path / f"plain.{ending}")
    assert status == 1  # a file with an error, which only --findings draws
    assert "SAG002" in said
    out = tmp_path / f"order.{ending}"
    assert flowc(bad, "--findings", "-o", out)[0] == 0
    if ending != "png":
        assert "SAG001" in out.read_text()
        assert "SAG002" in out.read_text()


def test_findings_of_standard_input() -> None:
    bad = ORDER.read_text().replace("    compensate payments.refund(order.id)\n", "").encode()
    status, out, err = flowc("-", "--findings", stdin=bad)
    assert (status, err) == (0, "")
    assert "SAG001" in out


def test_findings_do_not_excuse_what_means_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.flow"
    bad.write_text(ORDER.read_text().replace("order.total)", "order.totl)"))
    status, _, said = flowc(bad, "--findings")
    assert status == 1
    assert "TYP004" in said


@pytest.mark.parametrize("ending", ["svg", "png", "html", "dot", "mmd", "json"])
def test_a_difference_is_drawn_in_every_format(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"since.{ending}"
    assert flowc(ORDER, "--diff", "1", "-o", out)[0] == 0
    if ending != "png":
        assert "added" in out.read_text()
        assert "what changed since version 1" in out.read_text() or ending in ("mmd", "json")


def test_a_difference_to_another_file(tmp_path: Path) -> None:
    old = tmp_path / "old.flow"
    old.write_text(ORDER.read_text().replace("within 10m", "within 7m"))
    status, out, err = flowc(ORDER, "--diff", old, "--format", "json")
    assert (status, err) == (0, "")
    data = json.loads(out)
    assert data["graph"]["before"] == 2
    changes = {node["id"]: node["changes"] for node in data["nodes"] if "change" in node}
    assert changes == {"parcel": ["within: 7m → 10m"]}


@pytest.mark.parametrize(
    ("old", "status", "said"),
    [
        ("7", 2, "no version 7"),
        ("nowhere.flow", 2, "no such file"),
        ("two.flow", 2, "no flow `fulfil_order` to compare with"),
        ("bad.flow", 1, "SYN"),
    ],
)
def test_what_cannot_be_compared_is_said(
    old: str, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two.flow").write_text(TWO)
    (tmp_path / "bad.flow").write_text("flow f( {")
    monkeypatch.chdir(tmp_path)
    ended, out, err = flowc(ORDER, "--diff", old)
    assert (ended, out) == (status, "")
    assert said in err
