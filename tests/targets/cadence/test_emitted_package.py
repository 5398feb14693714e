"""What is emitted: clean under mypy --strict and ruff, the same bytes, no code from user text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.targets.cadence.program import RUNTIME
from flowc.targets.cadence.target import Cadence
from flowc.targets.python.marker import is_generated
from flowc.targets.python.target import STUBS
from tests.support.durable import EXAMPLES
from tests.support.emitted import HOSTILE, ROOT, blemishes, emitted, gaps, write

SUPPORT = ROOT / "flowc" / "targets" / "cadence" / "support"
PATHS = (*(EXAMPLES / f"{name}.flow" for name in ("order", "trip", "onboard")), HOSTILE)
HEAD = """\
error Busy transient
policy p { timeout 10s, attempts 3, backoff 1s..10s }
policy hasty { timeout 10s, attempts unlimited }
policy eager { timeout 10s, attempts unlimited, backoff 1s..10s, within 7d }
policy calm { timeout 10s, attempts unlimited, backoff 1s..10s }
service s {
  read look(id: text) -> text
  read peek(id: text) -> text raises Busy
}
flow f(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cadence")
    for path in PATHS:
        files = emitted(Cadence(), path.read_text(), path.name)
        write(files, folder / "cadence_all" / path.stem)
    (folder / "cadence_all" / "__init__.py").write_text("")
    return folder


def test_emitted_code_is_clean(packages: Path) -> None:
    assert blemishes(packages, "cadence_all") == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_emitted_tests_pass(path: Path, packages: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", f"cadence_all.{path.stem}.tests.test_flows"],
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Ran 1 test" in done.stderr


def test_the_same_input_gives_the_same_marked_bytes() -> None:
    text = (EXAMPLES / "trip.flow").read_text()
    files = emitted(Cadence(), text)
    assert files == emitted(Cadence(), text)
    for name, content in files.items():
        assert is_generated(content.partition("\n")[0]) == (name != STUBS)


def test_the_runtime_is_copied_word_for_word() -> None:
    files = emitted(Cadence(), (EXAMPLES / "order.flow").read_text())
    assert {path.stem for path in SUPPORT.glob("*.py")} == {*RUNTIME, "__init__"}
    for name in RUNTIME:
        _, _, copied = files[f"runtime/{name}.py"].partition("\n")
        assert copied == (SUPPORT / f"{name}.py").read_text()


def test_text_is_only_ever_data() -> None:
    text = 'quote \\" \' \\\\ \\"\\"\\" \u202e # noqa \\{0\\} %s'
    source = f"""\
policy p {{ timeout 10s }}
service s {{ read look(id: text) -> text }}
flow f(id: text) -> text {{
  version 1
  owner "{text}" runbook "{text}"
  key id on duplicate attach

  await said: text from "{text}" within 1h
  step a = s.look("{text}") with p
  return a
}}
"""
    files = emitted(Cadence(), source)
    plain = text.replace('\\"', '"').replace("\\\\", "\\").replace("\\{", "{").replace("\\}", "}")
    tree = ast.parse(files["workflows/f_v1.py"])
    assert plain in [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    assert all("\u202e" not in content for content in files.values())


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("  let x = " + " + ".join(["1"] * 80) + '\n  return "{x}"', 15, "60 levels"),
        ("  step a = s.peek(id) with hasty\n  return a", 15, "without end"),
        ("  step a = s.peek(id) with eager\n  return a", 15, "204,800 events"),
        ("  step a = s.peek(id) with calm\n  return a", 15, "without end"),
        ("  step a = s.look(id) with calm\n  return a", 0, ""),
        (
            "  repeat max 40000 {\n    step a = s.look(id) with p\n  } until a == id\n  return id",
            15,
            "may need 240,000",
        ),
        ("  step a = s.look(id) with p\n  return a", 0, ""),
    ],
)
def test_what_a_history_cannot_hold_is_refused(body: str, line: int, said: str) -> None:
    found = gaps(Cadence(), f"{HEAD}{body}\n}}\n")
    assert [(at, said in message) for at, message in found] == ([(line, True)] if line else [])
