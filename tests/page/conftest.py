# SPDX-License-Identifier: ISC
"""The fixtures and hooks of the integration tests, and a browser."""

import importlib.util
import sys
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(INTEGRATION))


def _load_conftest():
    """The other folder's, under a name of its own; all that is public in it."""
    spec = importlib.util.spec_from_file_location(
        "integration_conftest", INTEGRATION / "conftest.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: it for name, it in vars(module).items() if not name.startswith("_")}


globals().update(_load_conftest())


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests."""
    from browser import open_browser  # only who looks at pages needs it

    with open_browser() as one:
        yield one
