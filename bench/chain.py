#!/usr/bin/env python3
"""The embedded chain without HTTP: durability, throughput, growth.

usage: bench/chain.py [--crashes N] [--count N] [--accounts N] [--file PATH] [--binary PATH]

Builds the program ChainLoad (Tests/ChainLoad) in release and runs what is asked for; each is off at 0.
  --crashes N   kill -9 a loaded chain N times at random moments, and look for every transaction whose receipt was
                seen (300); Python's own sqlite3 looks, and at the end the whole chain is executed again
  --count N     one by one, in a burst from 32 tasks, calls, and empty blocks as the chain grows by 5 N (5000); then
                the time from the start of a process to its first durable transaction on the grown chain
  --accounts N  what the state root and the sync of a block of 200 transfers cost as the state grows to N (1000000);
                with --file the states are kept in PATH-1000, PATH-10000 and so on, and made only where they are absent
"""
import argparse
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build():
    subprocess.run(["swift", "build", "-c", "release", "--product", "ChainLoad"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    place = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, text=True,
                           capture_output=True).stdout.strip()
    return f"{place}/ChainLoad"


def crashes(program, folder, count):
    path, seen, source = f"{folder}/crash.sqlite", set(), random.Random(1)
    for index in range(count):
        process = subprocess.Popen([program, "run", path], stdout=subprocess.PIPE)
        time.sleep(source.uniform(0.02, 0.4))
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read()
        process.wait()
        whole = said[: said.rfind(b"\n") + 1].decode()
        for line in whole.splitlines():
            if not line.startswith("seen 0x"):
                sys.exit(f"kill {index + 1}: the chain said: {line}")
            seen.add(bytes.fromhex(line[7:]))
        if seen:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                rows = database.execute(
                    "SELECT transactions.hash FROM transactions JOIN receipts USING(id) JOIN blocks ON number=block")
                lost = seen - {row[0] for row in rows}
            if lost:
                sys.exit(f"kill {index + 1}: {len(lost)} transactions whose receipt was seen are lost")
        if (index + 1) % 25 == 0:
            print(f"  killed {index + 1} times, {len(seen)} receipts seen, none lost", flush=True)
    subprocess.run([program, "verify", path], check=True)


def speed(program, folder, count):
    path = f"{folder}/speed.sqlite"
    subprocess.run([program, "bench", path, str(count)], check=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")
    print(f"file: {os.path.getsize(path) / 2**20:.0f} MiB")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        process = subprocess.Popen([program, "run", path], stdout=subprocess.PIPE)
        process.stdout.readline()
        times.append(time.perf_counter() - started)
        process.kill()
        process.wait()
    print(f"restart to the first durable transaction: {min(times) * 1000:.0f} ms")


def sync_alone(folder, count=50):
    """The median seconds of appending 64 KiB to a file and syncing it: what the disk asks for without any chain."""
    times = []
    with open(f"{folder}/sync", "wb") as file:
        for _ in range(count):
            file.write(bytes(65536))
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return sorted(times)[count // 2]


def growth(program, folder, most, kept):
    """Blocks of 200 transfers to accounts anywhere, in states of 1,000 to `most` accounts; a new process for each."""
    blocks, transfers = 50, 200
    print(f"a sync of 64 KiB without a chain: {sync_alone(folder) * 1e6:.0f} us (median)")
    print(f"per block of {transfers} transfers, in us (the sync runs beside the rest); the file of the state and the restart "
          "(process start to the first durable block)")
    names = ("accounts", "block", "execute", "root", "write", "commit", "sync", "nodes", "MiB memory", "MiB file",
             "ms restart")
    print("".join(f"{name:>12}" for name in names), flush=True)
    base, path, count = kept or f"{folder}/accounts", None, 0
    for target in (size for size in (1000, 10_000, 100_000, 1_000_000) if size <= most):
        before, path = path, f"{base}-{target}"
        if not os.path.exists(path):
            if before:
                shutil.copyfile(before, path + ".new")
            subprocess.run([program, "grow", path + ".new", str(count), str(target)], check=True)
            os.rename(path + ".new", path)
        count = target
        work = f"{folder}/measured.sqlite"
        shutil.copyfile(path, work)
        os.sync()  # the copy must not be on its way to the disk while blocks are synced
        started = time.perf_counter()
        process = subprocess.Popen(
            [program, "growth", work, str(target), str(blocks), str(transfers)], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        restart = time.perf_counter() - started
        row = json.loads(process.stdout.readline())
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{program} growth ended with {status}")
        values = (target, row["block"], row["execute"], row["root"], row["write"], row["commit"], row["sync"], row["nodes"],
                  usage.ru_maxrss >> 10, os.path.getsize(path) >> 20, round(restart * 1000))
        print("".join(f"{value:>12}" for value in values), flush=True)
        os.remove(work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crashes", type=int, default=300)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--file")
    parser.add_argument("--binary")
    options = parser.parse_args()
    program = options.binary or build()
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder:
        if options.count:
            print("== speed")
            speed(program, folder, options.count)
        if options.accounts:
            print("== growth of the state", flush=True)
            growth(program, folder, options.accounts, options.file)
        if options.crashes:
            print(f"== {options.crashes} times kill -9")
            crashes(program, folder, options.crashes)


if __name__ == "__main__":
    main()
