"""Paths to files: what is searched, what is left out, and that git agrees."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowc.cli.discover import discover
from flowc.cli.options import Options
from flowc.cli.project import Projects
from tests.support.tree import git, link, make, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def found(*paths: str) -> list[str]:
    """The names of the files that paths mean; none may be refused. Asked twice, the second time
    from the cache."""
    answers = []
    for _ in range(2):
        projects = Projects(Options())
        files, refused = discover(paths, projects)
        assert refused == []
        for project in projects.all:
            project.cache.save()
        answers.append([file.name.replace(os.sep, "/") for file in files])
    assert answers[0] == answers[1]
    return answers[0]


def refused(*paths: str) -> list[tuple[str, str, str | None]]:
    """The paths that could not be read, why, and the help."""
    _, bad = discover(paths, Projects(Options()))
    return [(name, why.code, why.help) for name, why in bad]


def test_folders_are_searched_in_order() -> None:
    make("b.flow", "a/z.flow", "a/b/c.flow", "c.txt", "a/flow", "a/.hidden.flow", ".ci/d.flow")
    assert found(".") == [".ci/d.flow", "a/.hidden.flow", "a/b/c.flow", "a/z.flow", "b.flow"]
    assert found("a") == ["a/.hidden.flow", "a/b/c.flow", "a/z.flow"]
    assert found("a/") == found("./a") == found("a")


def test_names_are_those_the_user_gave(tmp_path: Path) -> None:
    make("a/b.flow")
    assert found("../work/a") == ["../work/a/b.flow"]
    full = str(tmp_path / "work" / "a")
    assert found(full) == [f"{full}/b.flow"]
    assert found("./a/b.flow") == ["a/b.flow"]


def test_a_file_is_taken_once() -> None:
    make("a/b.flow")
    assert found("a/b.flow", "a", ".", "a/../a/b.flow") == ["a/b.flow"]


def test_named_files_are_taken_whatever_they_are_called() -> None:
    write(".gitignore", "*.flow", "*.txt")
    make("a.flow", "b.txt", ".git/HEAD")
    assert found("a.flow", "b.txt") == ["a.flow", "b.txt"]
    assert found(".") == []


@pytest.mark.parametrize("name", [".git", ".venv", "venv", "node_modules", "__pycache__", ".hg"])
def test_what_is_never_searched(name: str) -> None:
    make(f"{name}/a.flow", f"deep/{name}/b.flow", "deep/c.flow")
    assert found(".") == ["deep/c.flow"]
    assert found(name) == [f"{name}/a.flow"]


def test_folders_deeper_than_python_s_stack() -> None:
    here = os.getcwd()  # noqa: PTH109
    for _ in range(1500):
        os.mkdir("d")  # noqa: PTH102
        os.chdir("d")
    make("a.flow")
    os.chdir(here)
    assert found(".") == ["d/" * 1500 + "a.flow"]
    subprocess.run(["rm", "-rf", "d"], check=True)  # shutil.rmtree has not stack enough


def test_a_folder_may_be_called_like_a_file() -> None:
    make("x.flow/a.flow", "y/x.flow/b.flow")
    assert found(".") == ["x.flow/a.flow", "y/x.flow/b.flow"]
    assert found("x.flow") == ["x.flow/a.flow"]


def test_what_is_not_there() -> None:
    make("order.flow")
    assert refused("oder.flow") == [("oder.flow", "FIL001", "did you mean `order.flow`?")]
    assert refused("")[0][1] == "FIL001"
    assert refused("a\0b")[0][1] == "FIL001"


def test_a_folder_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    make("a/b.flow", "c.flow")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith(f"{os.sep}a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    files, bad = discover((".",), Projects(Options(cache=False)))
    assert [file.name for file in files] == ["c.flow"]
    assert [(name, why.code) for name, why in bad] == [("a", "FIL002")]


class TestLinks:
    """Symbolic links."""

    def test_links_to_folders_are_not_followed(self, tmp_path: Path) -> None:
        make("a/b.flow")
        link("..", "a/up")
        link(str(tmp_path), "out")
        link("a", "x.flow")
        link("loop", "loop")
        assert found(".") == ["a/b.flow"]

    def test_a_named_link_is_followed(self) -> None:
        make("a/b.flow")
        link("a", "link")
        assert found("link") == ["link/b.flow"]

    def test_links_to_files_are_files(self) -> None:
        make("a/b.txt")
        link("a/b.txt", "c.flow")
        link("nowhere", "d.flow")
        assert found(".") == ["c.flow", "d.flow"]  # the second is a problem when it is read


# -- what is ignored -----------------------------------------------------------------------

TREES = {
    "plain": ({".gitignore": ["*.gen.flow", "build/", "/top.flow"]}, "as git does"),
    "negated": ({".gitignore": ["*.flow", "!keep.flow", "!sub/"]}, ""),
    "nested": ({".gitignore": ["a.flow"], "sub/.gitignore": ["!a.flow", "b.flow"]}, ""),
    "deep": ({".gitignore": ["sub/**", "!sub/keep.flow"]}, ""),
    "pruned": ({".gitignore": ["sub/", "!sub/keep.flow"]}, ""),
    "anchored": ({"sub/.gitignore": ["/a.flow", "deep/*.flow"]}, ""),
    "odd": (
        {".gitignore": ["", "# c", "\\#x.flow", "a.flow  ", "!", "[", "**/deep/**/b.flow"]},
        "",
    ),
    "none": ({".gitignore": ["# nothing", ""]}, ""),
}
FILES = (
    "a.flow",
    "top.flow",
    "keep.flow",
    "x.gen.flow",
    "#x.flow",
    "build/a.flow",
    "sub/a.flow",
    "sub/b.flow",
    "sub/keep.flow",
    "sub/top.flow",
    "sub/build/c.flow",
    "sub/deep/a.flow",
    "sub/deep/er/b.flow",
)


@pytest.mark.parametrize("name", TREES)
def test_git_agrees(name: str) -> None:
    make(*FILES)
    for file, lines in TREES[name][0].items():
        write(file, *lines)
    git("init", "-q")
    listed = git(
        "-c", "core.quotePath=off", "ls-files", "-co", "--exclude-standard", "--", "*.flow"
    )
    assert found(".") == sorted(listed.splitlines())


def test_patterns_from_above_hold() -> None:
    make("sub/a.flow", "sub/b.flow", ".git/HEAD")
    write(".gitignore", "sub/a.flow")
    assert found("sub") == ["sub/b.flow"]
    os.chdir("sub")
    assert found(".") == ["b.flow"]


def test_a_folder_that_is_named_is_searched_though_ignored() -> None:
    make("out/a.flow", "out/b.flow", ".git/HEAD")
    write(".gitignore", "out/")
    assert found(".") == []
    assert found("out") == ["out/a.flow", "out/b.flow"]
    write("out/.gitignore", "a.flow")
    assert found("out") == ["out/b.flow"]


def test_the_repository_s_own_excludes() -> None:
    make("a.flow", "b.flow")
    write(".git/info/exclude", "a.flow")
    assert found(".") == ["b.flow"]


def test_patterns_do_not_leave_their_repository() -> None:
    write(".gitignore", "*.flow")
    make("inner/.git/HEAD", "inner/a.flow", "b.flow", ".git/HEAD")
    assert found("inner") == ["inner/a.flow"]


def test_excluded_by_settings() -> None:
    make("a.flow", "old/b.flow", "sub/old/c.flow", "sub/d.gen.flow")
    write("flowc.toml", 'exclude = ["old/", "*.gen.flow"]')
    assert found(".") == ["a.flow"]
    write("flowc.toml", 'exclude = ["/old/"]')
    assert found(".") == ["a.flow", "sub/d.gen.flow", "sub/old/c.flow"]
    assert found("sub") == ["sub/d.gen.flow", "sub/old/c.flow"]
    assert found("old/b.flow") == ["old/b.flow"]


def test_settings_of_an_inner_folder_exclude_there() -> None:
    make("a.flow", "sub/a.flow", "sub/b.flow")
    write("sub/flowc.toml", 'exclude = ["a.flow"]')
    assert found(".") == ["a.flow", "sub/b.flow"]


def test_changed_patterns_count_at_once() -> None:
    make("a.flow", "b.flow", ".git/HEAD")
    write(".gitignore", "a.flow")
    assert found(".") == ["b.flow"]
    write(".gitignore", "b.flow")
    assert found(".") == ["a.flow"]
    make("c.flow")
    assert found(".") == ["a.flow", "c.flow"]


def test_pathspec_is_only_imported_for_patterns() -> None:
    program = (
        "import sys\n"
        "from flowc.cli.discover import discover\n"
        "from flowc.cli.options import Options\n"
        "from flowc.cli.project import Projects\n"
        "projects = Projects(Options())\n"
        "print([f.name for f in discover(('.',), projects)[0]], 'pathspec' in sys.modules)\n"
        "[p.cache.save() for p in projects.all]\n"
    )

    def run() -> str:
        words = [sys.executable, "-c", program]
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout.strip()

    make("a.flow", "b.flow")
    write(".gitignore", "# nothing here")
    assert run() == "['a.flow', 'b.flow'] False"
    make(".git/HEAD")
    write(".gitignore", "a.flow")
    assert run() == "['b.flow'] True"
    assert run() == "['b.flow'] False"


def test_a_link_to_itself_is_a_file_that_cannot_be_read() -> None:
    link("round.flow", "round.flow")
    write("a.flow")
    assert found(".") == ["a.flow", "round.flow"]


def test_standard_input_stands_alone() -> None:
    write("a.flow")
    ((name, code, help),) = refused("-", "a.flow")
    assert (name, code, help) == (
        "-",
        "FIL001",
        "run the command once for it and once for the files",
    )
    write("-")
    assert found("-", "a.flow") == ["-", "a.flow"]
