"""Small models, built once for a test session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import tiny


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a tiny Llama."""
    return tiny(tmp_path_factory.mktemp("models") / "llama")
