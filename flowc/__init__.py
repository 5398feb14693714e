"""Write a business process once; check it, draw it, and compile it to durable code."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.pulse import heartbeat as heartbeat


def __getattr__(name: str) -> object:
    """`flowc.heartbeat`, loaded when a service asks for it."""
    if name == "heartbeat":
        from flowc.pulse import heartbeat

        return heartbeat
    raise AttributeError(f"module 'flowc' has no attribute {name!r}")
