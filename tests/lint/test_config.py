"""Settings in TOML: what they mean, and what is said at which place if they are wrong."""

from __future__ import annotations

import pytest

from flowc.lint.config import check_words, configure, locate
from flowc.lint.engine import catalogue
from flowc.lint.settings import PathSettings, Settings, enabled
from flowc.source import Source


def read(text: str, *, nested: bool = False) -> Settings:
    """Settings that have no faults."""
    configured = configure(Source("flowc.toml", text), catalogue, nested=nested)
    assert configured is not None
    assert configured.problems == ()
    return configured.settings


def faults(text: str, *, nested: bool = False) -> list[tuple[str, str, str, str | None]]:
    """Each fault: its name, the text it points at with its line, its message and its help."""
    source = Source("flowc.toml", text)
    configured = configure(source, catalogue, nested=nested)
    assert configured is not None
    found = []
    for d in configured.problems:
        span = d.finding.span
        assert d.severity == "error"
        at = f"{source.position(span.start).line}: {text[span.start : span.end]}"
        found.append((d.name, at, d.finding.message, d.finding.help))
    return found


def test_everything_that_can_be_set() -> None:
    settings = read(
        """
        select = ["SAG", "TIM007", "uncompensated-effect"]
        ignore = ["ALL"]
        exclude = ["vendor/", "*.gen.flow"]
        cache = false
        baseline = "known.json"

        [severity]
        uncompensated-effect = "error"
        SAG006 = "off"

        [[paths]]
        match = "legacy/**"
        ignore = ["OPS"]
        severity = { uncompensated-effect = "advice" }
        """
    )
    assert settings == Settings(
        select=("SAG", "TIM007", "uncompensated-effect"),
        ignore=("ALL",),
        severity=(("uncompensated-effect", "error"), ("SAG006", "off")),
        paths=(PathSettings("legacy/**", ("OPS",), (("uncompensated-effect", "advice"),)),),
        exclude=("vendor/", "*.gen.flow"),
        cache=False,
        baseline="known.json",
    )


def test_nothing_set_is_the_default() -> None:
    assert read("") == Settings()
    assert read("\ufeff# nothing\n") == Settings()


def test_in_pyproject_only_the_own_table_counts() -> None:
    text = '[project]\nname = "flowc-user"\n'
    assert configure(Source("pyproject.toml", text), catalogue, nested=True) is None
    text += "[tool.other]\nselect = 1\n[tool.flowc]\ncache = false\n"
    assert read(text, nested=True) == Settings(cache=False)


@pytest.mark.parametrize(
    ("text", "name", "at", "message", "help_"),
    [
        (
            'selct = ["SAG"]',
            "unknown-setting",
            "1: selct",
            "unknown setting `selct`",
            "did you mean `select`?",
        ),
        (
            "\n[speed]\nfast = true",
            "unknown-setting",
            "2: speed",
            "unknown setting `speed`",
            "known are `select`, `ignore`, `severity`, `exclude`, `cache`, `baseline`, `paths`, "
            "`asl`",
        ),
        (
            'select = [\n  "SAG",\n  "uncompensated-efect",\n]',
            "unknown-rule-in-settings",
            "3: uncompensated-efect",
            "no rule has the code, name or family `uncompensated-efect`",
            "did you mean `uncompensated-effect`?",
        ),
        (
            'select = ["sag"]',
            "unknown-rule-in-settings",
            "1: sag",
            "no rule has the code, name or family `sag`",
            "did you mean `SAG`?",
        ),
        (
            'ignore = ["ZZZ999"]',
            "unknown-rule-in-settings",
            "1: ZZZ999",
            "no rule has the code, name or family `ZZZ999`",
            "`flowc explain` lists all rules",
        ),
        (
            'severity = { SAG001 = "warn" }',
            "invalid-setting",
            "1: SAG001",
            "the severity of `SAG001` must be `error`, `warning`, `advice` or `off`",
            "did you mean `warning`?",
        ),
        (
            '[severity]\nTYP001 = "off"',
            "invalid-setting",
            "2: TYP001",
            "`TYP001` is an error of the language and stays one",
            "mend the file, or `exclude` it",
        ),
        (
            'ignore = ["type-mismatch"]',
            "invalid-setting",
            "1: type-mismatch",
            "`type-mismatch` is an error of the language and stays one",
            "mend the file, or `exclude` it",
        ),
        (
            'cache = "no"',
            "invalid-setting",
            "1: cache",
            "`cache` must be true or false, not a text",
            None,
        ),
        (
            "select = [1]",
            "invalid-setting",
            "1: select",
            "`select` must be a list of texts, not a list with a number",
            None,
        ),
        (
            'exclude = "a"',
            "invalid-setting",
            "1: exclude",
            "`exclude` must be a list of texts, not a text",
            None,
        ),
        (
            'exclude = [""]',
            "invalid-setting",
            "1: exclude",
            "`exclude` must be a list of texts, not an empty text",
            None,
        ),
        (
            "baseline = 7",
            "invalid-setting",
            "1: baseline",
            "`baseline` must be the path of a file, not a number",
            None,
        ),
        (
            "severity = []",
            "invalid-setting",
            "1: severity",
            "`severity` must be a table of rules and levels, not a list",
            None,
        ),
        (
            '[paths]\nmatch = "a"',
            "invalid-setting",
            "1: paths",
            "`paths` must be given as `[[paths]]` tables, not a table",
            None,
        ),
        (
            '[[paths]]\nmatch = "a"\n[[paths]]\nignore = ["SAG"]',
            "invalid-setting",
            "3: paths",
            "`paths.match` must be a pattern of paths, not nothing",
            None,
        ),
        (
            '[[paths]]\nmatch = "a"\n[[paths]]\nmatch = "b"\nselect = ["SAG"]',
            "unknown-setting",
            "5: select",
            "unknown setting `select`",
            "known are `match`, `ignore`, `severity`",
        ),
        (
            '[[paths]]\nmatch = "a"\nignore = ["OPS"]\n[[paths]]\nmatch = "b"\nignore = ["OPX"]',
            "unknown-rule-in-settings",
            "6: OPX",
            "no rule has the code, name or family `OPX`",
            "did you mean `OPS`?",
        ),
        ("cache = tru", "invalid-toml", "1: t", "not TOML: invalid value", None),
        ('select = ["SAG"', "invalid-toml", "1: ", "not TOML: unclosed array", None),
    ],
)
def test_faults_stand_at_their_place(
    text: str, name: str, at: str, message: str, help_: str | None
) -> None:
    assert faults(text) == [(name, at, message, help_)]


