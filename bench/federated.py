#!/usr/bin/env python3
"""The 50-round digits job beside a numpy loop that does the same, both timed now.

usage: bench/federated.py [--runs N] [--rounds N] [--peer FILE]

Ten clients, MLP 64-128-64-10 (17,226 parameters), batch 32, SGD 0.1, one local epoch a round. Runs alternate, so
that a busy machine slows both; the table shows each one's best and median and the ratio of the medians.
  numpy      the peer: bench/peers/fed_numpy.py, one process, one thread
  peer       with --peer FILE: another numpy loop that prints RESULT {...} in its own words
  compute    cairn bench federated: training and fixed-point aggregation only
  anchored   cairn bench federated --anchored: every update and every round a durable transaction on the embedded chain
The rest is what the process takes outside its rounds: start, data, set-up, end. Memory is the process's peak.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(command, rounds):
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with {process.returncode}")
    result = json.loads(text.strip().splitlines()[-1].removeprefix("RESULT "))
    for ours, theirs in (("accuracy", "final_acc"), ("secondsPerRound", "s_per_round")):
        result.setdefault(ours, result.get(theirs))
    result["wall"], result["peak"] = wall, usage.ru_maxrss / 1024
    result["rest"] = wall - result["secondsPerRound"] * rounds
    return result


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--peer", type=Path)
    arguments = options.parse_args()
    binary = Path(os.environ.get("CAIRN_BINARY", ROOT / ".build" / "release" / "cairn"))
    if not binary.exists():
        sys.exit("build first: ./cairn --help")
    rounds = ["--rounds", str(arguments.rounds)]
    contenders = {
        "numpy": [sys.executable, ROOT / "bench" / "peers" / "fed_numpy.py", *rounds],
        "compute": [binary, "bench", "federated", "--json", *rounds],
        "anchored": [binary, "bench", "federated", "--anchored", "--json", *rounds],
    }
    if arguments.peer:
        contenders["peer"] = [sys.executable, arguments.peer.resolve()]
    results = {name: [] for name in contenders}
    for _ in range(arguments.runs):
        for name, command in contenders.items():
            results[name].append(run(command, arguments.rounds))
    peer = statistics.median(r["wall"] for r in results["numpy"])
    print(f"{'':10} {'best s':>8} {'median s':>9} {'numpy/it':>9} {'ms/round':>9} {'rest ms':>9} {'peak MiB':>9} {'accuracy':>9}")
    for name, rows in results.items():
        walls = [r["wall"] for r in rows]
        middle = statistics.median(walls)
        print(
            f"{name:10} {min(walls):8.3f} {middle:9.3f} {peer / middle:9.2f} "
            f"{1000 * statistics.median(r['secondsPerRound'] for r in rows):9.2f} "
            f"{1000 * statistics.median(r['rest'] for r in rows):9.1f} "
            f"{max(r['peak'] for r in rows):9.1f} {rows[-1]['accuracy']:9.4f}"
        )


if __name__ == "__main__":
    main()
