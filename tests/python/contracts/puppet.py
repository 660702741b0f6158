"""A contract wallet that refuses, re-enters, burns gas or answers with a flood, as a test wants."""

from functools import cache
from pathlib import Path

from deployed import Deployed
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import Settings

ACCEPT, REFUSE, REENTER, BURN, BOMB = range(5)
MODES = {"accept": ACCEPT, "refuse": REFUSE, "re-enter": REENTER, "burn": BURN, "bomb": BOMB}


@cache
def built(name="Puppet"):
    """ABI and init code of a contract that stands beside this file."""
    path = Path(__file__).resolve().parent / f"{name}.vy"
    (output,) = compile_files([path], ["abi", "bytecode"], settings=Settings(evm_version="prague")).values()
    return output["abi"], bytes.fromhex(output["bytecode"][2:])


class Puppet:
    """Stands wherever a test takes a sender's address."""

    def __init__(self, chain, keeper):
        abi, code = built()
        self.keeper = keeper
        outcome = chain.send(keeper, None, code)
        assert outcome.ok
        self.wallet = Deployed(chain, abi, outcome.created)
        self.address = outcome.created
        chain.fund(self.address, 10**24)

    def behave(self, mode, target=None, payload=b""):
        self.wallet.send(self.keeper, "behave", mode, target or self.address, payload)

    def run(self, to, data, value):
        """The transaction that makes the wallet call, with the call's output in place of the wallet's."""
        return self.wallet.chain.send(self.keeper, self.address, self.wallet.calldata("execute", to, data, value))
