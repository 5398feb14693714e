"""Awkward flows on every target: what is emitted is correct and holds no code of the user's, or
there is a refusal at the line."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from flowc.compiler.check import Checked, check
from flowc.diagnostic import Finding
from flowc.source import Source
from flowc.targets.registry import NAMES, find
from flowc.targets.target import Files
from tests.support.awkward import CASES
from tests.support.cfn import cfn_lint
from tests.support.emitted import blemishes, write
from tests.support.node import node

ROOT = Path(__file__).resolve().parents[2]
CLEAN = (
    *("names", "names, dealt otherwise 2", "names that collide"),
    *("text 0", "text 12", "no statement"),
)


@cache
def outcome(name: str, target: str) -> tuple[Checked, list[Finding], Files]:
    """The file, checked; what refuses it, be it the language or the target; and what is emitted."""
    checked = check(Source("awkward.flow", CASES[name]))
    refused = [d.finding for d in checked.diagnostics if d.severity == "error"]
    if refused:
        return checked, refused, {}
    found = find(target)
    assert found is not None
    program = checked.program
    for flow in (*program.flows, *program.older):
        refused += found.gaps(flow, program)
    return checked, refused, {} if refused else found.emit(program)


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("name", CASES)
def test_it_is_correct_or_refused_at_its_line(name: str, target: str) -> None:
    checked, refused, files = outcome(name, target)
    for finding in refused:
        assert 0 <= finding.span.start < finding.span.end <= len(checked.source.text)
        assert finding.message
    assert bool(files) != bool(refused)
    for path, text in files.items():
        assert text.isascii() or path.endswith(".py"), path
        if path.endswith(".json"):
            _only_data(json.loads(text))
        elif path.endswith(".py"):
            _only_literals(ast.parse(text))


def test_few_are_refused() -> None:
    """A refusal is the exception: what is only awkward is compiled everywhere."""
    deep = {name for name in CASES if name.startswith("60 ")}
    numbers = {"2^53 + 1", "400 digits", "20 places", "endless wait", "endless loop"}
    large = {"2,000 steps", "a million rounds"}
    for target in NAMES:
        refused = {name for name in CASES if outcome(name, target)[1]}
        assert refused <= deep | numbers | large, (target, refused - deep - numbers - large)
    assert not outcome("60 ifs", "asl")[1]
    assert not outcome("2,000 steps", "python")[1]


_LITERAL = re.compile(r"'[^']*'|`[^`]*`")


def _only_data(value: object) -> None:
    """What a text of the user's calls is called nowhere but inside a literal of an expression, and
    no text is a substitution of CloudFormation."""
    match value:
        case str() if value.startswith("{%"):
            assert value.endswith(" %}") and value.count("{%") == value.count("%}") == 1, value
            assert "$error(" not in _LITERAL.sub("", value), value
            assert "${" not in value, value
        case str():
            assert "${Secret" not in value, value
        case list():
            for item in value:
                _only_data(item)
        case dict():
            for item in value.values():
                _only_data(item)


def _only_literals(tree: ast.Module) -> None:
    """What a text of the user's calls is named nowhere in the code."""
    names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    names |= {part.attr for part in ast.walk(tree) if isinstance(part, ast.Attribute)}
    assert not names & {"alert", "abort", "javascript"}


@pytest.mark.parametrize("target", [name for name in NAMES if name != "asl"])
def test_emitted_python_is_clean(target: str, tmp_path: Path) -> None:
    package = tmp_path / f"{target}_awkward"
    for name in CLEAN:
        _, refused, files = outcome(name, target)
        assert not refused
        write(files, package / name.replace(" ", "_").replace(",", ""))
    (package / "__init__.py").write_text("")
    assert blemishes(tmp_path, package.name) == []


def test_emitted_definitions_are_valid(tmp_path: Path) -> None:
    machines = []
    # asl-validator's time grows exponentially with states inside states
    for number, name in enumerate(name for name in CASES if name != "60 parallels"):
        for path, text in outcome(name, "asl")[2].items():
            place = tmp_path / str(number) / path
            place.parent.mkdir(exist_ok=True)
            place.write_text(text)
            if path.endswith(".asl.json"):
                machines.append(str(place))
    assert len(machines) > 30
    done = node("asl.mjs", *machines)
    assert done.returncode == 0, done.stderr
    assert {path: found for path, found in json.loads(done.stdout).items() if found} == {}


def test_emitted_templates_are_valid(tmp_path: Path) -> None:
    templates = []
    for number, name in enumerate(CLEAN):
        templates.append(tmp_path / f"{number}.json")
        templates[-1].write_text(outcome(name, "asl")[2]["template.json"])
    assert cfn_lint(templates) == ""
