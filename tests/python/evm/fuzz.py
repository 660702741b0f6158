#!/usr/bin/env python3
"""Differential fuzzing of block execution against the executable specification.

usage: tests/python/evm/fuzz.py [--seed N] [--count N] [--fork NAME] [--seconds S]

Prints every case that differs, made small, as one line of JSON that either side can run again.
"""

import argparse
import copy
import json
import sys
import time

from cases import FORKS, ORDER, case
from engines import Cairn, Specification, difference


def smaller(case):
    """Cases like this one with something left out, the largest cuts first."""
    for index in range(len(case["txs"])):
        if len(case["txs"]) > 1:
            cut = copy.deepcopy(case)
            del cut["txs"][index]
            yield cut
    for address in list(case["alloc"]):
        cut = copy.deepcopy(case)
        del cut["alloc"][address]
        yield cut
    for address, account in case["alloc"].items():
        code = bytes.fromhex(account["code"][2:])
        for slot in account["storage"]:
            cut = copy.deepcopy(case)
            del cut["alloc"][address]["storage"][slot]
            yield cut
        size = len(code)
        while size >= 1:
            for start in range(0, len(code), size):
                cut = copy.deepcopy(case)
                cut["alloc"][address]["code"] = "0x" + (code[:start] + code[start + size:]).hex()
                yield cut
            size //= 2
    for index, tx in enumerate(case["txs"]):
        for key in ("accessList", "authorizationList"):
            for item in range(len(tx.get(key, []))):
                cut = copy.deepcopy(case)
                del cut["txs"][index][key][item]
                yield cut
        data = bytes.fromhex(tx["input"][2:])
        for size in (len(data), len(data) // 2, len(data) // 4, 8, 1):
            for start in range(0, len(data) if size else 0, size or 1):
                cut = copy.deepcopy(case)
                cut["txs"][index]["input"] = "0x" + (data[:start] + data[start + size:]).hex()
                yield cut


def shrink(case, differs, seconds=60):
    """The smallest case found within the time that still differs."""
    deadline = time.monotonic() + seconds
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        for cut in smaller(case):
            if time.monotonic() > deadline:
                break
            if differs(cut):
                case, progress = cut, True
                break
    return case


def compare(ours, theirs, case):
    try:
        want = theirs.run(case)
    except Exception as problem:  # the specification's tool refuses some inputs that a shrinker makes
        return [], f"{type(problem).__name__}: {problem}"
    return difference(ours.run(case), want), None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--fork", choices=ORDER)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--keep-going", action="store_true", help="report all differences, unshrunk")
    options = parser.parse_args()
    ours, theirs = Cairn(), Specification()
    started, done, bad = time.monotonic(), 0, 0
    for seed in range(options.seed, options.seed + options.count):
        if time.monotonic() - started > options.seconds:
            break
        example = case(seed, [options.fork] if options.fork else FORKS)
        lines, problem = compare(ours, theirs, example)
        if problem:
            print(f"seed {seed} ({example['fork']}): not compared: {problem[:300]}", flush=True)
        done += 1
        if lines:
            bad += 1
            print(f"seed {seed} ({example['fork']}) differs:", *lines[:6], sep="\n  ", flush=True)
            if not options.keep_going:
                small = shrink(example, lambda cut: bool(compare(ours, theirs, cut)[0]))
                print("shrunk to:", json.dumps(small))
                print("  " + "\n  ".join(compare(ours, theirs, small)[0][:6]))
                break
    ours.close()
    print(json.dumps({"cases": done, "differences": bad, "seconds": round(time.monotonic() - started, 1)}))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
