"""What is said about files that cannot be read, and about flowc's own faults."""

from __future__ import annotations

from flowc.lint.codes import Code

_FILES = (
    Code(
        "FIL001",
        "no-such-file",
        "error",
        """A path that leads to nothing.

        Paths are given as files or folders; folders are searched for `*.flow`.
        """,
    ),
    Code("FIL002", "unreadable-file", "error", "A file or folder that may not be read."),
    Code(
        "FIL003",
        "not-a-file",
        "error",
        """A folder, pipe, socket or device where a file was wanted.

        Nothing is read from it, because that might never end. Standard input is given as `-`.
        """,
    ),
    Code(
        "FIL004",
        "not-utf-8",
        "error",
        """A file with bytes that are not UTF-8.

        A `.flow` file is UTF-8, with or without a byte order mark. The finding points at the
        first byte that is not.
        """,
    ),
    Code("FIL005", "too-large", "error", "A file too large to have been meant."),
    Code("FIL006", "not-written", "error", "A file that could not be written."),
)
FILES = {code.code: code for code in _FILES}

INTERNAL = {
    code.code: code
    for code in (
        Code(
            "INT001",
            "rule-crashed",
            "error",
            """A rule failed on a flow.

            This is a fault of flowc. All other rules ran; leave the rule out with `--ignore`
            until it is mended, and report it.
            """,
        ),
        Code(
            "INT002",
            "check-crashed",
            "error",
            """flowc failed on a file.

            This is a fault of flowc. All other files were checked; please report it with the file.
            """,
        ),
        Code(
            "INT003",
            "unstable-layout",
            "error",
            """`flowc fmt` would lay out a file differently the second time.

            This is a fault of flowc. The file stays as it is; please report it with the file.
            """,
        ),
    )
}
