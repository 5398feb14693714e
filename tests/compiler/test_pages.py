"""Every code of the compiler has a page whose bad example shows it, and only it."""

from __future__ import annotations

import pytest

from flowc.compiler.check import check
from flowc.compiler.codes import CODES
from flowc.compiler.imports import ImportProblem
from flowc.compiler.pages import PAGES, Page
from flowc.source import Source


def findings(text: str) -> list[str]:
    def load(importer: str, path: str) -> Source | ImportProblem:
        return Source(path, text) if path == importer else ImportProblem(f"there is no {path}")

    return [d.name for d in check(Source("main.flow", text), load).diagnostics]


def test_every_code_has_a_page() -> None:
    assert [page.name for page in PAGES] == list(CODES)
    assert len({code.code for code in CODES.values()}) == len(CODES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Page) -> None:
    assert findings(page.bad) == [page.name]
    assert findings(page.good) == []
    assert page.page.endswith(".")
