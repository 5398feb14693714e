"""Frozen, slotted values: what a class annotates are its fields, in order.

`dataclasses` compiles code for each class, which costs more start-up time than a whole parse;
this base does the same job with slot descriptors.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls

    def assert_never(value):
        """As `typing.assert_never`, whose import would cost more than a parse."""
        raise AssertionError(f"not foreseen: {value!r}")


_NO: Any = object()
_INITIALISERS: tuple[Callable[..., Callable[..., None]], ...] = ()
if not TYPE_CHECKING:
    # `__init__` for one field, two fields, ...: values go straight to their slots. A loop over
    # the slots costs twice as much, and a parse makes four values for each word of the text.

    def _init1(a):
        def init(self, va=_NO, /, **named):
            if va is _NO or named:
                return self._slowly((va,), named)
            a(self, va)
            return None

        return init

    def _init2(a, b):
        def init(self, va=_NO, vb=_NO, /, **named):
            if vb is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            return None

        return init

    def _init3(a, b, c):
        def init(self, va=_NO, vb=_NO, vc=_NO, /, **named):
            if vc is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            return None

        return init

    def _init4(a, b, c, d):
        def init(self, va=_NO, vb=_NO, vc=_NO, vd=_NO, /, **named):
            if vd is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                        vd,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            d(self, vd)
            return None

        return init

    def _init5(a, b, c, d, e):
        def init(self, va=_NO, vb=_NO, vc=_NO, vd=_NO, ve=_NO, /, **named):
            if ve is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                        vd,
                        ve,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            d(self, vd)
            e(self, ve)
            return None

        return init

    def _init6(a, b, c, d, e, f):
        def init(self, va=_NO, vb=_NO, vc=_NO, vd=_NO, ve=_NO, vf=_NO, /, **named):
            if vf is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                        vd,
                        ve,
                        vf,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            d(self, vd)
            e(self, ve)
            f(self, vf)
            return None

        return init

    def _init7(a, b, c, d, e, f, g):
        def init(self, va=_NO, vb=_NO, vc=_NO, vd=_NO, ve=_NO, vf=_NO, vg=_NO, /, **named):
            if vg is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                        vd,
                        ve,
                        vf,
                        vg,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            d(self, vd)
            e(self, ve)
            f(self, vf)
            g(self, vg)
            return None

        return init

    def _init8(a, b, c, d, e, f, g, h):
        def init(self, va=_NO, vb=_NO, vc=_NO, vd=_NO, ve=_NO, vf=_NO, vg=_NO, vh=_NO, /, **named):
            if vh is _NO or named:
                return self._slowly(
                    (
                        va,
                        vb,
                        vc,
                        vd,
                        ve,
                        vf,
                        vg,
                        vh,
                    ),
                    named,
                )
            a(self, va)
            b(self, vb)
            c(self, vc)
            d(self, vd)
            e(self, ve)
            f(self, vf)
            g(self, vg)
            h(self, vh)
            return None

        return init

    _INITIALISERS = (_init1, _init2, _init3, _init4, _init5, _init6, _init7, _init8)


def _long(setters: tuple[Callable[[Any, Any], None], ...]) -> Callable[..., None]:
    def init(self: Any, *values: Any, **named: Any) -> None:
        if named or len(values) != len(setters):
            values = self._fill(values, named)
        for put, value in zip(setters, values, strict=True):
            put(self, value)

    return init


class _StructMeta(type):
    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> type:
        annotated = namespace.get("__annotations__", ())
        base: Any = bases[0] if bases else None
        inherited: tuple[str, ...] = base.__match_args__ if base is not None else ()
        if inherited:
            annotated = [field for field in annotated if field not in inherited]
        own = tuple(annotated)
        given = {field: namespace.pop(field) for field in own if field in namespace}
        namespace["__slots__"] = own
        namespace["__match_args__"] = inherited + own
        if given or inherited:
            namespace["_defaults"] = {**base._defaults, **given} if inherited else given
        return super().__new__(mcs, name, bases, namespace, **kwargs)


@dataclass_transform(frozen_default=True, eq_default=True)
class Struct(metaclass=_StructMeta):
    """Base of all values that stages hand forward: equal by value, hashable, never changed."""

    if TYPE_CHECKING:
        __match_args__: tuple[str, ...]
        _defaults: dict[str, Any]
    else:
        __match_args__ = ()
        _defaults = {}

        def __init__(self, *values, **named):
            # the first value of a class: now its own __init__ is worth having
            cls = type(self)
            setters = tuple(getattr(cls, field).__set__ for field in cls.__match_args__)
            if "__init__" not in cls.__dict__:
                known = 0 < len(setters) <= len(_INITIALISERS)
                cls.__init__ = (
                    _INITIALISERS[len(setters) - 1](*setters) if known else _long(setters)
                )
                cls.__init__(self, *values, **named)
            else:
                _long(setters)(self, *values, **named)

        def _slowly(self, values, named):
            given = values.index(_NO) if _NO in values else len(values)
            filled = self._fill(values[:given], named)
            for field, value in zip(self.__match_args__, filled, strict=True):
                object.__setattr__(self, field, value)

    def _fill(self, values: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """Complete positional `values` from `named` and the defaults.

        Raises TypeError for a missing, repeated or unknown field.
        """
        fields = self.__match_args__
        if len(values) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} fields, got {len(values)}")
        filled = list(values)
        for field in fields[len(values) :]:
            if field in named:
                filled.append(named.pop(field))
            elif field in self._defaults:
                filled.append(self._defaults[field])
            else:
                raise TypeError(f"{type(self).__name__} needs a value for {field!r}")
        if named:
            raise TypeError(f"{type(self).__name__} has no free field {next(iter(named))!r}")
        return filled

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot delete {name!r}")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        inner = ", ".join(f"{field}={getattr(self, field)!r}" for field in self.__match_args__)
        return f"{type(self).__name__}({inner})"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self._values()

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed. Raises TypeError for an unknown field."""
        kept = {
            field: getattr(self, field) for field in self.__match_args__ if field not in changes
        }
        return type(self)(**kept, **changes)
