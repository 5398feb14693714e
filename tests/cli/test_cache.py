"""Results of earlier runs: used when nothing changed, never when anything did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.cli import cache as cache_module
from flowc.cli.cache import Cache, Entry, cache_folder, digest
from flowc.cli.check_files import Report, lint_paths
from flowc.cli.options import Options
from flowc.lint.rules.uncompensated_effect import BAD, GOOD
from tests.support.tree import link, put, write

COMMON = "error Closed\npolicy quick { timeout 10s, attempts 2 }\n"
USER = 'import "common.flow"\n' + GOOD.replace("error Closed\n", "")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def kept() -> list[Path]:
    """The files of the cache."""
    folder = cache_folder()
    assert folder is not None
    return sorted(Path(folder).glob("*"))


def lint(*paths: str, options: Options | None = None) -> Report:
    """Lint, the report in words that do not depend on which object is which."""
    return lint_paths(paths or (".",), options or Options())


def seen(report: Report) -> list[tuple[object, ...]]:
    """Everything a report says of the files."""
    return [
        (
            d.source.name,
            d.source.text,
            d.code,
            d.name,
            d.severity,
            d.finding.replace(related=()),
            tuple(
                (r.span, r.message, r.source and (r.source.name, r.source.text))
                for r in d.finding.related
            ),
        )
        for d in report.diagnostics
    ]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were really checked."""
    from flowc.cli import examine

    names: list[str] = []
    real = examine.examine_source

    def watched(source, task, *rest):  # type: ignore[no-untyped-def]
        names.append(task.name)
        return real(source, task, *rest)

    monkeypatch.setattr(examine, "examine_source", watched)
    return names


def test_unchanged_files_are_not_checked_again(checked: list[str]) -> None:
    put("a.flow", GOOD)
    put("b.flow", BAD)
    first = lint()
    assert checked == ["a.flow", "b.flow"]
    second = lint()
    assert checked == ["a.flow", "b.flow"]
    assert seen(first) == seen(second) != []
    assert first.files == second.files == ("a.flow", "b.flow")


