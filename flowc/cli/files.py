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
# A new file, never one that somebody else put there, nor where a link of theirs leads.
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _BINARY


class Refused(Exception):  # noqa: N818 - not an error of ours but an answer
    """A file that cannot be read as text. `at` is the offset of the offending byte, if there is
    one, and `data` is then the content; `absent` is the path that leads nowhere."""

    def __init__(
        self,
        code: str,
        message: str,
        help: str | None = None,
        *,
        data: bytes = b"",
        at: int = 0,
        absent: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.at = at
        self._help = help
        self._absent = absent

    @property
    def help(self) -> str | None:
        """The way out; what stands near an absent path is looked for only here, since most who ask
        for a file that may be absent are not surprised."""
        return self._help if self._absent is None else _nearby(self._absent)


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


class ChangedMeanwhile(OSError):  # noqa: N818 - an answer, too
    """Somebody else wrote to a file after it was read."""


def write_atomically(path: str, content: str | bytes, *, before: str | None = None) -> None:
    """Put `content` (text as UTF-8) where `path` leads (through symbolic links), whole or not at
    all; the file's permissions stay, and its owner where that is allowed. `before` is the text
    that the content was made from.

    Raises OSError; ChangedMeanwhile where the file no longer holds `before`.
    """
    target = os.path.realpath(path)
    # not named by the process alone: a container's next one has the number of the one killed
    mark = f"{os.getpid()}-{os.urandom(4).hex()}"
    temporary = os.path.join(os.path.dirname(target), f".flowc-{mark}.tmp")
    try:
        status = os.stat(target)
    except OSError:
        status = None
    if status is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", path)
    # closed to others until it has the permissions of what it replaces
    handle = os.open(temporary, NEW, 0o666 if status is None else 0o600)
    try:
        with open(handle, "wb") as out:
            out.write(content.encode() if isinstance(content, str) else content)
            out.flush()
            os.fsync(handle)
        if status is not None:
            _take_over(temporary, status)
        if before is not None:
            _unchanged(target, before.encode())
        os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise


def _take_over(path: str, status: os.stat_result) -> None:
    """Give a file the owner and permissions of another."""
    now = os.stat(path)
    if (now.st_uid, now.st_gid) != (status.st_uid, status.st_gid):
        _give(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def _give(path: str, user: int, group: int) -> None:
    try:
        os.chown(path, user, group)
    except (OSError, AttributeError):
        return  # another user's file in a folder of ours becomes ours


def _unchanged(path: str, before: bytes) -> None:
    try:
        same = read_bytes(path) == before
    except Refused:
        same = False
    if not same:
        raise ChangedMeanwhile(errno.EBUSY, "changed meanwhile", path)


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
        return Refused("FIL001", "no such file or folder", absent=path)
    if isinstance(error, PermissionError):
        return Refused("FIL002", "may not be read: permission denied", "check its permissions")
    if isinstance(error, IsADirectoryError):
        return _special(stat.S_IFDIR)
    if isinstance(error, ValueError):
        return Refused("FIL001", "the path has a NUL character in it")
    return Refused("FIL002", f"cannot be read: {_reason(error)}")


def not_written(error: OSError) -> Refused:
    """Why a file could not be written."""
    if isinstance(error, ChangedMeanwhile):
        return Refused(
            "FIL006",
            "was written to by something else while it was looked at; that stays",
            "run the command again",
        )
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
