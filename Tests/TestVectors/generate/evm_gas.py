#!/usr/bin/env python3
"""Writes data/evm_gas.json: bytecode of every opcode family with the gas, output and end that EELS computes, by fork.

usage: python Tests/TestVectors/generate/evm_gas.py > Tests/TestVectors/data/evm_gas.json

A case is one message call from 0xbeef to 0xc0de0 with 500,000 gas; sender, callee, coinbase and precompiles are warm;
no intrinsic gas, no refund subtracted.
"""

import dataclasses
import importlib
import json
import sys

sys.setrecursionlimit(20000)
FORKS = ["berlin", "london", "paris", "shanghai", "cancun", "prague", "osaka"]
GAS = 500_000
ME, SENDER = bytes(17) + bytes.fromhex("0c0de0"), bytes(18) + b"\xbe\xef"
COINBASE, OTHER = bytes(16) + bytes.fromhex("c01bba5e"), bytes(17) + bytes.fromhex("0ca11e")
OP = {name: code for code, names in {
    0x00: "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND", 0x10: "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR CLZ",
    0x20: "KECCAK256", 0x30: "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY GASPRICE EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH",
    0x40: "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBHASH BLOBBASEFEE",
    0x50: "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY PUSH0",
    0xA0: "LOG0 LOG1 LOG2 LOG3 LOG4", 0xF0: "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2", 0xFA: "STATICCALL", 0xFD: "REVERT INVALID SELFDESTRUCT",
}.items() for code, name in enumerate(names.split(), code)}
BIG, NEG2, MIN = 2**256 - 1, 2**256 - 2, 2**255
WORDS = [(0, 0), (1, 0), (7, 3), (BIG, 1), (BIG, BIG), (MIN, BIG), (NEG2, 3), (2**128, 2**64 + 1), (2**200 + 12345, 2**130 + 7), (31, 0xFF << 8), (256, BIG), (255, MIN), (300, 1)]
RETURN_TOP = "PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN"


def assemble(text):
    """`PUSH n` takes the fewest bytes; `DUPn`, `SWAPn` and `0x..` (raw bytes) are themselves."""
    code, words = b"", text.split()
    while words:
        word = words.pop(0)
        if word == "PUSH":
            value = int(words.pop(0), 0)
            raw = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
            code += bytes([0x5F + len(raw)]) + raw
        elif word.startswith("DUP"):
            code += bytes([0x7F + int(word[3:])])
        elif word.startswith("SWAP"):
            code += bytes([0x8F + int(word[4:])])
        elif word.startswith("0x"):
            code += bytes.fromhex(word[2:])
        else:
            code += bytes([OP[word]])
    return code