def test_a_changed_file_is(checked: list[str]) -> None:
    put("a.flow", GOOD)
    put("b.flow", GOOD)
    lint()
    put("b.flow", BAD)
    assert len(lint().diagnostics) == 1
    assert checked == ["a.flow", "b.flow", "b.flow"]
    stat = os.stat("a.flow")  # noqa: PTH116
    put("a.flow", GOOD.replace("team-travel", "team-traveL"))
    os.utime("a.flow", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    lint()
    assert checked[3:] == ["a.flow"]


def test_what_a_file_imports_counts(checked: list[str]) -> None:
    write("flowc.toml")
    put("a.flow", USER)
    put("common.flow", COMMON)
    before = lint("a.flow")
    lint("a.flow")
    assert checked == ["a.flow"]
    put("common.flow", COMMON.replace("error Closed", "error Shut"))
    after = lint("a.flow")
    assert checked == ["a.flow"] * 2
    assert seen(before) != seen(after)
    Path("common.flow").unlink()
    assert "bad-import" in {d.name for d in lint("a.flow").diagnostics}
    put("common.flow", COMMON)
    assert seen(lint("a.flow")) == seen(before)


def test_what_an_import_imports_counts(checked: list[str]) -> None:
    write("flowc.toml")
    put("a.flow", USER)
    put("common.flow", 'import "deep/more.flow"\n' + COMMON)
    put("deep/more.flow", "error Odd\n")
    lint("a.flow")
    put("deep/more.flow", "error Odder\n")
    lint("a.flow")
    assert checked == ["a.flow"] * 2


def test_a_new_end_of_the_project_counts() -> None:
    write("flowc.toml")
    put("in/a.flow", USER.replace("common.flow", "../common.flow"))
    put("common.flow", COMMON)
    assert "bad-import" not in {d.name for d in lint("in/a.flow").diagnostics}
    put("in/.git/HEAD", "")
    assert "bad-import" in {d.name for d in lint("in/a.flow").diagnostics}


def test_a_retargeted_link_counts() -> None:
    write("flowc.toml")
    put("a.flow", USER)
    put("one.flow", COMMON)
    put("two.flow", "error Other\n")
    link("one.flow", "common.flow")
    before = seen(lint("a.flow"))
    Path("common.flow").unlink()
    link("two.flow", "common.flow")
    put("one.flow", "error Other\n")
    assert seen(lint("a.flow")) != before


def test_findings_that_point_into_imports_come_back_whole() -> None:
    write("flowc.toml")
    put("sub/b.flow", 'import "../common.flow"\n' + GOOD)
    put("common.flow", COMMON)
    first = lint("sub/b.flow")
    assert any(r.source for d in first.diagnostics for r in d.finding.related)
    assert seen(lint("sub/b.flow")) == seen(first)
    os.chdir("sub")
    again = lint("b.flow")
    names = {r.source.name for d in again.diagnostics for r in d.finding.related if r.source}
    assert names == {str(Path("../common.flow").resolve())}


def test_settings_and_options_count(checked: list[str]) -> None:
    put("a.flow", BAD)
    assert len(lint().diagnostics) == 1
    write("flowc.toml", 'ignore = ["SAG"]')
    assert lint().diagnostics == ()
    assert len(checked) == 2
    write("flowc.toml", 'severity = { SAG001 = "advice" }')
    assert [d.severity for d in lint().diagnostics] == ["advice"]
    assert lint(options=Options(ignore=("SAG001",))).diagnostics == ()
    assert lint(options=Options(select=("OPS",))).diagnostics == ()
    assert [d.severity for d in lint().diagnostics] == ["advice"]
    assert len(checked) == 5


def test_a_place_per_path_counts() -> None:
    write("flowc.toml", "[[paths]]", 'match = "old/"', 'ignore = ["SAG"]')
    put("new/a.flow", BAD)
    put("old/a.flow", BAD)
    for _ in range(2):
        assert [d.source.name for d in lint().diagnostics] == ["new/a.flow"]


def test_another_version_of_flowc_starts_anew(
    checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.flow", GOOD)
    lint()
    monkeypatch.setattr("flowc.__version__", "99.0")
    lint()
    assert checked == ["a.flow"] * 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"nonsense",
        lambda data: data[:-1],
        lambda data: data.replace(b"uncompensated", b"xncompensated"),
        lambda data: data + b"\nF\tx",
        lambda data: b"\xff\xfe" + data,
        lambda data: data.split(b"\n")[0],
    ],
)
def test_a_damaged_cache_is_none(damage: object, checked: list[str]) -> None:
    assert callable(damage)
    put("a.flow", BAD)
    first = lint()
    (file,) = kept()
    file.write_bytes(damage(file.read_bytes()))
    assert seen(lint()) == seen(first)
    assert checked == ["a.flow"] * 2
    lint()
    assert checked == ["a.flow"] * 2


def test_findings_that_are_no_json_are_found_again(checked: list[str]) -> None:
    put("a.flow", BAD)
    first = lint()
    (file,) = kept()
    head, _, body = file.read_bytes().partition(b"\n")
    for broken in (b"[[1]]", b"{}", b"[", b"7", b"[" * 9999):
        lines = body.split(b"\n")
        lines[-1] = lines[-1].rpartition(b"\t")[0] + b"\t" + broken
        new = b"\n".join(lines)
        file.write_bytes(head.split()[0] + b" " + digest(new).encode() + b"\n" + new)
        assert seen(lint()) == seen(first)
    assert checked == ["a.flow"] * 6


def test_no_cache_when_not_wanted() -> None:
    put("a.flow", BAD)
    lint(options=Options(cache=False))
    assert kept() == []
    write("flowc.toml", "cache = false")
    lint()
    assert kept() == []


def test_a_cache_that_cannot_be_written_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.flow", BAD)
    put("occupied", "")
    monkeypatch.setenv("FLOWC_CACHE_DIR", "occupied/cache")
    for _ in range(2):
        assert len(lint().diagnostics) == 1


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLOWC_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == str(tmp_path / "xdg" / "flowc")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == str(tmp_path / "home" / ".cache" / "flowc")
    monkeypatch.setenv("FLOWC_CACHE_DIR", "here")
    assert cache_folder() == str(Path.cwd() / "here")


def test_only_the_user_may_read_it() -> None:
    put("a.flow", BAD)
    lint()
    (file,) = kept()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_runs_over_parts_keep_what_others_found(checked: list[str]) -> None:
    for name in "abc":
        put(f"{name}.flow", GOOD)
        lint(f"{name}.flow")
    lint("a.flow", "b.flow", "c.flow")
    lint()
    assert checked == ["a.flow", "b.flow", "c.flow"]
    assert len(kept()) == 1


