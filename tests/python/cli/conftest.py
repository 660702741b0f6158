"""A chain that runs, and parties on it."""

import pytest

from parties import Chain, wallets


@pytest.fixture
def chain(program, tmp_path):
    running = Chain(program, tmp_path / "chain")
    yield running
    running.kill()


@pytest.fixture
def party(program, tmp_path, chain):
    return wallets(program, tmp_path, chain)
