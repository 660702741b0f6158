"""What every folder's tests start from: the program, and one call of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from binary import binary  # noqa: E402


@pytest.fixture(scope="session")
def program():
    found = binary()
    if found is None:
        pytest.skip("skipped: no cairn binary; build it with `swift build -c release`")
    return found


@pytest.fixture(scope="session")
def cairn(program, tmp_path_factory):
    """Runs the command line: the object of --json, or with another `code` what it says."""
    environment = {"PATH": os.environ["PATH"], "CAIRN_HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*words, code=0):
        done = subprocess.run(
            [program, *map(str, words), "--json"], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if code else json.loads(done.stdout.strip().splitlines()[-1])

    run.program, run.environment = program, environment
    return run