def test_runs_at_the_same_time_do_no_harm() -> None:
    for n in range(6):
        put(f"f{n}.flow", BAD if n % 2 else GOOD)
    program = (
        "import sys; from flowc.cli.check_files import lint_paths; "
        "from flowc.cli.options import Options; "
        "print([len(lint_paths((f'f{n}.flow',), Options()).diagnostics) for n in range(6)])"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for run in runs:
        out, _ = run.communicate()
        assert out == "[0, 1, 0, 1, 0, 1]\n"
    assert [d.source.name for d in lint().diagnostics] == ["f1.flow", "f3.flow", "f5.flow"]
    assert [file.suffix for file in kept()] == [".txt"]


def test_what_is_long_gone_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_UNSEEN", 3)
    folder = cache_folder()
    assert folder is not None
    first = Cache(folder, "key", "stamp")
    for n in range(10):
        first.find(f"/gone/{n}", "x")
        first.put(f"/gone/{n}", Entry("x", "", ""))
        first.verdict(f"question {n}", lambda: "yes")
    first.save()
    second = Cache(folder, "key", "stamp")
    assert second.find("/gone/3", "x") is not None
    second.put("/gone/3", Entry("y", "", ""))
    assert second.verdict("question 1", lambda: "no") == "yes"
    second.save()
    third = Cache(folder, "key", "stamp")
    assert third.find("/gone/3", "y") is not None
    assert third.find("/gone/4", "x") is None
    assert third.verdict("question 1", lambda: "no") == "yes"
    assert third.verdict("question 2", lambda: "no") == "no"


def test_old_results_of_other_projects_are_removed() -> None:
    folder = cache_folder()
    assert folder is not None
    put("a.flow", GOOD)
    lint()
    (old,) = kept()
    os.utime(old, (0, 0))
    fresh = Cache(folder, "other", "stamp")
    fresh.put("/a", Entry("x", "", ""))
    fresh.save()
    assert old not in kept()
    assert len(kept()) == 1


@pytest.mark.parametrize("odd", ["tab\there.flow", "line\nhere.flow", "ünï.flow", "a|b=c.flow"])
def test_odd_names(odd: str, checked: list[str]) -> None:
    write("flowc.toml")
    put(odd, USER)
    put("common.flow", COMMON)
    first = lint()
    assert seen(lint()) == seen(first)
    cached = "\t" not in odd and "\n" not in odd
    assert checked.count(odd) == (1 if cached else 2)


def test_names_that_are_no_text(checked: list[str]) -> None:
    name = os.fsdecode(b"\xff.flow")
    put(name, GOOD)
    lint()
    lint()
    assert checked == [name]


HEAVY = {
    "re", "json", "tomllib", "hashlib", "pathspec", "typing", "dataclasses", "enum", "argparse",
    "click", "lark", "networkx", "graphviz", "difflib", "multiprocessing", "concurrent",
    "flowc.dsl", "flowc.compiler", "flowc.lint", "flowc.simulate", "flowc.targets",
    "flowc.diagnostic", "flowc.source",
}  # fmt: skip


def imported(*words: str) -> set[str]:
    """What of HEAVY a run of `flowc` imports."""
    program = (
        "import sys; before = set(sys.modules); from flowc.cli.main import main; "
        f"status = main({list(words)!r}); "
        "print(*sorted({'.'.join(name.split('.')[:2]) if name.startswith('flowc') else "
        "name.split('.')[0] for name in set(sys.modules) - before}), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split()) & HEAVY


def test_a_run_that_knows_everything_imports_next_to_nothing() -> None:
    write("flowc.toml", 'exclude = ["x/"]')
    write(".gitignore", "out/")
    put("a.flow", GOOD)
    put("b.flow", USER)
    put("common.flow", "error Closed\n")
    words = ("lint", ".", "--ignore", "SAG006")
    assert "flowc.dsl" in imported(*words)
    assert imported(*words) == set()


def test_a_planted_link_leads_nothing_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path.cwd()
    cache = Cache(str(here), "key", "stamp")
    cache.put("/a.flow", Entry(digest(b""), "", ""))
    monkeypatch.setattr(os, "urandom", bytes)
    name = f"{cache_module.digest_text('key')}.txt.{os.getpid()}-00000000.tmp"
    (here / "mine").write_text("mine")
    (here / name).symlink_to("mine")
    cache.save()
    assert (here / "mine").read_text() == "mine"
    assert sorted(path.name for path in here.iterdir()) == [name, "mine"]
