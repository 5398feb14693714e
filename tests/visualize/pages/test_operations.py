"""The commands of a runbook are commands that there are."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sysconfig
from pathlib import Path

import botocore.session
import click
import pytest
from botocore import xform_name

from flowc.cli.clicked import _group
from flowc.cli.memory import import_package
from flowc.targets.registry import NAMES, find
from flowc.visualize.pages.operations import KNOWN, Operations, commands
from tests.support.drawn import example
from tests.support.emitted import emitted

ROOT = Path(__file__).resolve().parents[3]
FILLED = {
    "INSTANCE": "fulfil_order/o-1",
    "STATE": "run.db",
    "PATH": "ruling",
    "JSON": "{}",
    "STEP": "payment",
    "FILE": "order.flow",
    "MODULE": "order_services",
    "MACHINE": "arn:aws:states:::m",
    "EXECUTION": "arn:aws:states:::e",
    "TOKEN": "t",
}


def lines(each: Operations) -> list[list[str]]:
    """All command lines of a target, with words for what the reader puts in."""
    fields = (*("every", "look", "draw", "signal", "cancel"), *("pause", "resume", "restart"))
    said = [line for field in (*fields, "finish") if (line := getattr(each, field)) is not None]
    return [[FILLED.get(word, word) for word in shlex.split(line)] for line in said]


def test_every_target_is_told_of() -> None:
    assert set(KNOWN) == set(NAMES)


@pytest.mark.parametrize("line", lines(KNOWN["python"]), ids=lambda line: line[1])
def test_on_python_flowc_takes_them(line: list[str]) -> None:
    program, verb, *words = line
    assert program == "flowc"
    group = _group()
    command = group.get_command(click.Context(group), verb)
    assert command is not None, verb
    command.make_context(verb, words)  # raises where a word or an option is not known


@pytest.mark.parametrize("target", ["temporal", "cadence"])
def test_on_workflow_engines_the_emitted_starter_takes_them(target: str) -> None:
    text = (ROOT / "examples" / "order.flow").read_text(encoding="utf-8")
    made = find(target)
    assert made is not None
    files = emitted(made, text, "order.flow")
    assert any(path.endswith("worker.py") for path in files)
    name = f"runbook_of_{target}"
    import_package(name, files)
    parser = importlib.import_module(f"{name}.runtime.starter")._parser("orders")
    told = set()
    for line in lines(KNOWN[target]):
        if line[:3] == ["python", "-m", "PACKAGE.starter"]:
            told.add(parser.parse_args(line[3:]).command)
    assert told == {"status", "answer", "cancel", "pause", "resume"}


def test_on_temporal_its_own_program_lists() -> None:
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    for line in lines(KNOWN["temporal"]):
        if line[0] == "temporal":
            done = subprocess.run(
                [program, *line[1:], "--help"], capture_output=True, text=True, check=True
            )
            assert "temporal workflow list [flags]" in done.stdout


@pytest.mark.parametrize("line", lines(KNOWN["asl"]), ids=lambda line: line[2])
def test_on_step_functions_the_service_takes_them(line: list[str]) -> None:
    assert line[:2] == ["aws", "stepfunctions"]
    service = botocore.session.get_session().get_service_model("stepfunctions")
    known = {
        xform_name(name, "-"): {
            f"--{xform_name(member, '-')}"
            for member in service.operation_model(name).input_shape.members
        }
        for name in service.operation_names
    }
    known["send-task-success"].add("--task-output")  # what AWS' command line calls its output
    assert {word for word in line if word.startswith("--")} <= known[line[2]]


@pytest.mark.parametrize("file", ["order", "trip"])
def test_a_page_tells_to_answer_only_where_it_awaits(file: str) -> None:
    flow = example(file, {"order": "fulfil_order", "trip": "book_trip"}[file])
    said = "\n".join(commands(NAMES, flow))
    assert ("answer an await" in said) == (file == "trip")
    assert re.findall("#### On (.*)", said) == list(NAMES)
    assert f"`{flow.name}/KEY`" in said
