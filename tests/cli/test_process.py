"""The real command in a process of its own: streams, signals, and what it imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowc import __version__
from tests.support.flows import CLEAN, LEFT_BEHIND, UNTIDY

ROOT = Path(__file__).parents[2]
FLOWC = (sys.executable, "-m", "flowc")
HEAVY = (
    *("click", "argparse", "dataclasses", "typing", "json", "lark", "networkx", "graphviz"),
    *("rich", "pygls", "pathlib", "inspect", "hashlib", "subprocess", "wcwidth", "tomllib"),
)


@pytest.fixture(autouse=True)
def _environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (here / "clean.flow").write_text(CLEAN)
    (here / "left.flow").write_text(LEFT_BEHIND)


def run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    options: dict[str, object] = {"capture_output": True, "encoding": "utf-8", "timeout": 60}
    done: subprocess.CompletedProcess[str] = subprocess.run(
        (*FLOWC, *words),
        check=False,
        **(options | more),  # type: ignore[call-overload]
    )
    return done


def test_statuses() -> None:
    assert run("lint", "clean.flow").returncode == 0
    found = run("lint", "left.flow")
    assert found.returncode == 1
    assert "warning[SAG001]" in found.stdout
    assert "Traceback" not in found.stderr
    assert run("lint", "gone.flow").returncode == 2
    assert run("--version").stdout.startswith(f"flowc {__version__} (Python ")


@pytest.mark.parametrize("words", ["lint clean.flow", "lint -q --no-cache .", "fmt clean.flow"])
def test_a_clean_run_imports_nothing_heavy(here: Path, words: str) -> None:
    (here / "left.flow").unlink()
    program = (
        "import sys; before = set(sys.modules); from flowc.cli.main import main; "
        f"status = main({words.split()!r}); assert status == 0, status; "
        f"print(*sorted(set(sys.modules) & set({HEAVY!r}) - before))"
    )
    for _ in range(2):  # the second finds the first one's cache
        done = subprocess.run(
            (sys.executable, "-S", "-c", program), capture_output=True, text=True, check=True
        )
        assert done.stdout == "\n"


def test_help_needs_click_only_when_asked() -> None:
    done = run("lint", "--help")
    assert done.returncode == 0
    assert "--unsafe-fixes" in done.stdout


def test_a_reader_that_leaves_is_no_error(here: Path) -> None:
    for number in range(60):
        (here / f"many{number}.flow").write_text(LEFT_BEHIND)
    process = subprocess.Popen(
        (*FLOWC, "lint", "--format", "sarif", "."), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert errors == b""


def test_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        done = run("lint", "left.flow", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "flowc: cannot write to standard output: no space left on device\n"


def test_closed_streams() -> None:
    def shell(line: str) -> subprocess.CompletedProcess[str]:
        command = line.replace("flowc", f'"{sys.executable}" -m flowc')
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    done = shell("flowc lint left.flow >&-")
    assert done.returncode == 2
    assert done.stderr == "flowc: cannot write to standard output: it is closed\n"
    assert shell("flowc lint -q clean.flow >&- 2>&-").returncode == 0
    done = shell("flowc lint - <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("flowc: cannot read standard input: ")


def test_interrupted() -> None:
    process = subprocess.Popen(
        (*FLOWC, "lint", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONVERBOSE": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:  # once the cache's hash is loaded, it waits for its input
        if b"import '_blake2'" in line:
            break
    else:
        raise AssertionError("it ended by itself")
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in rest


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_is_not_utf_8(here: Path, encoding: str) -> None:
    text = LEFT_BEHIND.replace("/// Book a room", "/// 日本語 🎉 — Book a room")
    text = text.replace("hotels.book(trip)\n", 'hotels.book("日本語{trip}")\n')
    (here / "wide.flow").write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run("lint", "wide.flow", env=environment, encoding=encoding)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "\\u65e5" in done.stdout
    report = run("lint", "--format", "junit", "wide.flow", env=environment)
    assert "日本語" in report.stdout
    laid_out = run("fmt", "-", env=environment, input=text)
    assert laid_out.stdout == text


def test_fmt_is_a_filter_of_bytes() -> None:
    done = subprocess.run(
        (*FLOWC, "fmt", "-"),
        input=UNTIDY.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout == CLEAN.encode()


def test_an_internal_error_is_one_line_with_a_way_out(here: Path) -> None:
    program = (
        "import sys; import flowc.cli.check_files as c; from flowc.cli.main import main\n"
        "def fail(*_):\n    raise ZeroDivisionError('oh \\x1b[31m')\n"
        "c.lint_paths = fail\n"
        "sys.exit(main(['lint', '.']))\n"
    )
    command = (sys.executable, "-c", program)
    quiet = subprocess.run(command, capture_output=True, text=True, check=False)
    assert quiet.returncode == 2
    assert quiet.stderr == (
        f"flowc: internal error in flowc {__version__}: ZeroDivisionError: oh \\x1b[31m\n"
        "This is a fault of flowc. Please report it, with the command and the file, at "
        "https://flowc.dev/issues; `FLOWC_DEBUG=1` prints the details.\n"
    )
    loud = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"FLOWC_DEBUG": "1"}
    )
    assert loud.returncode == 2
    assert "Traceback" in loud.stderr


def test_a_folder_that_was_removed_is_told(here: Path) -> None:
    gone = here / "gone"
    gone.mkdir()
    remove = f"import os, sys; os.rmdir({str(gone)!r})"
    started = f"{remove}; from flowc.cli.main import start; sys.exit(start())"
    for words in (("lint", "."), ("lint", "../clean.flow"), ("lint", "-")):
        gone.mkdir(exist_ok=True)
        done = subprocess.run(
            (sys.executable, "-c", started, *words),
            input=CLEAN,
            capture_output=True,
            encoding="utf-8",
            cwd=gone,
            check=False,
        )
        assert "the current folder does not exist any more" in done.stderr
