"""Text that tries to be Markdown: GitHub's own parser sees the same page whatever the text says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from flowc.compiler.check import check
from flowc.source import Source
from flowc.visualize.pages.markdown import address, code, escape
from flowc.visualize.pages.page import page
from tests.support.hostile import TEXTS, hostile

MARKDOWN = (
    "https://evil.example www.evil.example http://a.b/c",
    "[x](javascript:alert(1)) ![y](z) [z]: http://a",
    "| a | b | \\| c \\\\| d",
    "``` ~~~ `code` ``two`` \\`",
    "# head",
    "- [ ] task",
    "> quote --- === ***",
    "1) one 2. two",
    "~~strike~~ __bold__ a_b_c *em*",
    "&copy; &#35; &amp;lt; \\& \\<b>",
    "<!-- --> <script> </td></tr></table> <a href=x>",
    "$math$ @mention #12 :smile: ends with \\",
)


class Seen(HTMLParser):
    """The tags of a page, with where links lead, and its text outside pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.picture = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.picture = tag == "pre" or (self.picture and tag == "code")
        self.tags.append(" ".join([tag, *(f"{name}={value}" for name, value in attrs)]))

    def handle_endtag(self, tag: str) -> None:
        self.picture = self.picture and tag != "pre"
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if not self.picture:
            self.text.append(data)


def seen(markdown: str) -> Seen:
    found = Seen()
    found.feed(
        cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    )
    return found


def written(text: str) -> str:
    checked = check(Source("test.flow", hostile(text)))
    flow = checked.program.flows[0]
    return page(flow, checked.program, f"{text}.flow", {}, ("python",))


@pytest.mark.parametrize("text", (*TEXTS, *MARKDOWN))
def test_text_stays_text(text: str) -> None:
    harmless, evil = seen(written("harmless words")), seen(written(text))
    assert evil.tags == harmless.tags
    squeezed = "".join(
        "\ufffd" if char in "\u202e\u2066" else char for char in text if not char.isspace()
    )
    assert "".join("".join(evil.text).split()).count(squeezed) >= 5


@pytest.mark.parametrize("text", (*TEXTS, *MARKDOWN))
@pytest.mark.parametrize("shape", ["{}", "| a |\n| --- |\n| {} |"])
def test_each_piece_shows_just_what_it_says(text: str, shape: str) -> None:
    wanted = re.sub("[\u202e\u2066]", "\ufffd", " ".join(text.split()))
    for shown in (escape(text), code(text)):
        assert "".join(seen(shape.format(shown)).text).strip().endswith(wanted)


def test_an_address_is_a_link_only_if_it_plainly_is_one() -> None:
    assert address("https://runbooks.example.com/orders?a=b") == (
        "<https://runbooks.example.com/orders?a=b>"
    )
    for text in ("javascript:alert(1)", "https://a.example/ b", "https://a.example/>x", "wiki/x"):
        assert seen(address(text)).tags == ["p", "/p"]
