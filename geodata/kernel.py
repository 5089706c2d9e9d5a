"""Loops compiled by numba, once per machine: the machine code is kept beside the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Return the function compiled when first called; it runs without the interpreter's lock."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
