import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from evms import PyEvm, Revm  # noqa: E402


@pytest.fixture(params=[Revm, PyEvm], ids=["revm", "pyevm"])
def chain(request):
    """Each of the two machines."""
    return request.param()


@pytest.fixture
def revm():
    """The fast machine, for what runs many transactions."""
    return Revm()