def cases():
    """Yields (family, name, code, other account's code, storage)."""
    def case(family, name, text, other="", storage=None):
        return family, name, assemble(text), assemble(other), storage or {}

    for name in "ADD MUL SUB DIV SDIV MOD SMOD EXP SIGNEXTEND".split():
        for a, b in WORDS:
            yield case("arithmetic", name, f"PUSH {b} PUSH {a} {name} {RETURN_TOP}")
    for name in "ADDMOD MULMOD".split():
        for a, b in WORDS:
            for m in (0, 1, 3, 2**64 + 13, 2**128 + 51, 2**255 + 95, BIG):
                yield case("arithmetic", name, f"PUSH {m} PUSH {b} PUSH {a} {name} {RETURN_TOP}")
    for name in "LT GT SLT SGT EQ AND OR XOR BYTE SHL SHR SAR".split():
        for a, b in WORDS:
            yield case("comparison and bits", name, f"PUSH {b} PUSH {a} {name} {RETURN_TOP}")
    for name in "ISZERO NOT CLZ".split():
        for a in (0, 1, 2**64, MIN, BIG):
            yield case("comparison and bits", name, f"PUSH {a} {name} {RETURN_TOP}")
    for size in (0, 1, 31, 32, 33, 135, 136, 137, 1000):
        yield case("keccak", f"KECCAK256 {size}", f"PUSH 0xabcdef PUSH 3 MSTORE PUSH {size} PUSH 1 KECCAK256 {RETURN_TOP}")
    for name in "ADDRESS ORIGIN CALLER CALLVALUE CALLDATASIZE CODESIZE RETURNDATASIZE COINBASE TIMESTAMP NUMBER GASLIMIT CHAINID SELFBALANCE BASEFEE PC MSIZE GAS PUSH0 BLOBBASEFEE PREVRANDAO GASPRICE".split():
        yield case("environment", name, f"{name} {RETURN_TOP}")
    for name in "BALANCE EXTCODESIZE EXTCODEHASH".split():
        for address in (0xCA11E, 0xC0DE0, 0xDEAD, 4, 0xC01BBA5E, 0xCA11E + 2**160):
            yield case("environment", name, f"PUSH {address} {name} POP PUSH {address} {name} {RETURN_TOP}", "PUSH 1 POP")
    for name in "CALLDATACOPY CODECOPY RETURNDATACOPY MCOPY".split():
        for to, start, size in ((0, 0, 0), (0, 0, 32), (5, 3, 7), (100, 0, 33), (0, 2**64, 32), (2**64, 0, 0), (0, 200, 1)):
            yield case("copying", name, f"PUSH 0x1122334455 PUSH 0 MSTORE PUSH {size} PUSH {start} PUSH {to} {name} MSIZE PUSH 0 MSTORE PUSH 64 PUSH 0 RETURN")
    for start, size in ((0, 0), (0, 4), (2, 40), (2**70, 32)):
        yield case("copying", "EXTCODECOPY", f"PUSH {size} PUSH {start} PUSH 1 PUSH 0xca11e EXTCODECOPY PUSH 64 PUSH 0 RETURN", "PUSH 1 POP")
    for offset in (0, 1, 31, 32, 1000, 22000, 2**20, 2**64, BIG):
        for name in ("MLOAD", "PUSH 7 SWAP1 MSTORE MSIZE", "PUSH 7 SWAP1 MSTORE8 MSIZE"):
            yield case("memory", name.split()[-2] if " " in name else name, f"PUSH {offset} {name} {RETURN_TOP}")
    for original in (0, 1, 2):
        for first in (0, 1, 2):
            for second in (0, 1, 2):
                yield case("storage", f"SSTORE {original}{first}{second}", f"PUSH {first} PUSH 5 SSTORE PUSH {second} PUSH 5 SSTORE PUSH 5 SLOAD {RETURN_TOP}", storage={5: original} if original else {})
    yield case("storage", "SLOAD cold and warm", f"PUSH 9 SLOAD PUSH 9 SLOAD PUSH 8 SLOAD {RETURN_TOP}", storage={9: 3})
    yield case("storage", "TSTORE and TLOAD", f"PUSH 3 PUSH 1 TSTORE PUSH 2 TLOAD POP PUSH 1 TLOAD {RETURN_TOP}")
    yield case("flow", "JUMP", f"PUSH 4 JUMP INVALID JUMPDEST PUSH 1 {RETURN_TOP}")
    yield case("flow", "JUMPI taken", f"PUSH 1 PUSH 6 JUMPI INVALID JUMPDEST PUSH 1 {RETURN_TOP}")
    yield case("flow", "JUMPI not taken", f"PUSH 0 PUSH 6 JUMPI JUMPDEST JUMPDEST PUSH 1 {RETURN_TOP}")
    yield case("flow", "JUMP into push data", "PUSH 4 JUMP PUSH 0x5b STOP")
    yield case("flow", "JUMP beyond the code", "PUSH 0x10000000000000000 JUMP")
    yield case("flow", "code ends in a push", "0x62ff")
    for name in "STOP INVALID 0x0c 0xfb POP ADD".split():
        yield case("flow", name, name)
    yield case("stack", "overflow", "JUMPDEST PUSH 1 PUSH 0 JUMP")
    for n in (1, 2, 15, 16):
        pushes = " ".join(f"PUSH {k}" for k in range(1, 18))
        yield case("stack", f"DUP{n}", f"{pushes} DUP{n} {RETURN_TOP}")
        yield case("stack", f"SWAP{n}", f"{pushes} SWAP{n} {RETURN_TOP}")
        yield case("stack", f"DUP{n} underflow", " ".join(["PUSH 1"] * (n - 1)) + f" DUP{n}")
    for n in range(5):
        topics = " ".join(["PUSH 7"] * n)
        for size in (0, 1, 100):
            yield case("logs", f"LOG{n}", f"{topics} PUSH {size} PUSH 3 LOG{n} GAS {RETURN_TOP}")
    body = "PUSH 2 PUSH 1 SSTORE PUSH 0x77 PUSH 0 MSTORE PUSH 32 PUSH 0 "
    callees = {"stop": "STOP", "returns": body + "RETURN", "reverts": body + "REVERT", "fails": "INVALID", "empty": "", "writes log": "PUSH 0 PUSH 0 LOG0", "destroys itself": "PUSH 0xdead SELFDESTRUCT"}
    for op in ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"):
        value = {"CALL": ["PUSH 0", "PUSH 1"], "CALLCODE": ["PUSH 0", "PUSH 1"]}.get(op, [""])
        for name, callee in callees.items():
            for pay in value:
                for gas in ("GAS", "PUSH 100", "PUSH 40000"):
                    yield case("calls", f"{op} {name}", f"PUSH 32 PUSH 0 PUSH 4 PUSH 0 {pay} PUSH 0xca11e {gas} {op} PUSH 32 MSTORE RETURNDATASIZE PUSH 64 MSTORE GAS PUSH 96 MSTORE PUSH 128 PUSH 0 RETURN", callee)
        for target in (0xDEAD, 4, 0xC0DE0):
            for pay in value:
                yield case("calls", f"{op} to {target:#x}", f"PUSH 32 PUSH 0 PUSH 4 PUSH 0 {pay} PUSH {target} PUSH 1000 {op} PUSH 32 MSTORE GAS PUSH 96 MSTORE PUSH 128 PUSH 0 RETURN")
    inits = {"empty": "", "code": "PUSH 0x600160005260206000f3 PUSH 0 MSTORE PUSH 11 PUSH 21 RETURN", "reverts": "PUSH 9 PUSH 0 MSTORE PUSH 32 PUSH 0 REVERT", "fails": "INVALID", "starts with EF": "PUSH 0xef PUSH 0 MSTORE8 PUSH 1 PUSH 0 RETURN", "too large": "PUSH 24577 PUSH 0 RETURN", "largest it can pay": "PUSH 1000 PUSH 0 RETURN", "destroys itself": "PUSH 0 SELFDESTRUCT"}
    for op, salt in (("CREATE", ""), ("CREATE2", "PUSH 5")):
        for name, init in inits.items():
            raw = assemble(init)
            for pay in (0, 1):
                yield case("creation", f"{op} {name}", f"PUSH {int.from_bytes(raw.rjust(32, bytes(1)), 'big')} PUSH 0 MSTORE {salt} PUSH {len(raw)} PUSH {32 - len(raw)} PUSH {pay} {op} PUSH 0 MSTORE RETURNDATASIZE PUSH 32 MSTORE GAS PUSH 64 MSTORE PUSH 96 PUSH 0 RETURN")
        yield case("creation", f"{op} init code of 49153 bytes", f"{salt} PUSH 49153 PUSH 0 PUSH 0 {op} {RETURN_TOP}")
        yield case("creation", f"{op} init code of 49152 bytes", f"{salt} PUSH 49152 PUSH 0 PUSH 0 {op} {RETURN_TOP}")
    for target in (0xDEAD, 0xC0DE0, 0xCA11E, 0xBEEF):
        yield case("self-destruction", f"SELFDESTRUCT to {target:#x}", f"PUSH {target} SELFDESTRUCT", "STOP")


