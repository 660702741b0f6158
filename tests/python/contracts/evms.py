"""Two Ethereum virtual machines that share no code with Cairn, behind one small face.

Each runs whole transactions under the Prague rules. Gas costs nothing, so that balances move by what contracts do
alone. Exact gas (intrinsic, cold access, calldata floor, refunds) is py-evm's: pyrevm keeps slots warm from one
transaction to the next, so its gas is a lower bound.
"""

from dataclasses import dataclass

import boa
import pyrevm
from eth.vm.spoof import SpoofTransaction
from eth_abi import decode
from eth_utils import to_checksum_address

# The most gas that a transaction may carry (EIP-7825, Osaka).
GAS_CAP = 16_777_216

GENESIS_TIME = 1_800_000_000


@dataclass
class Outcome:
    """What one transaction did."""

    ok: bool
    output: bytes
    gas: int
    logs: list  # (address, [topic], data)
    created: str | None = None

    @property
    def reason(self):
        """The text of a revert; empty where there is none."""
        if self.ok or self.output[:4] != bytes.fromhex("08c379a0"):
            return ""
        return decode(["string"], self.output[4:])[0]


class Revm:
    """revm, through pyrevm: the fast one."""

    def __init__(self):
        self.evm = pyrevm.EVM(spec_id="PRAGUE")
        self.warp(GENESIS_TIME)

    def warp(self, timestamp):
        self.now = timestamp
        self.evm.set_block_env(pyrevm.BlockEnv(number=1, timestamp=timestamp, gas_limit=10**9, basefee=0))

    def fund(self, party, wei):
        self.evm.set_balance(party, wei)

    def balance(self, party):
        return self.evm.get_balance(party)

    def code(self, address):
        return bytes(self.evm.get_code(address) or b"")

    def send(self, sender, to, data, value=0, gas=GAS_CAP):
        output, created = b"", None
        try:
            if to is None:
                created = self.evm.deploy(sender, data, value, gas)
            else:
                output = bytes(self.evm.message_call(sender, to, data, value, gas))
        except RuntimeError as error:
            text = str(error)
            if "output: 0x" in text:
                output = bytes.fromhex(text.split("output: 0x")[1].split()[0])
        result = self.evm.result
        logs = [(log.address, [bytes.fromhex(t[2:]) for t in log.topics], bytes(log.data[1])) for log in result.logs]
        created = to_checksum_address(created) if created else None
        return Outcome(result.is_success, output, result.gas_used, logs, created)

    def call(self, sender, to, data, value=0):
        """A message call whose effects are undone."""
        snapshot = self.evm.snapshot()
        outcome = self.send(sender, to, data, value, gas=10**9)
        self.evm.revert(snapshot)
        return outcome


class PyEvm:
    """py-evm, as titanoboa sets it up: the exact one."""

    def __init__(self):
        self.env = boa.Env()
        self.vm = self.env.evm.vm
        self.vm.state.execution_context._base_fee_per_gas = 0
        self.warp(GENESIS_TIME)

    def warp(self, timestamp):
        self.now = timestamp
        self.env.evm.patch.timestamp = timestamp

    def fund(self, party, wei):
        self.vm.state.set_balance(bytes.fromhex(party[2:]), wei)

    def balance(self, party):
        return self.vm.state.get_balance(bytes.fromhex(party[2:]))

    def code(self, address):
        return self.vm.state.get_code(bytes.fromhex(address[2:]))

    def send(self, sender, to, data, value=0, gas=GAS_CAP):
        self.vm.state.lock_changes()  # a transaction of its own: all slots cold, all values original
        return self.run(sender, to, data, value, gas)

    def run(self, sender, to, data, value, gas):
        state = self.vm.state
        origin = bytes.fromhex(sender[2:])
        tx = self.vm.create_unsigned_transaction(
            nonce=state.get_nonce(origin), gas_price=0, gas=gas, to=b"" if to is None else bytes.fromhex(to[2:]),
            value=value, data=data,
        )
        computation = state.apply_transaction(SpoofTransaction(tx, from_=origin))
        created = to_checksum_address(computation.msg.storage_address) if to is None else None
        logs = [
            (to_checksum_address(address), [t.to_bytes(32, "big") for t in topics], data)
            for address, topics, data in computation.get_log_entries()
        ]
        gas_used = self.vm.finalize_gas_used(tx, computation)
        return Outcome(computation.is_success, bytes(computation.output), gas_used, logs, created)

    def call(self, sender, to, data, value=0):
        """A message call whose effects are undone."""
        snapshot = self.vm.state.snapshot()
        outcome = self.run(sender, to, data, value, gas=10**8)
        self.vm.state.revert(snapshot)
        return outcome
