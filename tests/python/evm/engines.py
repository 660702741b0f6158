"""The two sides of the differential test: Cairn's transition and the executable specification (EELS)."""

import copy
import json
import logging
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

from cases import at_least

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from binary import binary  # noqa: E402

COMPARED = ["stateRoot", "logsHash", "withdrawalsRoot", "requestsHash"]


def command():
    """The words that start `cairn evm t8n --lines`; CAIRN_T8N or CAIRN_BINARY name another program. None if unbuilt."""
    if os.environ.get("CAIRN_T8N"):
        return os.environ["CAIRN_T8N"].split()
    program = binary()
    return [str(program), "evm", "t8n", "--lines"] if program else None


class Cairn:
    """One process that answers a line of input with a line of output."""

    def __init__(self):
        self.process = subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, case):
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.__init__()
            return {"crashed": True}
        answer = json.loads(line)
        return answer if "error" in answer else summary(answer["result"], answer["alloc"], case["fork"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Specification:
    """EELS, in this process."""

    def __init__(self):
        from ethereum_spec_tools.evm_tools import create_parser
        from ethereum_spec_tools.evm_tools.t8n import ForkCache, T8N

        logging.disable(logging.CRITICAL)
        self.parser, self.cache, self.T8N = create_parser(), ForkCache(), T8N

    def run(self, case):
        case = copy.deepcopy(case)
        options = self.parser.parse_args([
            "t8n", "--input.env=stdin", "--input.alloc=stdin", "--input.txs=stdin", "--output.result=stdout",
            "--output.alloc=stdout", "--state.fork=" + case["fork"], "--state.chainid=1", "--output.basedir=/nonexistent"])
        tool = self.T8N(options, StringIO(), StringIO(json.dumps(case)), self.cache)
        tool.run_blockchain_test()
        result = tool.result.to_json()
        if result.get("blockException"):
            return {"error": result["blockException"]}
        return summary(result, tool.alloc.to_json(), case["fork"])


def summary(result, alloc, fork):
    """What is compared of a transition: roots, gas, which transactions were rejected, every account."""
    picked = {key: result.get(key) for key in COMPARED}
    picked["gasUsed"] = int(result["gasUsed"], 16)
    picked["rejected"] = sorted(int(item["index"]) for item in result.get("rejected") or [])
    receipts = result.get("receipts") or []
    # Before Byzantium a receipt says nothing of success, but holds a state root.
    modern = at_least(fork, "Byzantium")
    if not picked["rejected"] and modern:
        # The specification's tool leaves a hole in its tries where it rejected a transaction.
        picked["roots"] = [result["txRoot"], result["receiptsRoot"]]
    picked["receipts"] = [(modern and r["succeeded"], int(r["cumulativeGasUsed"], 16)) for r in receipts]
    picked["alloc"] = {
        address.lower(): {
            "nonce": int(account.get("nonce", "0x0"), 16), "balance": int(account.get("balance", "0x0"), 16),
            "code": account.get("code", "0x"),
            "storage": {int(k, 16): int(v, 16) for k, v in account.get("storage", {}).items() if int(v, 16)},
        } for address, account in alloc.items()}
    return picked


def difference(ours, theirs):
    """What two summaries disagree about, in words; empty where they agree."""
    if "error" in ours and "error" in theirs:
        return []
    if ours.keys() != theirs.keys():
        return [f"ours {str(ours)[:300]}, specification {str(theirs)[:300]}"]
    lines = [f"{key}: ours {ours[key]}, specification {theirs[key]}"
             for key in ours if key != "alloc" and ours[key] != theirs[key]]
    for address in sorted(ours["alloc"].keys() | theirs["alloc"].keys()):
        mine, want = ours["alloc"].get(address), theirs["alloc"].get(address)
        if mine != want:
            lines.append(f"{address}: ours {mine}, specification {want}")
    return lines
