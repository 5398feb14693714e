"""Where a command reads and writes: standard streams that survive any terminal."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


class StreamFailed(Exception):  # noqa: N818 - the stream is at fault, not the program
    """A standard stream gives nothing or takes nothing; the message says why."""


class Closed:
    """A standard stream that was closed before we started: writing to it is an OSError."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        if text:
            raise OSError("it is closed")
        return 0

    def flush(self) -> None:
        """There is nothing to flush."""

    def isatty(self) -> bool:
        return False


class Console:
    """Results go to `out`, everything else to `err`; `stdin` None is the process's own."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> None:
        self.out: TextIO = out or _standard(sys.stdout)
        self.err: TextIO = err or _standard(sys.stderr)
        self.env = os.environ if env is None else env
        self._stdin = stdin

    def write(self, text: str) -> None:
        """Print a result. Raises StreamFailed; BrokenPipeError if nobody reads any more."""
        try:
            self.out.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _failed("write to standard output", error) from error

    def flush(self) -> None:
        """Send on what was printed. Raises as `write` does."""
        try:
            self.out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _failed("write to standard output", error) from error

    def write_utf8(self, text: str) -> None:
        """Print a report whose encoding is fixed, whatever the terminal's is."""
        reconfigure = getattr(self.out, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
        self.write(text)

    def write_exactly(self, text: str) -> None:
        """Print the text of a file: UTF-8, and no line end is translated."""
        reconfigure = getattr(self.out, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", newline="")
        self.write(text)

    def note(self, text: str) -> None:
        """Say something beside the results. A terminal that is gone does not stop the work."""
        self.flush()
        try:
            self.err.write(text + "\n")
            self.err.flush()
        except BrokenPipeError:
            raise
        except OSError:
            return

    def read(self) -> bytes:
        """All of standard input, the same at every call. Raises StreamFailed."""
        if self._stdin is None:
            try:
                if sys.stdin is None:
                    raise OSError("it is closed")
                self._stdin = sys.stdin.buffer.read()
            except OSError as error:
                raise _failed("read standard input", error) from error
        return self._stdin

    def coloured(self, stream: TextIO, when: str) -> bool:
        """Whether to colour what goes to `stream`: `when` is what the command line says."""
        if when != "auto":
            return when == "always"
        if self.env.get("NO_COLOR"):
            return False
        forced = self.env.get("FORCE_COLOR", "")
        if forced:
            return forced != "0"
        return stream.isatty() and self.env.get("TERM") != "dumb"


def _failed(what: str, error: OSError) -> StreamFailed:
    return StreamFailed(f"cannot {what}: {(error.strerror or str(error)).lower()}")


def _standard(stream: TextIO | None) -> TextIO:
    if stream is None:
        return Closed()  # type: ignore[return-value]
    if (stream.errors or "strict") != "backslashreplace":
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    return stream
