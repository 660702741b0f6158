"""What stands in the tree is what the sources make."""

import json
import subprocess
import sys

import pytest
import story
from deployed import ROOT
from evms import GAS_CAP, PyEvm, Revm

CONTRACTS = ROOT / "contracts"


def test_artifacts_rebuild_to_the_same_bytes():
    run = subprocess.run([sys.executable, CONTRACTS / "build.py", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_gas_table_is_what_is_measured():
    run = subprocess.run([sys.executable, CONTRACTS / "gas.py", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("machine", [Revm, PyEvm])
def test_both_machines_tell_the_same_story_for_the_same_gas(machine):
    steps = story.tell(machine())
    assert steps == json.loads((CONTRACTS / "gas.json").read_text())
    assert max(step["gas"] for step in steps) < GAS_CAP


def test_code_fits():
    for path in (CONTRACTS / "artifacts").glob("*.json"):
        assert json.loads(path.read_text())["runtimeSize"] + 64 <= 24_576
