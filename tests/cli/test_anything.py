"""Whatever stands in a file, the command answers with findings and a status."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowc.cli.report import FORMATS
from tests.support.command import flowc
from tests.support.flows import CLEAN, LEFT_BEHIND

FEW = settings(max_examples=50, suppress_health_check=list(HealthCheck))


def damaged(seed: int) -> bytes:
    """A file with one piece of it cut out, repeated or replaced by noise."""
    random = Random(seed)
    data = random.choice((CLEAN, LEFT_BEHIND)).encode()
    start = random.randrange(len(data))
    end = min(len(data), start + random.randrange(1, 40))
    middle = random.choice((b"", data[start:end] * 2, random.randbytes(4), "\x1b[2J日本".encode()))
    return data[:start] + middle + data[end:]


@pytest.mark.usefixtures("here")
@FEW
@given(data=st.binary() | st.integers(0, 10**6).map(damaged), format=st.sampled_from(FORMATS))
def test_lint_always_answers(data: bytes, format: str) -> None:
    said = flowc("lint", "--no-cache", "--format", format, "-", stdin=data)
    assert said.status in (0, 1, 2)
    assert "internal error" not in said.err
    assert "\x1b" not in said.err
    if format in ("text", "concise"):
        assert "\x1b" not in said.out


@pytest.mark.usefixtures("here")
@FEW
@given(data=st.binary() | st.integers(0, 10**6).map(damaged))
def test_fmt_never_loses_anything(data: bytes) -> None:
    said = flowc("fmt", "-", stdin=data)
    assert "internal error" not in said.err
    if said.status == 2:
        assert said.out == ""
    elif said.status == 1:
        assert said.out.encode() == data
    else:
        again = flowc("fmt", "-", stdin=said.out.encode())
        assert again == (0, said.out, "")


def test_fix_never_loses_anything(here: Path) -> None:
    path = here / "damaged.flow"
    for seed in range(25):
        path.write_bytes(damaged(seed))
        said = flowc("lint", "--no-cache", "--fix", "--unsafe-fixes", "damaged.flow")
        assert said.status in (0, 1, 2)
        assert "internal error" not in said.err
        if said.status == 2 or "mended" not in said.err:
            assert path.read_bytes() == damaged(seed)
