"""The flows that Cairn's designers recorded against geth, where their folder is at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CAIRN_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FLOWS = SHARED / "rpc" / "web3_flows.py"


@pytest.mark.skipif(not FLOWS.exists(), reason=f"skipped: {FLOWS} absent")
def test_recorded_flows(url, key, tmp_path):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    result = subprocess.run(
        [sys.executable, str(FLOWS), url, url.replace("http", "ws", 1), key],
        capture_output=True, text=True, timeout=300, env=environment, cwd=tmp_path,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