def run(fork, code, other, storage):
    """(gas used, output, ok) by EELS; every module is the fork's own."""
    base = "ethereum.forks." + fork
    vm, state, interpreter = (importlib.import_module(base + name) for name in (".vm", ".state", ".vm.interpreter"))
    types, mapping = importlib.import_module(base + ".fork_types"), importlib.import_module(base + ".vm.precompiled_contracts.mapping")
    from ethereum.crypto.hash import Hash32
    from ethereum_types.bytes import Bytes, Bytes32
    from ethereum_types.numeric import U64, U256, Uint

    def build(kind, values):
        names = {field.name for field in dataclasses.fields(kind)}
        return kind(**{key: value for key, value in values.items() if key in names})

    world, address = state.State(), types.Address
    for who, nonce, balance, its in ((ME, 1, 10, code), (SENDER, 0, 2**200, b""), (OTHER, 1, 0, other)):
        state.set_account(world, address(who), types.Account(nonce=Uint(nonce), balance=U256(balance), code=its))
    for slot, value in storage.items():
        state.set_storage(world, address(ME), Bytes32(slot.to_bytes(32, "big")), U256(value))
    block = build(vm.BlockEnvironment, dict(
        chain_id=U64(1), state=world, block_gas_limit=Uint(2 * 10**9), block_hashes=[], coinbase=address(COINBASE), number=Uint(1), base_fee_per_gas=Uint(0),
        time=U256(1), prev_randao=Bytes32(bytes(32)), difficulty=Uint(0), excess_blob_gas=U64(0), parent_beacon_block_root=Hash32(bytes(32))))
    values = dict(
        origin=address(SENDER), gas_price=Uint(0), gas=Uint(GAS), access_list_addresses=set(), access_list_storage_keys=set(), blob_versioned_hashes=(),
        authorizations=(), index_in_block=Uint(0), tx_hash=None)
    transient = getattr(state, "TransientStorage", None)
    arguments = (world,)
    if transient:
        values["transient_storage"] = transient()
        arguments = (world, values["transient_storage"])
    transaction = build(vm.TransactionEnvironment, values)
    message = build(vm.Message, dict(
        block_env=block, tx_env=transaction, caller=address(SENDER), target=address(ME), current_target=address(ME), gas=Uint(GAS), value=U256(0), data=Bytes(b""),
        code_address=address(ME), code=code, depth=Uint(0), should_transfer_value=True, is_static=False,
        accessed_addresses={address(ME), address(SENDER), address(COINBASE)} | set(mapping.PRE_COMPILED_CONTRACTS), accessed_storage_keys=set(), parent_evm=None, disable_precompiles=False))
    state.begin_transaction(*arguments)
    output = interpreter.process_message(message)
    state.rollback_transaction(*arguments)
    return GAS - int(output.gas_left), bytes(output.output).hex(), output.error is None


def main():
    result, previous = [], None
    for family, name, code, other, storage in cases():
        expected = []
        for fork in FORKS:
            gas, output, ok = run(fork, code, other, storage)
            expected.append([gas, output, ok])
        entry = {"family": family, "name": name, "code": code.hex()}
        if other:
            entry["other"] = other.hex()
        if storage:
            entry["storage"] = {hex(k): hex(v) for k, v in storage.items()}
        # Forks that agree share one entry: "osaka" alone, or from a fork on.
        changes = [[FORKS[i]] + e for i, e in enumerate(expected) if i == 0 or e != expected[i - 1]]
        entry["from"] = changes
        result.append(entry)
    print("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in result) + "\n]")


main()
