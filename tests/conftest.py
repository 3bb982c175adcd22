"""Order of the suite."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The wheel's test takes minutes: it goes first, so that on two cores nothing waits for it at the end."""
    items.sort(key=lambda item: "test_wheel.py" not in item.nodeid)
