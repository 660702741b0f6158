"""Blocks and genesis allocations out of the official execution-spec fixtures (EEST v5.4.0, blockchain tests).

    generate/blocks.py FOLDER-OF-FIXTURES
"""
import glob
import json
import sys

from common import rng, save

source = rng(3)
files = sorted(glob.glob(sys.argv[1] + "/**/*.json", recursive=True))
source.shuffle(files)
wanted = {}
blocks, states = [], []
for name in files:
    for case in list(json.load(open(name)).values())[:3]:
        network = case["network"]
        if wanted.get(network, 0) >= 6:
            continue
        for block in case["blocks"]:
            if "expectException" in block or len(block["rlp"]) > 6000 or not block.get("transactions"):
                continue
            wanted[network] = wanted.get(network, 0) + 1
            header = block["blockHeader"]
            blocks.append({
                "network": network, "rlp": block["rlp"], "hash": header["hash"], "header": header,
                "senders": [t.get("sender") for t in block["transactions"]],
                "withdrawals": block.get("withdrawals")})
            break
        if len(states) < 12 and len(json.dumps(case["pre"])) < 8000 and len(case["pre"]) > 3:
            states.append({"alloc": case["pre"], "stateRoot": case["genesisBlockHeader"]["stateRoot"],
                           "genesis": case["genesisRLP"], "hash": case["genesisBlockHeader"]["hash"]})
save("blocks", blocks)
save("states", states)
print(wanted, len(states))
