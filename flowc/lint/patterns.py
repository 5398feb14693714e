"""Lines of a `.gitignore`, or patterns in the settings, to a question that can be asked of paths.

The matching is `pathspec`'s, which is git's. Importing it is slow, so ask only when it matters.
"""

from __future__ import annotations

from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern


MOST_DEPTHS = 3  # `**` in a pattern: each may begin anywhere below the one before
_STAR = "[^/]*"  # what pathspec makes of `*`


def _steady(pattern: GitIgnoreSpecPattern) -> GitIgnoreSpecPattern:
    """The same pattern, matched in time that does not explode with the number of its `*`.

    In one name only the last `*` must be tried at more than one length: if what follows an
    earlier one stands in several places, the first of them leaves the most for the rest.
    """
    regex = pattern.regex
    if regex is None or regex.pattern.count(_STAR) < 3:
        return pattern
    import re

    first, *rest = regex.pattern.split(_STAR)
    parts = [first]
    for place, written in enumerate(rest):
        chunk = re.sub(r"\[\^(?!/\])", "(?!/)[^", written)  # as git: `[!a]` is no `/` either
        last = place == len(rest) - 1 or "/" in chunk.replace("[^/]", "").replace("(?!/)", "")
        parts.append(f"{_STAR}{chunk}" if last else f"(?>[^/]*?{chunk})")
    with suppress(re.error):
        pattern.regex = re.compile("".join(parts))
    return pattern


def matcher(patterns: Iterable[str]) -> Callable[[str], bool | None]:
    """What patterns say about a relative path with `/` (a folder's ends in `/`): True it
    matches, False it was taken back with `!`, None nothing. What is no pattern is passed over, as
    git does."""
    from pathspec import GitIgnoreSpec

    lines: list[str] = []
    read: list[GitIgnoreSpecPattern] = []
    for line in patterns:
        if line.count("**") > MOST_DEPTHS:
            continue
        with suppress(ValueError):
            # one at a time, as compiling them is what takes long
            read += map(_steady, GitIgnoreSpec.from_lines([line]).patterns)
            lines.append(line)
    spec = GitIgnoreSpec(read)

    def ask(path: str) -> bool | None:
        result = spec.check_file(path)
        if (
            result.include
            and path.endswith("/")
            and result.index is not None
            and lines[result.index].rstrip().endswith("/**")
        ):
            # `a/**` is about what is in the folder, one by one, so that `!a/b` can take back
            return spec.check_file(path[:-1]).include
        return result.include

    return ask
