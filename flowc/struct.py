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


class _StructMeta(type):
    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> type:
        own = [
            field
            for field, kind in namespace.get("__annotations__", {}).items()
            if not str(kind).startswith("ClassVar")
        ]
        inherited = bases[0].__match_args__ if bases and hasattr(bases[0], "__match_args__") else ()
        defaults = dict(getattr(bases[0], "_defaults", {})) if bases else {}
        for field in own:
            if field in namespace:
                defaults[field] = namespace.pop(field)
        namespace["__slots__"] = tuple(field for field in own if field not in inherited)
        fields = (*inherited, *(field for field in own if field not in inherited))
        namespace["__match_args__"] = fields
        cls: Any = super().__new__(mcs, name, bases, namespace, **kwargs)
        cls._defaults = defaults
        cls._setters = tuple(getattr(cls, field).__set__ for field in fields)
        cls._arity = len(fields)
        if 0 < len(fields) <= len(_INITIALISERS) and "__init__" not in namespace:
            cls.__init__ = _INITIALISERS[len(fields) - 1](*cls._setters)
        return cls  # type: ignore[no-any-return]


@dataclass_transform(frozen_default=True, eq_default=True)
class Struct(metaclass=_StructMeta):
    """Base of all values that stages hand forward: equal by value, hashable, never changed."""

    if TYPE_CHECKING:
        __match_args__: tuple[str, ...]
        _defaults: dict[str, Any]
        _setters: tuple[Callable[[Any, Any], None], ...]
        _arity: int
    else:

        def __init__(self, *values, **named):
            if named or len(values) != self._arity:
                values = self._fill(values, named)
            for put, value in zip(self._setters, values, strict=True):
                put(self, value)

        def _slowly(self, values, named):
            given = values.index(_NO) if _NO in values else len(values)
            Struct.__init__(self, *values[:given], **named)

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
