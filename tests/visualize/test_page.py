"""The page about pictures says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowc.cli.main import main
from flowc.visualize.theme import PENS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")


def test_its_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "order.flow").write_bytes((ROOT / "examples" / "order.flow").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["graph", "order.flow", "-o", "order.json"]) == 0
    program = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert program is not None
    exec(compile(program[1], "pictures.md", "exec"), {})


def test_it_names_every_kind() -> None:
    kinds = re.findall(r"`([a-z\s]+)`", PAGE)
    assert set(PENS) in [set(words.split()) for words in kinds]