def test_every_fault_is_reported() -> None:
    text = '[tool.flowc]\nselect = ["SGA"]\ncach = true\n[tool.flowc.severity]\nSAG001 = 3\n'
    found = faults(text, nested=True)
    assert [(name, at) for name, at, _, _ in found] == [
        ("unknown-setting", "3: cach"),
        ("unknown-rule-in-settings", "2: SGA"),
        ("invalid-setting", "5: SAG001"),
    ]


def test_a_table_is_wanted() -> None:
    ((name, at, message, _),) = faults("[tool]\nflowc = 3\n", nested=True)
    assert (name, at) == ("invalid-setting", "2: flowc")
    assert message == "`[tool.flowc]` must be a table, not a number"


def test_deep_nesting_is_a_finding() -> None:
    ((name, _, _, _),) = faults("select = " + "[" * 100_000)
    assert name == "invalid-toml"


def test_places_behind_comments_quotes_and_other_tables() -> None:
    text = (
        "# select = 1\n[other]\nselect = 2\n"
        '[ "tool" . flowc ] # [tool.other]\n"select" = [ # "X1"\n"X1"]\n'
        'paths = [{match = "a", ignore = ["X2"]}]\n'
    )
    source = Source("pyproject.toml", text)

    def at(*path: str | int) -> tuple[int, str]:
        span = locate(source, path)
        return source.position(span.start).line, text[span.start : span.end]

    assert at("tool", "flowc", "select") == (5, '"select"')
    assert at("tool", "flowc", "paths", 0, "ignore", "X2") == (7, "X2")
    assert at("tool", "flowc") == (4, '"tool" . flowc')
    assert at("nowhere") == (1, "")


def test_rules_on_the_command_line() -> None:
    (found,) = check_words(("SAG", "uncompensated"), "--select", catalogue())
    assert found.name == "unknown-rule-in-settings"
    span = found.finding.span
    assert found.source.text[span.start : span.end] == "uncompensated"
    assert check_words(("TYP",), "--select", catalogue()) == ()
    (found,) = check_words(("TYP",), "--ignore", catalogue())
    assert found.name == "invalid-setting"


# -- which rules run -----------------------------------------------------------------------

ON = "SAG001"  # a rule that is on by default


def test_default_rules_at_their_own_severity() -> None:
    known = catalogue()
    chosen = enabled(Settings(), known, None)
    assert chosen[ON] == "warning"
    assert chosen["TYP001"] == "error"
    assert set(chosen) == {e.code for e in known.entries if e.on}


@pytest.mark.parametrize("word", ["SAG001", "uncompensated-effect", "SAG", "ALL"])
def test_select_and_ignore_take_codes_names_families_and_all(word: str) -> None:
    known = catalogue()
    assert ON in enabled(Settings(select=(word,)), known, None)
    assert ON not in enabled(Settings(ignore=(word,)), known, None)
    assert ON not in enabled(Settings(select=("OPS",)), known, None)


def test_errors_of_the_language_stay() -> None:
    known = catalogue()
    for settings in (
        Settings(select=()),
        Settings(ignore=("ALL",)),
        Settings(severity=(("ALL", "off"),)),
    ):
        chosen = enabled(settings, known, None)
        assert chosen["TYP001"] == "error"
        assert ON not in chosen


def test_the_narrower_severity_counts() -> None:
    known = catalogue()
    levels = ((ON, "error"), ("SAG", "advice"), ("ALL", "off"))
    for order in (levels, tuple(reversed(levels))):
        chosen = enabled(Settings(severity=order), known, None)  # type: ignore[arg-type]
        assert chosen[ON] == "error"
    chosen = enabled(Settings(severity=(("SAG", "advice"),)), known, None)
    assert chosen[ON] == "advice"


def test_settings_per_path() -> None:
    known = catalogue()
    settings = Settings(
        severity=((ON, "error"),),
        paths=(
            PathSettings("legacy/**", severity=((ON, "advice"),)),
            PathSettings("*.gen.flow", ignore=("SAG",)),
        ),
    )
    assert enabled(settings, known, "a.flow")[ON] == "error"
    assert enabled(settings, known, "legacy/deep/a.flow")[ON] == "advice"
    assert ON not in enabled(settings, known, "deep/a.gen.flow")
    assert ON not in enabled(settings, known, "legacy/a.gen.flow")
    assert enabled(settings, known, None)[ON] == "error"


def test_the_command_line_goes_over_the_settings() -> None:
    known = catalogue()
    settings = Settings(select=("OPS",), ignore=("SAG",), severity=((ON, "off"),))
    assert ON not in enabled(settings, known, None)
    chosen = enabled(settings.replace(forced=("SAG",)), known, None)
    assert ON in chosen
    assert not any(code.startswith("OPS") for code in chosen)
    assert ON not in enabled(settings.replace(forced=("SAG",), forced_ignore=(ON,)), known, None)
