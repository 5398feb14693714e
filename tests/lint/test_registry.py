"""The folder of rules to rules: found by their files, each with its own code and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.lint import rules as folder
from flowc.lint.registry import registered, rules
from flowc.lint.rule import Rule


def named(code: str, name: str) -> Rule:
    return Rule(code, name, "warning", True, "", "", "", lambda _study: iter(()))


def test_every_file_of_the_folder_is_a_rule() -> None:
    files = sorted(
        file.stem
        for path in folder.__path__
        for file in Path(path).glob("*.py")
        if file.stem != "__init__"
    )
    assert sorted(rule.name.replace("-", "_") for rule in rules()) == files


def test_rules_come_in_the_order_of_their_codes() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(codes)
    assert len(set(codes)) == len(codes)


def test_asking_again_gives_the_same_rules() -> None:
    assert rules() is rules()


def test_a_code_belongs_to_one_rule() -> None:
    found = [("one", named("SAG001", "one")), ("other", named("SAG001", "other"))]
    with pytest.raises(ValueError, match=r"SAG001 is taken by both one\.py and other\.py"):
        registered(found)


def test_a_name_belongs_to_one_rule() -> None:
    found = [("one", named("SAG001", "one")), ("one", named("SAG002", "one"))]
    with pytest.raises(ValueError, match="one is taken by both"):
        registered(found)


def test_a_file_is_named_like_its_rule() -> None:
    with pytest.raises(ValueError, match=r"uncompensated-effect stands in left_behind\.py"):
        registered([("left_behind", named("SAG001", "uncompensated-effect"))])
