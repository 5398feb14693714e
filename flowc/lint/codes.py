"""What is said about suppressions, settings and baselines, with the page of each."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Severity


class Code(Struct):
    code: str
    name: str
    severity: Severity
    page: str


def _table(*codes: Code) -> dict[str, Code]:
    return {code.name: code for code in codes}


CODES = _table(
    Code(
        "LNT001",
        "unused-suppression",
        "warning",
        """A suppression that suppresses nothing.

        The finding it was written for is gone, or the comment stands at another place than the
        finding. A suppression that stays behind would silently cover the next finding of its
        rule. Remove it; `flowc lint --fix` does.
        """,
    ),
    Code(
        "LNT002",
        "unknown-rule",
        "warning",
        """A suppression names a rule that does not exist.

        Nothing is suppressed. Give the rule's code or its name, as they stand in the finding.
        """,
    ),
    Code(
        "LNT003",
        "missing-reason",
        "warning",
        """A suppression does not say why.

        A suppression is a decision that somebody else will have to judge later. Without
        `because "..."`, or with an empty reason, it suppresses nothing.
        """,
    ),
    Code(
        "LNT004",
        "malformed-suppression",
        "warning",
        """A comment that was meant to suppress a rule and does not.

        A suppression reads `// flowc: allow RULE because "reason"`, with one rule by code or name.
        It stands at the end of the line it is about, or on a line of its own before a statement,
        a clause or a declaration, and then covers all of it. `// flowc: allow-file RULE because
        "reason"` stands before the first declaration and covers the file.
        """,
    ),
    Code(
        "LNT005",
        "not-suppressible",
        "warning",
        """A suppression of something that cannot be suppressed.

        Errors of the language have no meaning that a back end could keep, so they can only be
        mended. Findings about suppressions themselves can be turned off in the settings.
        """,
    ),
    Code(
        "LNT006",
        "stale-baseline",
        "warning",
        """A baseline lists a finding that is no longer there.

        The entry would silently cover the next finding like it. Write the baseline again with
        `flowc lint --write-baseline FILE PATH...`.
        """,
    ),
)

SETTINGS = _table(
    Code(
        "CFG001",
        "invalid-toml",
        "error",
        """The settings file is not TOML, or not UTF-8.

        Nothing is checked under settings that cannot be read.
        """,
    ),
    Code(
        "CFG002",
        "unknown-setting",
        "error",
        """A key in the settings that flowc does not know.

        Known are `select`, `ignore`, `severity`, `exclude`, `cache`, `baseline` and `paths`; in
        each of `paths` `match`, `ignore` and `severity`.
        """,
    ),
    Code(
        "CFG003",
        "unknown-rule-in-settings",
        "error",
        """A rule in the settings or after `--select` or `--ignore` that does not exist.

        Rules are given by code (`SAG001`), by name (`uncompensated-effect`), by family (`SAG`) or
        as `ALL`.
        """,
    ),
    Code(
        "CFG004",
        "invalid-setting",
        "error",
        """A setting with a value of the wrong kind, or an error of the language turned off.

        A severity is `error`, `warning`, `advice` or `off`. What is an error of the language (a
        syntax or type error, say) stays one.
        """,
    ),
    Code(
        "CFG005",
        "invalid-baseline",
        "error",
        """The baseline cannot be read.

        Write it again with `flowc lint --write-baseline FILE PATH...`.
        """,
    ),
    Code(
        "CFG006",
        "unknown-target",
        "error",
        """A target after `--target` that flowc does not build for.

        `flowc targets` lists them.
        """,
    ),
)

TARGETS = _table(
    Code(
        "PLT001",
        "not-on-target",
        "error",
        """A clause that the chosen target cannot keep.

        Nothing is lost quietly: where an engine cannot do what a line says, `flowc build` refuses
        that line, and `flowc lint --target NAME` says so beforehand. `flowc targets` shows what
        each target can do. Write the line in another way, or build for another target.
        """,
    ),
)
