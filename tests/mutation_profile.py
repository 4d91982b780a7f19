"""A pytest plugin for scripts/mutation.py: fewer examples, because every mutant that survives waits for all of them."""

from __future__ import annotations

import hypothesis

EXAMPLES = 20


def pytest_configure() -> None:
    """Take the place of the profile that conftest.py loads."""
    hypothesis.settings.register_profile("mutation", deadline=None, derandomize=True, max_examples=EXAMPLES, database=None)
    hypothesis.settings.load_profile("mutation")
