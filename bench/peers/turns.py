"""What the benches that time two sides in turn have in common: their options, and the least time of a call."""
import argparse
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def arguments(description, seconds):
    """The options, after the number of threads is set for every library: read them before importing any."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=seconds, help="for each case, side and round")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--cairn", default=str(ROOT / ".build/release/cairn"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CAIRN_THREADS"):
        os.environ[variable] = str(options.threads)
    return options


def least(body, seconds):
    """The least seconds of a call, of as many as fit; short calls are timed about a millisecond at a time."""
    body()
    start = time.perf_counter()
    body()
    batch = max(1, min(10_000, int(0.001 / max(time.perf_counter() - start, 1e-9))))
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(batch):
            body()
        best = min(best, (time.perf_counter() - start) / batch)
    return best
