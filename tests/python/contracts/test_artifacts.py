"""What stands in the tree is what the sources make."""

import json
import subprocess
import sys

import story
from deployed import ROOT
from evms import GAS_CAP, Revm

CONTRACTS = ROOT / "contracts"


def test_artifacts_rebuild_to_the_same_bytes():
    run = subprocess.run([sys.executable, CONTRACTS / "build.py", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_gas_table_is_what_is_measured():
    run = subprocess.run([sys.executable, CONTRACTS / "gas.py", "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_both_machines_tell_the_same_story():
    recorded = json.loads((CONTRACTS / "gas.json").read_text())
    assert max(step["gas"] for step in recorded) < GAS_CAP
    steps = story.tell(Revm())
    for step, known in zip(steps, recorded, strict=True):
        assert step["gas"] <= known["gas"]
        assert step | {"gas": 0} == known | {"gas": 0}


def test_code_fits():
    for path in (CONTRACTS / "artifacts").glob("*.json"):
        assert json.loads(path.read_text())["runtimeSize"] + 64 <= 24_576
