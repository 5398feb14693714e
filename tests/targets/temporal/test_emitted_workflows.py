"""What is emitted: clean under mypy --strict and ruff, the same bytes, no code from user text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.targets.python.marker import is_generated
from flowc.targets.python.target import STUBS
from flowc.targets.temporal.program import RUNTIME
from flowc.targets.temporal.target import Temporal
from flowc.targets.workflows.program import WORKFLOWS
from tests.support.durable import EXAMPLES
from tests.support.emitted import HOSTILE, ROOT, blemishes, gaps, write
from tests.support.temporal import compiled

SUPPORT = ROOT / "flowc" / "targets" / "temporal" / "support"
COMMON = ROOT / "flowc" / "targets" / "workflows" / "support"
HEAD = """\
error Busy transient
policy p { timeout 10s, attempts 3, backoff 1s..10s }
policy hasty { timeout 10s, attempts unlimited }
policy eager { timeout 10s, attempts unlimited, backoff 1s..10s, within 1d }
service s {
  read look(id: text) -> text
  read peek(id: text) -> text raises Busy
  action tell(id: text) notifies inbox key id
}
flow f(id: text) -> text {
  version 1
  owner "o" runbook "r"
  key id on duplicate attach

"""


def test_emitted_code_is_clean(tmp_path: Path) -> None:
    paths = [*(EXAMPLES / f"{name}.flow" for name in ("order", "trip", "onboard")), HOSTILE]
    for path in paths:
        write(compiled(path.read_text(), path.name), tmp_path / "temporal_all" / path.stem)
    (tmp_path / "temporal_all" / "__init__.py").write_text("")
    assert blemishes(tmp_path, "temporal_all") == []


def test_the_same_input_gives_the_same_marked_bytes() -> None:
    text = (EXAMPLES / "trip.flow").read_text()
    files = compiled(text)
    assert files == compiled(text)
    for name, content in files.items():
        assert is_generated(content.partition("\n")[0]) == (name != STUBS)


def test_the_runtime_is_copied_word_for_word() -> None:
    files = compiled((EXAMPLES / "order.flow").read_text())
    assert {path.stem for path in SUPPORT.glob("*.py")} == {*RUNTIME, "__init__"}
    assert {path.stem for path in COMMON.glob("*.py")} == set(WORKFLOWS)
    own = (path for path in SUPPORT.glob("*.py") if path.stem != "__init__")
    for path in (*own, *COMMON.glob("*.py")):
        _, _, copied = files[f"runtime/{path.name}"].partition("\n")
        assert copied == path.read_text()


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
    files = compiled(source)
    plain = text.replace('\\"', '"').replace("\\\\", "\\").replace("\\{", "{").replace("\\}", "}")
    tree = ast.parse(files["workflows/f_v1.py"])
    assert plain in [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    assert all("\u202e" not in content for content in files.values())


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("  let x = " + " + ".join(["1"] * 80) + '\n  return "{x}"', 15, "60 levels"),
        ("  step a = s.peek(id) with hasty\n  return a", 15, "without end"),
        ("  step a = s.peek(id) with eager\n  return a", 15, "51,200 events"),
        (
            "  repeat max 10000 {\n    step a = s.look(id) with p\n  } until a == id\n  return id",
            15,
            "may need 60,000",
        ),
        (
            "  await x: text from id\n    every 1h as n {\n      step t = s.tell(id) with p\n"
            "        otherwise none\n    }\n  return x",
            15,
            "without end",
        ),
        ("  step a = s.look(id) with p\n  return a", 0, ""),
    ],
)
def test_what_a_history_cannot_hold_is_refused(body: str, line: int, said: str) -> None:
    found = gaps(Temporal(), f"{HEAD}{body}\n}}\n")
    assert [(at, said in message) for at, message in found] == ([(line, True)] if line else [])


def test_the_emitted_tests_pass(tmp_path: Path) -> None:
    write(compiled((EXAMPLES / "trip.flow").read_text()), tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", "out.tests.test_flows"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Ran 1 test" in done.stderr
    assert "\nOK\n" in done.stderr
