"""What docstrings promise: "Two statements" is counted whenever the function is called."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.capability import discover

_ROOMS = ("core.access", "core.actions", "core.queries", "core.db")
_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_PROMISE = re.compile(
    rf"(?:^|[.;:]\s+)(?:at most )?({'|'.join(_NUMBERS)}) statements?( or fewer)?( for a family)?\b",
    re.IGNORECASE,
)
_STAFF = 3
"""What ``access_student`` asks more for staff, with the audit of the look."""


def promised(function: Callable[..., Any]) -> int | None:
    """The number of statements that a docstring states; None where it states none, or one that grows."""
    found = _PROMISE.search(function.__doc__ or "")
    if found is None or "statements and one more" in (function.__doc__ or ""):
        return None
    return _NUMBERS.index(found[1].casefold()) + (_STAFF if found[3] else 0)


class Promises:
    """Watches every promising function; ``broken`` holds the most statements that those took which took too many."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        # What is imported only after the patch would keep it for good.
        discover()
        self.kept: set[str] = set()
        self.broken: dict[str, tuple[int, int]] = {}
        watched = {function: self._watch(function, most) for function, most in _promising()}
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] in ("bot", "core", "notifier"):
                for attribute, value in list(vars(module).items()):
                    if inspect.isfunction(value) and value in watched:
                        patch.setattr(module, attribute, watched[value])

    def _watch(self, function: Callable[..., Any], most: int) -> Callable[..., Any]:
        name = f"{function.__module__}.{function.__qualname__}"

        @functools.wraps(function)
        async def counted(uow: Any, *arguments: Any, **named: Any) -> Any:
            before = uow.statements
            try:
                return await function(uow, *arguments, **named)
            finally:
                self.kept.add(name)
                if (took := uow.statements - before) > max(most, self.broken.get(name, (0, 0))[0]):
                    self.broken[name] = (took, most)

        return counted


def _promising() -> Iterator[tuple[Callable[..., Any], int]]:
    for room in _ROOMS:
        module = importlib.import_module(room)
        names = [one.name for one in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{room}.")]
        for name in [room, *(one for one in names if not one.endswith((".models", ".migrations")))]:
            for function in vars(importlib.import_module(name)).values():
                if inspect.iscoroutinefunction(function) and function.__module__ == name:
                    first = next(iter(inspect.signature(function).parameters), "")
                    most = promised(function)
                    if first == "uow" and most is not None:
                        yield function, most
