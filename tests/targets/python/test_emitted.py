"""What is emitted: clean under mypy --strict and ruff, the same bytes, no code from user text."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.compiler.check import check
from flowc.source import Source
from flowc.targets.python.marker import MARKER, is_generated
from flowc.targets.python.names import docstring
from flowc.targets.python.program import RUNTIME
from flowc.targets.python.target import STUBS, Python
from flowc.targets.target import Files
from tests.support.durable import EXAMPLES
from tests.support.emitted import ROOT, blemishes, write

SUPPORT = ROOT / "flowc" / "targets" / "python" / "support"
HOSTILE = Path(__file__).parent / "data" / "hostile.flow"


def emit(path: Path, name: str | None = None) -> Files:
    checked = check(Source(name or path.name, path.read_text()))
    assert not checked.failed
    return Python().emit(checked.program)


AWAITS = Path(__file__).parent / "data" / "awaits.flow"
EMITTED = [*(EXAMPLES / f"{name}.flow" for name in ("order", "trip", "onboard")), HOSTILE, AWAITS]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that holds one for each file."""
    folder = tmp_path_factory.mktemp("python")
    for path in EMITTED:
        write(emit(path), folder / "python_all" / path.stem)
    (folder / "python_all" / "__init__.py").write_text("")
    return folder


def test_emitted_code_is_clean(packages: Path) -> None:
    assert blemishes(packages, "python_all") == []


def test_the_same_input_gives_the_same_bytes() -> None:
    assert emit(EXAMPLES / "order.flow") == emit(EXAMPLES / "order.flow")


def test_every_file_but_the_stubs_is_marked_with_the_hash_of_its_source() -> None:
    import hashlib

    files = emit(EXAMPLES / "order.flow")
    digest = hashlib.sha256((EXAMPLES / "order.flow").read_bytes()).hexdigest()
    for name, content in files.items():
        first = content.partition("\n")[0]
        assert is_generated(first) == (name != STUBS)
        if name != STUBS:
            assert first.startswith(MARKER)
            assert f"from order.flow sha256:{digest};" in first


def test_the_runtime_is_copied_word_for_word() -> None:
    files = emit(EXAMPLES / "order.flow")
    assert {path.stem for path in SUPPORT.glob("*.py")} == {*RUNTIME, "__init__"}
    for path in SUPPORT.glob("*.py"):
        _, _, copied = files[f"runtime/{path.name}"].partition("\n")
        assert copied == path.read_text()


@pytest.mark.parametrize(
    "name", ["a\nimport os\n.flow", "coding=latin-1.flow", "'''\".flow", "–umlaut ö.flow"]
)
def test_a_file_name_never_becomes_code(name: str) -> None:
    for path, content in emit(EXAMPLES / "order.flow", name).items():
        if path != STUBS:
            first, _, rest = content.partition("\n")
            assert first.isascii() and first.startswith("# ")
            assert "coding=" not in first
            assert rest.lstrip().startswith(('"""', "from", "async", "def", "import"))
        ast.parse(content)


TEXTS = [
    'quote \\" and \' and \\\\ and \\"\\"\\"',
    "line\\nbreak\\ttab",
    "\\{braces\\} %s {0}".replace("{0}", "\\{0\\}"),
    "\u202eevil\u2028\x7f",
    "ümlaut 日本 😀",
    "# noqa: F401 type: ignore",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_only_ever_data(text: str) -> None:
    source = f"""\
/// {text.replace(chr(0x2028), " ")}
error Bad(reason: text)
policy p {{ timeout 10s, exhausted page "{text}" }}
service s {{
  /// {text.replace(chr(0x2028), " ")}
  read look(id: text) -> text
}}
/// {text.replace(chr(0x2028), " ")}
flow f(id: text) -> text {{
  version 1
  owner "{text}" runbook "{text}"
  key id on duplicate attach

  /// {text.replace(chr(0x2028), " ")}
  step a = s.look("{text}") with p
  if a == "{text}" {{ fail Bad("{text} {{a}} {text}") }}
  return "{{a}}{text}"
}}
"""
    checked = check(Source("t.flow", source))
    assert not checked.failed, [d.finding.message for d in checked.diagnostics]
    files = Python().emit(checked.program)
    plain = (
        text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace('\\"', '"')
        .replace("\\{", "{")
        .replace("\\}", "}")
        .replace("\\\\", "\\")
    )
    tree = ast.parse(files["flows/f_v1.py"])
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    assert plain in texts
    assert plain + " " in texts  # the literal part of a text with a hole
    assert any(isinstance(value, str) and text[:5] in value for value in texts)
    policies = ast.parse(files["policies.py"])
    assert plain in [n.value for n in ast.walk(policies) if isinstance(n, ast.Constant)]
    for name, content in files.items():
        ast.parse(content, name)
        assert "\u202e" not in content


def test_names_that_python_takes_are_spelled_differently_but_mean_the_same() -> None:
    from tests.support.durable import Compiled

    compiled = Compiled(HOSTILE.read_text())
    flow = next(f for f in compiled.module("flows").FLOWS if f.version == 3)
    thing: dict[str, object] = {
        "class": "c",
        "list": [1],
        "str": "s",
        "__init__": 4,
        "self": "B",
        "field": "mro",
        "tuple": 1500,
        "when": "2024-02-29T10:00:00Z",
    }
    order: dict[str, object] = {"id": "o", "def": thing, "xs": [1, 2.5], "lambda": [thing]}
    given: dict[str, object] = {
        "run": "r",
        "self": order,
        "calls": 3,
        "lib": 0.1,
    }
    assert flow.write_input(flow.read_input(given)) == {
        **given,
        "self": {
            **order,
            "def": {**thing, "when": "2024-02-29T10:00:00.000Z"},
            "lambda": [{**thing, "when": "2024-02-29T10:00:00.000Z"}],
        },
    }
    assert flow.key(**flow.read_input(given)) == "r/3"


def test_the_emitted_tests_pass(packages: Path) -> None:
    tests = [f"python_all.{path.stem}.tests.test_flows" for path in EMITTED]
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", *tests],
        cwd=packages,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Ran {len(EMITTED)} tests" in done.stderr


def test_the_emitted_entry_runs_its_own_services(tmp_path: Path) -> None:
    text = (EXAMPLES / "order.flow").read_text()
    (tmp_path / "order.flow").write_text(
        text.replace("attempts 5", "attempts 2").replace("2h", "3s")
    )
    write(emit(tmp_path / "order.flow"), tmp_path / "out")
    command = [sys.executable, "-m", "out.main", "--input", f"@{EXAMPLES / 'order.json'}"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert "NotImplementedError: inventory.reserve" in done.stderr  # the stubs, undone by none
    assert done.returncode == 1


@pytest.mark.parametrize(
    "text", ['"""', 'a """', 'a"', '"', 'a\\"', '\\\\"', '""""', '"""\n"""', "a\\"]
)
def test_a_docstring_says_what_was_written(text: str) -> None:
    code = "\n".join(docstring(text))
    assert ast.literal_eval(code).strip() == text
