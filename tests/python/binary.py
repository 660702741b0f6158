"""The program under test: CAIRN_BINARY, or what the last build left."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def binary():
    """Its path; None where nothing is built."""
    given = os.environ.get("CAIRN_BINARY")
    assert given is None or Path(given).exists(), f"CAIRN_BINARY is {given}, which does not exist"
    candidates = [Path(given)] if given else [ROOT / ".build" / kind / "cairn" for kind in ("release", "debug")]
    return next((path for path in candidates if path.exists()), None)
