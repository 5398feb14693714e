"""A real browser, the Chromium of this machine, that opens pages and pictures and tells on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """The browser's program; without one there is nothing to test a page in."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    assert found is not None, "the pages are tested in Chromium: apt-get install chromium"
    return found


@contextmanager
def running() -> Iterator[Browser]:
    """The browser, for the tests of one module. While it runs, its event loop is the thread's: no
    other test may run one of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Told:
    """What a page did besides showing itself: each of these should stay empty."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def nothing(self) -> bool:
        return not (self.console or self.errors or self.requests or self.dialogs)


@contextmanager
def opened(
    browser: Browser,
    text: str,
    folder: Path,
    *,
    scheme: Literal["light", "dark"] = "light",
    media: Literal["screen", "print"] = "screen",
    width: int = 1400,
    height: int = 900,
) -> Iterator[tuple[Page, Told]]:
    """A page from a file, off the network."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": height}
    )
    try:
        page, told = context.new_page(), Told()
        page.emulate_media(media=media, color_scheme=scheme)
        page.on("console", lambda message: told.console.append(message.text))
        page.on("pageerror", lambda error: told.errors.append(str(error)))
        page.on("request", lambda request: told.requests.append(request.url))

        def refuse(dialog: Any) -> None:
            told.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", refuse)
        page.goto(file.as_uri())
        assert told.requests.pop(0) == file.as_uri()
        yield page, told
    finally:
        context.close()


def of_svg(svg: str) -> str:
    """A page that holds nothing but a picture."""
    return f"<!DOCTYPE html><meta charset='utf-8'><body>{svg[svg.index('<svg') :]}"
