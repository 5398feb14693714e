"""Paths to bytes and text, with everything that can go wrong said; and text back, atomically."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Diagnostic

LARGEST = 64 * 1024 * 1024  # bytes; more is surely not written by hand or by a sane generator
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Refused(Exception):  # noqa: N818 - not an error of ours but an answer
    """A file that cannot be read as text. `at` is the offset of the offending byte, if there is
    one, and `data` is then the content."""

    def __init__(
        self, code: str, message: str, help: str | None = None, *, data: bytes = b"", at: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.data = data
        self.at = at


def read_bytes(path: str) -> bytes:
    """The content of a regular file.

    Raises Refused for what is absent, unreadable, a folder, a pipe or device, or too large.
    """
    try:
        handle = os.open(path, _FLAGS | _BINARY)
    except (OSError, ValueError) as error:
        raise refusal(path, error) from None
    try:
        status = os.fstat(handle)
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            raise _special(status.st_mode)
        if size > LARGEST:
            raise _too_large(size)
        data = os.read(handle, size + 1)
        while len(data) < size or len(data) > size:  # grew, shrank, or came in pieces
            more = os.read(handle, 1 << 20)
            if not more:
                break
            data += more
            if len(data) > LARGEST:
                raise _too_large(len(data))
        return data
    except OSError as error:
        raise refusal(path, error) from None
    finally:
        os.close(handle)


def decode(data: bytes) -> str:
    """The text of a UTF-8 file, byte order mark and line ends as they are.

    Raises Refused, pointing at the first byte that is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            message = "the file is UTF-16, not UTF-8"
            help = "save the file as UTF-8"
        else:
            message = f"byte 0x{data[at]:02X} (offset {at}) is not UTF-8"
            meant = data[at : at + 1].decode("cp1252", "ignore")
            guess = f"; in Windows-1252 the byte is `{meant}`" if meant.isprintable() else ""
            help = f"save the file as UTF-8{guess if meant else ''}"
        raise Refused("FIL004", message, help, data=data, at=at) from None


def read_text(path: str) -> str:
    """The text of a file. Raises Refused."""
    return decode(read_bytes(path))


def problem(name: str, refused: Refused) -> Diagnostic:
    """What to show for a file that could not be read, under the name the user knows it by."""
    from flowc.cli.codes import FILES
    from flowc.diagnostic import Diagnostic, Finding
    from flowc.source import Source, Span

    if refused.data:
        start = len(refused.data[: refused.at].decode("utf-8", "replace"))
        source = Source(name, refused.data.decode("utf-8", "replace"))
        span = Span(start, start + 1)
    else:
        source = Source(name, "")
        span = Span(0, 0)
    finding = Finding(span, refused.message, refused.help)
    return Diagnostic(source, refused.code, FILES[refused.code].name, "error", finding)


def write_atomically(path: str, content: str | bytes) -> None:
    """Put `content` (text as UTF-8) where `path` leads (through symbolic links), whole or not at
    all; the file's permissions stay. Raises OSError."""
    target = os.path.realpath(path)
    # not named by the process alone: a container's next one has the number of the one killed
    mark = f"{os.getpid()}-{os.urandom(4).hex()}"
    temporary = os.path.join(os.path.dirname(target), f".flowc-{mark}.tmp")
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
    except OSError:
        mode = None
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", path)
    out = open(temporary, "xb")  # noqa: SIM115 - one that is there already is not ours to remove
    try:
        with out:
            out.write(content.encode() if isinstance(content, str) else content)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def refusal(path: str, error: OSError | ValueError) -> Refused:
    """An operating system's error in the words of a reader."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if os.path.islink(path):
            return Refused("FIL001", "the symbolic link leads nowhere", "remove it or mend it")
        return Refused("FIL001", "no such file or folder", _nearby(path))
    if isinstance(error, PermissionError):
        return Refused("FIL002", "may not be read: permission denied", "check its permissions")
    if isinstance(error, IsADirectoryError):
        return _special(stat.S_IFDIR)
    if isinstance(error, ValueError):
        return Refused("FIL001", "the path has a NUL character in it")
    return Refused("FIL002", f"cannot be read: {_reason(error)}")


def not_written(error: OSError) -> Refused:
    """Why a file could not be written."""
    return Refused("FIL006", f"cannot be written: {_reason(error)}")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _special(mode: int) -> Refused:
    if stat.S_ISDIR(mode):
        return Refused("FIL003", "is a folder, not a file", "give a `.flow` file")
    if stat.S_ISFIFO(mode):
        kind = "a pipe"
    elif stat.S_ISSOCK(mode):
        kind = "a socket"
    else:
        kind = "a device"
    return Refused("FIL003", f"is {kind}, not a file", "to read standard input, give `-`")


def _too_large(size: int) -> Refused:
    return Refused(
        "FIL005",
        f"is {size // (1024 * 1024)} MB large; the most that is read is "
        f"{LARGEST // (1024 * 1024)} MB",
        "split it into several files that import each other",
    )


def _nearby(path: str) -> str | None:
    """A like-named entry of the same folder, for a mistyped path."""
    from difflib import get_close_matches

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return None
    close = get_close_matches(name, names, n=1)
    return f"did you mean `{os.path.join(folder, close[0])}`?" if close else None
