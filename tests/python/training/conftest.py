"""The binary that trains."""

import subprocess

import pytest


@pytest.fixture(scope="session")
def cairn(program):
    """Runs the binary; returns standard output. `start=True` returns the process instead."""

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
