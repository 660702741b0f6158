#!/usr/bin/env python3
"""Federated averaging of the digits MLP in plain numpy, one process, one thread: the peer of bench/federated.py.

Prints one JSON object: accuracy, secondsPerRound.
"""
import argparse
import csv
import gzip
import json
import os
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np  # noqa: E402  (the thread count must be set first)

LAYERS, CLIENTS, BATCH, RATE, SEED, TEST_ROWS = (64, 128, 64, 10), 10, 32, np.float32(0.1), 42, 360
DATA = Path(__file__).resolve().parents[2] / "Sources" / "Datasets" / "Resources" / "digits.csv.gz"


def digits():
    with gzip.open(DATA, "rt", newline="") as file:
        rows = np.array(list(csv.reader(file))[1:], dtype=np.float32)
    order = np.random.default_rng(SEED).permutation(len(rows))
    x, y = rows[order, :-1] / np.float32(16), rows[order, -1].astype(np.int64)
    return (x[TEST_ROWS:], y[TEST_ROWS:]), (x[:TEST_ROWS], y[:TEST_ROWS])


def initial_weights():
    generator = np.random.default_rng(SEED)
    weights = []
    for fan_in, fan_out in zip(LAYERS, LAYERS[1:]):
        bound = fan_in**-0.5
        weights.append(generator.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32))
        weights.append(generator.uniform(-bound, bound, fan_out).astype(np.float32))
    return weights


def activations(weights, x):
    layers = [x]
    for index in range(0, len(weights), 2):
        z = layers[-1] @ weights[index] + weights[index + 1]
        layers.append(np.maximum(z, 0) if index + 2 < len(weights) else z)
    return layers


def descend(weights, x, y):
    layers = activations(weights, x)
    delta = np.exp(layers[-1] - layers[-1].max(1, keepdims=True))
    delta /= delta.sum(1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    for index in range(len(weights) - 2, -1, -2):
        below = layers[index // 2]
        gradient, bias_gradient = below.T @ delta, delta.sum(0)
        if index:
            delta = (delta @ weights[index].T) * (below > 0)
        weights[index] -= RATE * gradient
        weights[index + 1] -= RATE * bias_gradient


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=50)
    rounds = options.parse_args().rounds
    (train_x, train_y), (test_x, test_y) = digits()
    shards = [(train_x[part], train_y[part]) for part in np.array_split(np.arange(len(train_x)), CLIENTS)]
    weights, began, accuracy = initial_weights(), time.perf_counter(), 0.0
    for number in range(rounds):
        total = [np.zeros_like(w) for w in weights]
        for client, (x, y) in enumerate(shards):
            own = [w.copy() for w in weights]
            order = np.random.default_rng([SEED, client, number]).permutation(len(y))
            for first in range(0, len(y), BATCH):
                batch = order[first : first + BATCH]
                descend(own, x[batch], y[batch])
            share = np.float32(len(y) / len(train_y))
            for sum_, w in zip(total, own):
                sum_ += share * w
        weights = total
        accuracy = float((activations(weights, test_x)[-1].argmax(1) == test_y).mean())
    seconds = (time.perf_counter() - began) / max(rounds, 1)
    print(json.dumps({"accuracy": accuracy, "secondsPerRound": seconds}))


if __name__ == "__main__":
    main()
