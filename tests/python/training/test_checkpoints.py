"""Trainings that are killed or interrupted go on to the bytes of one that was not."""

import signal
import time

import numpy as np
import pytest

from layers import Layers, classified


@pytest.fixture
def training(cairn, tmp_path):
    model = Layers([20, 64, 4], dropout=0.2).save(tmp_path / "m.onnx")
    x, labels = classified(4000, 20, 4)
    np.savez(tmp_path / "d.npz", x=x, target=labels)
    words = ["train", "--model", model, "--data", tmp_path / "d.npz", "--epochs", 80, "--patience", 60]
    cairn(*words, "--out", tmp_path / "whole.onnx")

    def start(run=cairn, **options):
        return run(*words, "--checkpoint", tmp_path / "state.npz", "--checkpoint-steps", 7, "--out",
                   tmp_path / "parts.onnx", **options)

    return start


def wait_for(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "no checkpoint was written"
        time.sleep(0.002)


def test_killed(training, tmp_path):
    for _ in range(3):
        process = training(start=True)
        wait_for(tmp_path / "state.npz")
        time.sleep(0.02)
        process.kill()
        process.communicate()
    assert not (tmp_path / "parts.onnx").exists(), "the training was over before it was killed"
    assert "goes on after epoch" in training()
    assert (tmp_path / "parts.onnx").read_bytes() == (tmp_path / "whole.onnx").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(training, tmp_path, number):
    process = training(start=True)
    wait_for(tmp_path / "state.npz")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "run the same command again to go on" in err
    training()
    assert (tmp_path / "parts.onnx").read_bytes() == (tmp_path / "whole.onnx").read_bytes()
