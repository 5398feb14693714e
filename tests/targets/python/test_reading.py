"""What a user gives as JSON: its values exactly, or why it is none, in flowc's words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from flowc.targets.python.support.reading import NotRead, parse, read_given


def refused(text: str) -> str:
    with pytest.raises(NotRead) as caught:
        parse(text, "--input")
    return str(caught.value).removeprefix("`--input` is no JSON that can be used: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: a value is missing"),
        ('{"a": 1, 2}', "line 1, column 10: a name in double quotes is missing"),
        ("[1", "line 1, column 3: `,` or a closing bracket is missing"),
        ('{"a"\n1}', "line 2, column 1: `:` is missing"),
        ('"a', "line 1, column 1: this text is never closed"),
        ("{} {}", "line 1, column 4: something follows after the end"),
        ('"\\x"', "line 1, column 2: this cannot be read"),
        ('{"a": 1, "a": 2}', "`a` stands twice in one object"),
        ("[NaN]", "NaN is no number"),
        ("[" * 100_000 + "]" * 100_000, "it is nested too deeply"),
        ("9" * 5_000, "a number of 5000 digits, and at most 15 are kept"),
        ("1e" + "9" * 30, f"`1e{'9' * 30}` is beyond all numbers that are kept"),
    ],
    ids=range(12),
)
def test_why_it_is_none(text: str, said: str) -> None:
    assert refused(text).startswith(said)
    assert "sys." not in refused(text)


def test_numbers_are_exact() -> None:
    assert parse('{"a": 0.10, "b": 12}', "x") == {"a": Decimal("0.10"), "b": 12}
    assert str(parse("0.10", "x")) == "0.10"


def test_a_file_after_an_at(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf[1]")
    assert read_given(f"@{file}", "--input") == [1]
    file.write_bytes(b"[\xff]")
    with pytest.raises(NotRead, match=r"a\.json`: byte 1 is not UTF-8"):
        read_given(f"@{file}", "--input")
    with pytest.raises(NotRead, match="Is a directory"):
        read_given(f"@{tmp_path}", "--input")
    with pytest.raises(NotRead, match="cannot read"):
        read_given("@\0", "--input")
