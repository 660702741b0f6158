#!/usr/bin/env python3
"""The EVM on bytecode, beside revm (PyPI pyrevm) on the same bytecode at the same moment.

usage: bench/evm.py [CASES.json] [--seconds S] [--filter TEXT] [--reference RESULTS.json] [--json]

CASES.json is a list of {name, code, input, gas, storage, pre}; by default ../shared/evm-bench/cases.json. Each case is
one message call under Cancun from 0xbeef to 0xc0de0; the best time of each side counts. The ratio to pyrevm below 1
says that Cairn is faster. With a reference file (what evmone and others took on one machine, beside pyrevm there), the
last column scales evmone's best by this run's pyrevm: below 1.2 is the aim. Gas must agree; exit code 1 where not.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyrevm

ROOT = Path(__file__).resolve().parent.parent
ME, SENDER, COINBASE = (f"0x{n:040x}" for n in (0xC0DE0, 0xBEEF, 0xC01BBA5E))


def data(text):
    return bytes.fromhex(text.removeprefix("0x"))


class Revm:
    """One case on revm, each run on the same state as ours: nothing read yet."""

    def __init__(self, case):
        self.case = case
        self.input = data(case["input"])
        self.intrinsic = 21000 + sum(16 if byte else 4 for byte in self.input)

    def machine(self):
        evm = pyrevm.EVM(spec_id="CANCUN", gas_limit=2 * 10**9)
        evm.insert_account_info(ME, pyrevm.AccountInfo(nonce=1, code=data(self.case["code"]), balance=0))
        evm.insert_account_info(SENDER, pyrevm.AccountInfo(nonce=0, code=b"", balance=2**200))
        for address, code in self.case["pre"].items():
            evm.insert_account_info(address, pyrevm.AccountInfo(nonce=1, code=data(code), balance=0))
        for slot, value in self.case["storage"].items():
            evm.insert_account_storage(ME, int(slot, 16), int(value, 16))
        evm.set_block_env(pyrevm.BlockEnv(
            number=1, coinbase=COINBASE, timestamp=1, gas_limit=2 * 10**9, basefee=0, prevrandao=bytes(32),
            excess_blob_gas=0))
        return evm

    def run(self, seconds):
        """(gas used, best seconds)"""
        evm, best, used, deadline, runs = self.machine(), float("inf"), 0, time.perf_counter() + seconds, 0
        while runs < 3 or time.perf_counter() < deadline:
            checkpoint = evm.snapshot()
            begin = time.perf_counter()
            try:
                evm.message_call(
                    caller=SENDER, to=ME, calldata=self.input, gas=self.case["gas"] + self.intrinsic, value=0)
            except RuntimeError:
                pass  # reverts arrive as exceptions; the gas tells them apart
            best = min(best, time.perf_counter() - begin)
            used = int(evm.result.gas_used) + int(evm.result.gas_refunded) - self.intrinsic
            evm.revert(checkpoint)
            evm.reset_transient_storage()
            runs += 1
        return used, best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(os.environ.get("CAIRN_SHARED", ROOT.parent / "shared")) / "evm-bench"
    parser.add_argument("cases", nargs="?", default=shared / "cases.json")
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--filter", default="")
    parser.add_argument("--reference", default=shared / "results.json")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--binary", default=os.environ.get("CAIRN_BINARY", ROOT / ".build" / "release" / "cairn"))
    options = parser.parse_args()
    if not Path(options.cases).exists():
        sys.exit(f"{options.cases} is absent: give a file of cases")
    reference = json.loads(Path(options.reference).read_text()) if Path(options.reference).exists() else None
    prefix = [] if Path(options.binary).name != "cairn" else ["evm"]
    rows, wrong = [], 0
    print(f"{'case':38}{'gas':>12}{'ours us':>12}{'pyrevm us':>12}{'ratio':>8}{'to evmone':>11}", flush=True)
    for case in json.loads(Path(options.cases).read_text()):
        if options.filter not in case["name"]:
            continue
        revm_gas, revm = Revm(case).run(options.seconds / 2)
        answer = subprocess.run(
            [options.binary, *prefix, "bench", options.cases, "--seconds", str(options.seconds), "--filter",
             case["name"]], capture_output=True, text=True, check=True).stdout.splitlines()
        ours = next(item for item in map(json.loads, answer) if item["name"] == case["name"])
        _, again = Revm(case).run(options.seconds / 2)
        revm, mine = min(revm, again), ours["minSeconds"]
        row = {"name": case["name"], "gas": ours["gasUsed"], "seconds": mine, "pyrevm": revm, "ratio": mine / revm}
        evmone = reference and reference["results"].get(case["name"], {})
        if evmone and "baseline" in evmone and "pyrevm" in evmone:
            scale = revm / (evmone["pyrevm"]["min_us"] * 1e-6)
            row["toEvmone"] = mine / (evmone["baseline"]["min_us"] * 1e-6 * scale)
        rows.append(row)
        agrees = ours["gasUsed"] == revm_gas
        wrong += not agrees
        print(
            f"{row['name']:38}{row['gas']:>12}{mine * 1e6:>12.1f}{revm * 1e6:>12.1f}{row['ratio']:>8.2f}"
            f"{row.get('toEvmone', float('nan')):>11.2f}{'' if agrees else f'  GAS: pyrevm used {revm_gas}'}", flush=True)
    if options.json:
        print(json.dumps({"cases": rows, "gasDifferences": wrong}))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
