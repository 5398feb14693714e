"""`flowc fmt`: what it writes, what it leaves alone, and how it ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flowc.dsl import formatter
from flowc.source import Source
from tests.support.command import flowc
from tests.support.flows import BROKEN, CLEAN, UNTIDY


@pytest.fixture
def untidy(here: Path) -> Path:
    path = here / "untidy.flow"
    path.write_text(UNTIDY)
    return path


def test_a_file_is_laid_out(untidy: Path) -> None:
    assert flowc("fmt", ".") == (0, "", "reformatted untidy.flow\n1 file reformatted\n")
    assert untidy.read_text() == CLEAN
    assert flowc("fmt", ".") == (0, "", "1 file already in layout\n")


def test_check(untidy: Path) -> None:
    said = flowc("fmt", "--check", ".")
    assert said == (1, "", "would reformat untidy.flow\n1 file would reformat\n")
    assert untidy.read_text() == UNTIDY
    assert flowc("fmt", "--check", "-q", ".") == (1, "", "")
    untidy.write_text(CLEAN)
    assert flowc("fmt", "--check", ".").status == 0


def test_diff(untidy: Path) -> None:
    said = flowc("fmt", "--diff", "untidy.flow")
    assert said.status == 1
    assert said.out.startswith("--- a/untidy.flow\n+++ b/untidy.flow\n")
    assert (
        "\n-      step   hello = mail.greet(user)\n+  step hello = mail.greet(user)\n" in said.out
    )
    assert untidy.read_text() == UNTIDY


@pytest.mark.usefixtures("here")
def test_standard_input() -> None:
    assert flowc("fmt", "-", stdin=UNTIDY.encode()) == (0, CLEAN, "")
    assert flowc("fmt", "-", stdin=UNTIDY.replace("\n", "\r\n").encode()) == (0, CLEAN, "")
    assert flowc("fmt", "--check", "-", stdin=UNTIDY.encode()) == (
        1,
        "",
        "would reformat <stdin>\n",
    )
    named = flowc("fmt", "--stdin-filename", "x.flow", "--diff", "-", stdin=UNTIDY.encode())
    assert named.out.startswith("--- a/x.flow\n")


@pytest.mark.parametrize(
    ("text", "only"),
    [
        (CLEAN.replace("\n", "\r\n"), "its line ends, CRLF to LF"),
        ("\ufeff" + CLEAN, "its byte order mark"),
        (
            "\ufeff" + CLEAN.replace("\n", "\r\n"),
            "its byte order mark and its line ends, CRLF to LF",
        ),
    ],
)
def test_a_change_that_cannot_be_seen_is_told(untidy: Path, text: str, only: str) -> None:
    untidy.write_bytes(text.encode())
    for option in ("--diff", "--check"):
        said = flowc("fmt", option, ".").err
        assert said == f"would reformat untidy.flow (only {only})\n1 file would reformat\n"
    assert flowc("fmt", ".").err.startswith(f"reformatted untidy.flow (only {only})\n")
    assert untidy.read_bytes() == CLEAN.encode()


def test_syntax_errors_leave_a_file_alone(untidy: Path) -> None:
    (untidy.parent / "broken.flow").write_text(BROKEN)
    said = flowc("fmt", ".")
    assert said.status == 1
    assert "error[SYN" in said.err
    assert said.err.endswith(
        "reformatted untidy.flow\n1 file reformatted, 1 file with syntax errors left alone\n"
    )
    assert (untidy.parent / "broken.flow").read_text() == BROKEN
    piped = flowc("fmt", "-", stdin=BROKEN.encode())
    assert (piped.status, piped.out) == (1, BROKEN)


def test_mode_and_links_stay(untidy: Path) -> None:
    untidy.chmod(0o640)
    link = untidy.parent / "link.flow"
    link.symlink_to("untidy.flow")
    assert flowc("fmt", "link.flow").status == 0
    assert link.is_symlink()
    assert untidy.read_text() == CLEAN
    assert stat.S_IMODE(untidy.stat().st_mode) == 0o640
    assert sorted(path.name for path in untidy.parent.iterdir()) == ["link.flow", "untidy.flow"]


def test_what_cannot_be_read(here: Path) -> None:
    (here / "latin.flow").write_bytes(b"// \xe9\n")
    said = flowc("fmt", "latin.flow", "gone.flow")
    assert said.status == 2
    assert "error[FIL004]" in said.err
    assert "error[FIL001]" in said.err
    assert (here / "latin.flow").read_bytes() == b"// \xe9\n"
    piped = flowc("fmt", "-", stdin=b"// \xe9\n")
    assert (piped.status, piped.out) == (2, "")


def test_a_folder_without_flows(here: Path) -> None:
    (here / "empty").mkdir()
    said = flowc("fmt", "empty")
    assert said == (2, "", "flowc: there is no .flow file in `empty`\n")


def test_ignored_files_stay(untidy: Path) -> None:
    (untidy.parent / ".git").mkdir()
    (untidy.parent / ".gitignore").write_text("untidy.flow\n")
    assert flowc("fmt", ".").status == 2
    assert untidy.read_text() == UNTIDY
    assert flowc("fmt", "untidy.flow").status == 0
    assert untidy.read_text() == CLEAN


def test_a_file_with_the_longest_name_is_laid_out(here: Path) -> None:
    path = here / f"{'x' * 250}.flow"
    path.write_text(UNTIDY)
    assert flowc("fmt", ".").status == 0
    assert path.read_text() == CLEAN


def test_a_file_that_cannot_be_replaced_is_unchanged(
    untidy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "urandom", bytes)
    taken = untidy.parent / f".flowc-{os.getpid()}-00000000.tmp"
    taken.write_text("mine")
    said = flowc("fmt", "untidy.flow")
    assert said.status == 2
    assert "error[FIL006] not-written: cannot be written: file exists" in said.err
    assert "already in layout" not in said.err
    assert untidy.read_text() == UNTIDY
    assert taken.read_text() == "mine"


def test_what_is_written_to_a_file_meanwhile_stays(
    untidy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = formatter.format_source
    saved = UNTIDY.replace("welcome", "farewell")

    def slow(source: Source) -> formatter.Formatted:
        untidy.write_text(saved)  # an editor's
        return real(source)

    monkeypatch.setattr(formatter, "format_source", slow)
    said = flowc("fmt", "untidy.flow")
    assert said.status == 2
    assert "was written to by something else" in said.err
    assert untidy.read_text() == saved
    assert os.listdir() == ["untidy.flow"]  # noqa: PTH208


def test_a_fault_of_flowc_leaves_the_file_and_goes_on(
    untidy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (untidy.parent / "a.flow").write_text(UNTIDY.replace("welcome", "farewell"))
    real = formatter.format_source

    def faulty(source: Source) -> formatter.Formatted:
        if source.name == "a.flow":
            raise ZeroDivisionError("oh")
        if source.text == CLEAN:
            return formatter.Formatted(CLEAN + "\n", ())
        return real(source)

    monkeypatch.setattr(formatter, "format_source", faulty)
    said = flowc("fmt", ".")
    assert said.status == 2
    assert "error[INT002] check-crashed: internal error: ZeroDivisionError: oh;" in said.err
    assert "error[INT003] unstable-layout: " in said.err
    assert untidy.read_text() == UNTIDY
