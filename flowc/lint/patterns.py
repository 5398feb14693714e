"""Lines of a `.gitignore`, or patterns in the settings, to a question that can be asked of paths.

The matching is `pathspec`'s, which is git's. Importing it is slow, so ask only when it matters.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def matcher(patterns: Iterable[str]) -> Callable[[str], bool | None]:
    """What patterns say about a relative path with `/` (a folder's ends in `/`): True it
    matches, False it was taken back with `!`, None nothing. What is no pattern is passed over, as
    git does."""
    from pathspec import GitIgnoreSpec

    lines = []
    for line in patterns:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        lines.append(line)
    spec = GitIgnoreSpec.from_lines(lines)

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
