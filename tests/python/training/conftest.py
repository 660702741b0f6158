"""The binary that trains."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def cairn():
    """Runs the binary; returns standard output. `start=True` returns the process instead."""
    given = os.environ.get("CAIRN_BINARY")
    candidates = [Path(given)] if given else [ROOT / ".build" / kind / "cairn" for kind in ("release", "debug")]
    program = next((path for path in candidates if path.exists()), None)
    if program is None:
        pytest.skip("skipped: no cairn binary; build it with `swift build -c release`")

    def run(*words, code=0, start=False):
        process = subprocess.Popen(
            [str(program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        if start:
            return process
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{words}: exit code {process.returncode}\n{out}\n{err}"
        return out if code == 0 else err

    return run
