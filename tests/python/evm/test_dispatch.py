"""The interpreter's loop in the built binary dispatches through one dense jump table."""

import importlib.util
import platform
import shutil

import pytest
from binary import ROOT
from engines import command


def test_one_dense_table():
    words = command()
    if words is None or "debug" in words[0]:
        pytest.skip("skipped: no release build of cairn")
    if shutil.which("objdump") is None or platform.machine() != "x86_64":
        pytest.skip("skipped: needs objdump and an x86-64 machine")
    spec = importlib.util.spec_from_file_location("check_dispatch", ROOT / "scripts" / "check-dispatch.py")
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    assert check.problem(words[0]) is None
