"""Contracts as Python values: functions by name, reverts as exceptions, events decoded."""

import json
from collections import namedtuple
from pathlib import Path

from eth_abi import decode, encode
from eth_utils import keccak

ROOT = Path(__file__).resolve().parents[3]

Event = namedtuple("Event", "contract name args")


class Refused(Exception):
    """A transaction that reverted; its text is the reason."""


def artifact(name):
    return json.loads((ROOT / "contracts" / "artifacts" / f"{name}.json").read_text())


def spelled(parameter):
    """The canonical ABI type of a parameter, tuples included."""
    kind = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(spelled(part) for part in parameter["components"]) + ")" + kind[len("tuple"):]


def shaped(parameter, value):
    """A decoded value with its structs as dictionaries."""
    kind = parameter["type"]
    if kind == "tuple":
        return {part["name"]: shaped(part, item) for part, item in zip(parameter["components"], value)}
    if kind.endswith("[]"):
        return list(value)
    return value


class Deployed:
    """One contract at an address."""

    def __init__(self, chain, abi, address):
        self.chain, self.address = chain, address
        self.functions = [entry for entry in abi if entry["type"] == "function"]
        self.events = {}
        for entry in abi:
            if entry["type"] == "event":
                kinds = ",".join(spelled(part) for part in entry["inputs"])
                self.events[keccak(text=f"{entry['name']}({kinds})")] = entry

    @classmethod
    def deploy(cls, chain, name, *args, sender):
        built = artifact(name)
        constructor = [entry for entry in built["abi"] if entry["type"] == "constructor"]
        kinds = [spelled(part) for part in constructor[0]["inputs"]] if constructor else []
        outcome = chain.send(sender, None, bytes.fromhex(built["bytecode"][2:]) + encode(kinds, args))
        assert outcome.ok, f"{name} does not deploy: {outcome.reason}"
        made = cls(chain, built["abi"], outcome.created)
        made.deploy_gas = outcome.gas
        made.deploy_logs = made.decoded(outcome.logs)
        return made

    def function(self, name, count):
        return next(f for f in self.functions if f["name"] == name and len(f["inputs"]) == count)

    def calldata(self, name, *args):
        kinds = [spelled(part) for part in self.function(name, len(args))["inputs"]]
        return keccak(text=f"{name}({','.join(kinds)})")[:4] + encode(kinds, args)

    def send(self, sender, name, *args, value=0):
        """Runs a transaction of an address or a puppet; returns its outcome with `.value` and `.events`, or raises
        `Refused`."""
        data = self.calldata(name, *args)
        if isinstance(sender, str):
            outcome = self.chain.send(sender, self.address, data, value)
        else:
            outcome = sender.run(self.address, data, value)
        if not outcome.ok:
            raise Refused(outcome.reason)
        if not isinstance(sender, str):
            outcome.output = decode(["bytes"], outcome.output)[0]
        outcome.value = self.results(name, len(args), outcome.output)
        outcome.events = self.decoded(outcome.logs)
        return outcome

    def view(self, name, *args, sender="0x" + "00" * 19 + "01"):
        outcome = self.chain.call(sender, self.address, self.calldata(name, *args))
        if not outcome.ok:
            raise Refused(outcome.reason)
        return self.results(name, len(args), outcome.output)

    def results(self, name, count, output):
        parts = self.function(name, count)["outputs"]
        values = decode([spelled(part) for part in parts], output)
        values = tuple(shaped(part, value) for part, value in zip(parts, values))
        return values[0] if len(values) == 1 else values or None

    def decoded(self, logs):
        events = []
        for address, topics, data in logs:
            if address != self.address:
                continue
            entry = self.events[topics[0]]
            indexed = [part for part in entry["inputs"] if part["indexed"]]
            plain = [part for part in entry["inputs"] if not part["indexed"]]
            args = {part["name"]: decode([spelled(part)], topic)[0] for part, topic in zip(indexed, topics[1:])}
            args |= dict(zip([part["name"] for part in plain], decode([spelled(part) for part in plain], data)))
            events.append(Event(address, entry["name"], args))
        return events
