"""The function library in JSONata: `@a @b @c` stand for the arguments."""

from __future__ import annotations

FUNCTIONS = {
    "text": "$string(@a)",
    "length": "$length(@a)",
    "length/list": "$count(@a)",
    "lower": "$lowercase(@a)",
    "upper": "$uppercase(@a)",
    "trim": "$trim(@a)",
    "slice": "$substring(@a, $max([@b, 0]), $max([@c - $max([@b, 0]), 0]))",
    "starts": "($substring(@a, 0, $length(@b)) = @b)",
    "ends": (
        "($length(@a) >= $length(@b) ? $substring(@a, $length(@a) - $length(@b)) = @b : false)"
    ),
    "contains": "($length(@b) = 0 ? true : $contains(@a, @b))",
    "contains/list": "(@b in @a)",
    "replace": "($length(@b) = 0 ? @a : $join([$split(@a, @b)], @c))",
    "split": "[$length(@b) = 0 ? @a : $split(@a, @b)]",
    "join": "$join(@a, @b)",
    "abs": "$abs(@a)",
    "floor": "$floor(@a)",
    "ceil": "$ceil(@a)",
    "round": "$round(@a, $min([6, $max([@b, 0])]))",
    "fixed": (
        "($n_ := $abs($round(@a, $min([15, $max([@b, 0])]))); "
        "$p_ := @b <= 0 ? '#0' : '#0.' & $pad('', $min([15, @b]), '0'); "
        "(@a < 0 and $n_ > 0 ? '-' : '') & $formatNumber($n_, $p_))"
    ),
    "min/list": "($count(@a) = 0 ? null : $min(@a))",
    "max/list": "($count(@a) = 0 ? null : $max(@a))",
    "sum": "$round($sum(@a), 6)",
    "first": "($count(@a) = 0 ? null : @a[0])",
    "last": "($count(@a) = 0 ? null : @a[-1])",
    "at": "(@b >= 0 and @b < $count(@a) ? @a[@b] : null)",
    "concat": "[$append(@a, @b)]",
    "distinct": "[$distinct(@a)]",
    "reverse": "[$reverse(@a)]",
    "range": "[@a..$min([@b, @a + 99999])]",
    "any": "(true in @a)",
    "all": "$not(false in @a)",
    "date": "$substring($fromMillis($toMillis(@a)), 0, 10)",
    "day_start": "$fromMillis($floor($toMillis(@a) / 86400000) * 86400000)",
    "weekday": "((($floor($toMillis(@a) / 86400000) + 3) % 7 + 7) % 7 + 1)",
    "seconds": "$floor(@a / 1000)",
}
