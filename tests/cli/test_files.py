"""Files that can be read, and all those that cannot."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from flowc.cli import files
from flowc.cli.check_files import lint_paths
from flowc.cli.files import (
    ChangedMeanwhile,
    Refused,
    decode,
    problem,
    read_bytes,
    refusal,
    write_atomically,
)
from flowc.cli.loader import Loader
from flowc.cli.options import Options
from flowc.compiler.check import check
from flowc.compiler.imports import ImportProblem
from flowc.lint.rules.uncompensated_effect import GOOD
from flowc.source import Source
from tests.support.tree import git, link, make, put, write


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def refused(path: str) -> tuple[str, str, str | None]:
    """Why a path is not read."""
    with pytest.raises(Refused) as caught:
        read_bytes(path)
    return caught.value.code, caught.value.message, caught.value.help


# -- reading -------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"x", b"a" * 100_000, b"\xff\x00"])
def test_content_is_read_as_it_is(content: bytes) -> None:
    put("a.flow", content)
    assert read_bytes("a.flow") == content


def test_absent() -> None:
    make("order.flow")
    assert refused("oder.flow") == (
        "FIL001",
        "no such file or folder",
        "did you mean `order.flow`?",
    )
    assert refused("nowhere/at/all.flow") == ("FIL001", "no such file or folder", None)
    assert refused("a\0b")[0] == "FIL001"
    link("nowhere", "dead.flow")
    assert refused("dead.flow")[1] == "the symbolic link leads nowhere"
    link("loop.flow", "loop.flow")
    assert refused("loop.flow")[0] == "FIL002"
    assert refused("x" * 5000 + ".flow")[0] == "FIL002"


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    make("a.flow")
    monkeypatch.setattr(os, "open", denied)
    assert refused("a.flow")[:2] == ("FIL002", "may not be read: permission denied")


def test_no_folder_pipe_socket_or_device() -> None:
    os.mkdir("x.flow")  # noqa: PTH102
    assert refused("x.flow")[:2] == ("FIL003", "is a folder, not a file")
    os.mkfifo("pipe.flow")
    assert refused("pipe.flow")[:2] == ("FIL003", "is a pipe, not a file")
    assert refused("/dev/zero")[:2] == ("FIL003", "is a device, not a file")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.flow")
        assert refused("s.flow")[0] in ("FIL002", "FIL003")


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.flow", b"x" * (2 << 20))
    assert len(read_bytes("a.flow")) == 2 << 20
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    assert refused("a.flow")[:2] == ("FIL005", "is 2 MB large; the most that is read is 1 MB")


def test_an_odd_fault_of_the_disk() -> None:
    assert refusal("a", OSError(5, "Input/output error")).message == (
        "cannot be read: input/output error"
    )


# -- text ----------------------------------------------------------------------------------


def test_marks_and_line_ends_stay() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\x00") == "\ufeffa\r\nb\rc\0"


@pytest.mark.parametrize(
    ("data", "at", "message", "help_"),
    [
        (
            b"// caf\xe9\n",
            (1, 7),
            "byte 0xE9 (offset 6) is not UTF-8",
            "save the file as UTF-8; in Windows-1252 the byte is `\u00e9`",
        ),
        (
            "ü\n€\n".encode() + b"\x81",
            (3, 1),
            "byte 0x81 (offset 7) is not UTF-8",
            "save the file as UTF-8",
        ),
        (b"\xed\xa0\x80", (1, 1), "byte 0xED (offset 0) is not UTF-8", None),
        (
            "\ufeffa".encode("utf-16-le"),
            (1, 1),
            "the file is UTF-16, not UTF-8",
            "save the file as UTF-8",
        ),
    ],
)
def test_what_is_not_utf_8(
    data: bytes, at: tuple[int, int], message: str, help_: str | None
) -> None:
    with pytest.raises(Refused) as caught:
        decode(data)
    shown = problem("a.flow", caught.value)
    place = shown.source.position(shown.finding.span.start)
    assert (place.line, place.column) == at
    assert shown.finding.message == message
    assert (shown.code, shown.name, shown.severity) == ("FIL004", "not-utf-8", "error")
    if help_ is not None:
        assert shown.finding.help == help_


def test_every_unreadable_file_is_a_problem_and_the_others_are_checked() -> None:
    put("good.flow", GOOD)
    put("latin.flow", b"// \xe9")
    link("nowhere", "dead.flow")
    os.mkfifo("pipe.flow")
    os.makedirs("x.flow/y.flow")  # noqa: PTH103
    report = lint_paths((".", "gone.flow"), Options())
    assert report.diagnostics == ()
    assert sorted((d.source.name, d.code) for d in report.problems) == [
        ("dead.flow", "FIL001"),
        ("gone.flow", "FIL001"),
        ("latin.flow", "FIL004"),
        ("pipe.flow", "FIL003"),
    ]


# -- writing -------------------------------------------------------------------------------


def test_writing_keeps_permissions_and_links() -> None:
    put("real.flow", "old")
    os.chmod("real.flow", 0o640)  # noqa: PTH101
    link("real.flow", "link.flow")
    write_atomically("link.flow", "\ufeffnew\r\n")
    assert Path("link.flow").is_symlink()
    assert Path("real.flow").read_bytes() == "\ufeffnew\r\n".encode()
    assert stat.S_IMODE(Path("real.flow").stat().st_mode) == 0o640
    assert sorted(os.listdir()) == ["link.flow", "real.flow"]  # noqa: PTH208


def test_what_only_its_owner_may_read_is_never_open_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put("a.flow", "old")
    os.chmod("a.flow", 0o600)  # noqa: PTH101
    owner = 1234 if os.geteuid() == 0 else os.geteuid()
    os.chown("a.flow", owner, -1)
    modes = []
    real = os.fsync

    def look(handle: int) -> None:
        real(handle)
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))

    monkeypatch.setattr(os, "fsync", look)
    write_atomically("a.flow", "new", before="old")
    now = Path("a.flow").stat()
    assert modes == [0o600]
    assert (stat.S_IMODE(now.st_mode), now.st_uid) == (0o600, owner)
    assert Path("a.flow").read_text() == "new"


def test_a_file_that_is_not_what_was_read_is_not_replaced() -> None:
    for name, before in (("a.flow", "old"), ("gone.flow", "")):
        put("a.flow", "newer")
        with pytest.raises(ChangedMeanwhile):
            write_atomically(name, "new", before=before)
        assert Path("a.flow").read_text() == "newer"
        assert os.listdir() == ["a.flow"]  # noqa: PTH208


def test_a_failed_write_leaves_the_file_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.flow", "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically("a.flow", "new")
    assert Path("a.flow").read_text() == "old"
    assert os.listdir() == ["a.flow"]  # noqa: PTH208


# -- imports -------------------------------------------------------------------------------


def load(path: str, importer: str = "a/main.flow") -> Source | ImportProblem:
    """What a file gets for an import, with a fresh loader."""
    return Loader()(importer, path)


def test_imports_are_relative_to_their_file() -> None:
    make("flowc.toml", "a/main.flow")
    put("a/b/common.flow", "error A")
    put("common.flow", "error B")
    for path in ("b/common.flow", "./b/common.flow", "../common.flow", "b/../../common.flow"):
        found = load(path)
        assert isinstance(found, Source)
        expected = "a/b/common.flow" if "B" not in found.text else "common.flow"
        assert found.name == expected


def test_a_file_is_one_source_however_it_is_reached() -> None:
    make("flowc.toml", "a/main.flow", "b.flow")
    link("../b.flow", "a/link.flow")
    loader = Loader()
    assert loader("a/main.flow", "../b.flow") is loader("a/main.flow", "link.flow")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "the import names no file"),
        ("/etc/passwd", "`/etc/passwd` is not relative"),
        ("~/x.flow", "`~/x.flow` is not relative"),
        ("C:/x.flow", "`C:/x.flow` is not relative"),
        ("https://x.org/a.flow", "`https://x.org/a.flow` is not relative"),
        ("b\\c.flow", "`b\\c.flow` has a backslash in it"),
        ("b\0.flow", "the path has a control character in it"),
        ("gone.flow", "there is no file `gone.flow`"),
        ("dir.flow", "`dir.flow` is a folder, not a file"),
        ("pipe.flow", "`pipe.flow` is a pipe, not a file"),
        ("latin.flow", "`latin.flow`: byte 0xE9 (offset 3) is not UTF-8"),
        ("../../outside.flow", "`../../outside.flow` lies outside the project"),
        ("../../../../../../etc/passwd", "`../../../../../../etc/passwd` lies outside the project"),
        ("out.flow", "`out.flow` lies outside the project (it is a symbolic link)"),
    ],
)
def test_imports_that_are_refused(path: str, message: str) -> None:
    make("flowc.toml", "a/main.flow", "../outside.flow")
    os.mkdir("a/dir.flow")  # noqa: PTH102
    os.mkfifo("a/pipe.flow")
    put("a/latin.flow", b"// \xe9")
    link("../../outside.flow", "a/out.flow")
    found = load(path)
    assert isinstance(found, ImportProblem)
    assert found.message == message


@pytest.mark.parametrize("mark", ["flowc.toml", "pyproject.toml", ".git/HEAD"])
def test_the_project_ends_at_the_nearest_mark(mark: str) -> None:
    make("top.flow", f"in/{mark}", "in/a/main.flow", "in/b.flow")
    assert isinstance(load("../b.flow", "in/a/main.flow"), Source)
    assert isinstance(load("../../top.flow", "in/a/main.flow"), ImportProblem)


def test_imports_through_a_link_to_the_project() -> None:
    make("real/flowc.toml", "real/a/main.flow", "real/b.flow")
    link("real", "link")
    assert isinstance(load("../b.flow", "link/a/main.flow"), Source)


def test_cycles_end() -> None:
    write("flowc.toml")
    write("a.flow", 'import "b.flow"', "error A")
    write("b.flow", 'import "a.flow"', "error B")
    write("self.flow", 'import "./self.flow"')
    for name in ("a.flow", "self.flow"):
        loader = Loader()
        source = Source(name, Path(name).read_text())
        loader.enter(source, str(Path(name).resolve()), "")
        checked = check(source, loader)
        assert source not in checked.imports
    report = lint_paths((".",), Options())
    assert report.problems == ()
    assert {d.name for d in report.diagnostics} >= {"import-cycle"}


def test_the_project_of_a_repository() -> None:
    git("init", "-q", "repo")
    make("repo/a/main.flow", "repo/b.flow", "c.flow")
    assert isinstance(load("../b.flow", "repo/a/main.flow"), Source)
    assert isinstance(load("../../c.flow", "repo/a/main.flow"), ImportProblem)


def test_what_a_killed_process_of_the_same_number_left_does_not_stand_in_the_way() -> None:
    put("a.flow", b"old")
    put(f".flowc-{os.getpid()}.tmp", b"half")
    write_atomically("a.flow", "new")
    assert read_bytes("a.flow") == b"new"
