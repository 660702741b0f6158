"""Weights and data files of the real libraries, through the command line."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def cairn(tmp_path_factory):
    """Runs the command line; `code=3` expects a refusal and returns what it says, otherwise the object of --json."""
    given = os.environ.get("CAIRN_BINARY")
    assert given is None or Path(given).exists(), f"CAIRN_BINARY is {given}, which does not exist"
    candidates = [Path(given)] if given else [ROOT / ".build" / kind / "cairn" for kind in ("release", "debug")]
    program = next((path for path in candidates if path.exists()), None)
    if program is None:
        pytest.skip("skipped: no cairn binary; build it with `swift build -c release`")
    environment = {"PATH": os.environ["PATH"], "CAIRN_HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*words, code=0):
        done = subprocess.run(
            [program, *map(str, words), "--json"], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, f"{words}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if code else json.loads(done.stdout.strip().splitlines()[-1])

    run.program, run.environment = program, environment
    return run
