"""Models of the real exporters, through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "python"))


@pytest.fixture(scope="session")
def program():
    given = os.environ.get("CAIRN_BINARY")
    assert given is None or Path(given).exists(), f"CAIRN_BINARY is {given}, which does not exist"
    candidates = [Path(given)] if given else [ROOT / ".build" / kind / "cairn" for kind in ("release", "debug")]
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        pytest.skip("skipped: no cairn binary; build it with `swift build -c release`")
    return found


@pytest.fixture(scope="session")
def cairn(program, tmp_path_factory):
    """Runs the command line; the object of --json, or with another `code` what it says."""
    environment = {"PATH": os.environ["PATH"], "CAIRN_HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*words, code=0):
        done = subprocess.run(
            [program, *map(str, words), "--json"], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if code else json.loads(done.stdout.strip().splitlines()[-1])

    return run
