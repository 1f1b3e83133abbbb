"""Small models, built once for a test session."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.models import tiny

# On a busy machine a single example may wait a second for the disk; that is no fault of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a tiny Llama."""
    return tiny(tmp_path_factory.mktemp("models") / "llama")
