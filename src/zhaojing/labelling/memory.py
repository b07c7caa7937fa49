"""What has been computed before, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """A mapping that forgets what was used longest ago once it holds more than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held = limit, 0
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Return what was put under ``key``, if it is still known."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep ``value``, which takes ``size`` bytes with its key; a ``key`` is put once."""
        self._entries[key] = value, size
        self.held += size
        while self.held > self.limit:
            self.held -= self._entries.popitem(last=False)[1][1]
