"""What is imported ahead is as `import` would have it; what is odd is left to `import`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.cli.import_order import ORDER
from tools.make_order import PROJECT, amiss, is_stale, stages

SHOW = """
import sys
for name, module in sorted(sys.modules.items()):
    if name.startswith("flowc."):
        spec = module.__spec__
        print(name, module.__name__, module.__file__, module.__package__, module.__cached__,
              getattr(module, "__path__", None), type(module.__loader__), spec.name, spec.origin,
              spec.cached, spec.has_location, spec.parent, spec.submodule_search_locations,
              getattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2]) is module)
"""
AHEAD = "from flowc.cli.ahead import import_ahead; import_ahead('lint'); import_ahead('examine')"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of flowc that nobody compiled."""
    ignore = shutil.ignore_patterns("__pycache__", "targets", "visualize")
    shutil.copytree(PROJECT / "flowc", tmp_path / "copy" / "flowc", ignore=ignore)
    shutil.copy(PROJECT / "examples" / "order.flow", tmp_path)
    return tmp_path / "copy"


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"PYTHONPATH": str(folder), "FLOWC_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(
        (sys.executable, *words),
        check=False,
        capture_output=True,
        text=True,
        env=env,
        cwd=folder.parent,
    )


def _lint(folder: Path) -> None:
    done = _python(folder, "-m", "flowc", "lint", "--no-cache", "order.flow")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no findings in 1 file\n")


def test_the_order_is_about_that_of_a_run() -> None:
    found = stages()
    assert not is_stale(ORDER, found), f"run `python tools/make_order.py`: {amiss(ORDER, found)}"
    assert is_stale({**ORDER, "examine": ()}, found)


def test_modules_are_what_import_makes_of_them(copy: Path) -> None:
    _lint(copy)  # leaves bytecode behind
    ahead = _python(copy, "-c", AHEAD + SHOW)
    names = [line.split()[0] for line in ahead.stdout.splitlines()]
    assert len(names) > 80, ahead.stderr
    plain = _python(copy, "-c", f"for name in {names!r}: __import__(name)\n{SHOW}")
    assert ahead.stdout == plain.stdout


def test_without_bytecode_nothing_is_imported_ahead(copy: Path) -> None:
    done = _python(copy, "-B", "-c", AHEAD + "; import sys; print('flowc.struct' in sys.modules)")
    assert done.stdout == "False\n"
    _lint(copy)


def test_changed_sources_and_damaged_bytecode_are_left_to_import(copy: Path) -> None:
    _lint(copy)
    lint = copy / "flowc" / "cli" / "lint.py"
    lint.write_text(lint.read_text().replace("no findings in", "nothing amiss in"))
    (bytecode,) = (copy / "flowc" / "dsl" / "__pycache__").glob("ast.*")
    bytecode.write_bytes(b"an older release's" + bytecode.read_bytes())
    done = _python(copy, "-m", "flowc", "lint", "--no-cache", "order.flow")
    assert (done.returncode, done.stderr) == (0, "nothing amiss in 1 file\n")


def test_this_is_how_the_program_starts(copy: Path) -> None:
    _lint(copy)
    lint = ("-m", "flowc", "lint", "--no-cache", "order.flow")
    done = _python(copy, "-X", "importtime", *lint)
    assert "flowc.cli.ahead" in done.stderr
    assert "flowc.dsl.ast" not in done.stderr  # what `import` did not do, it does not count
