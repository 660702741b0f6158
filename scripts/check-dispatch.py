#!/usr/bin/env python3
"""Checks that the EVM's interpreter dispatches through one dense jump table.

usage: scripts/check-dispatch.py BINARY

Reads the disassembly (objdump) of the silent copy of `Machine.run`: it must hold exactly one indirect jump through a
table, reached straight from the load of the opcode's byte without comparing it, and all 256 entries of the table must
lie within the function. Exit code 1 and a reason otherwise.
"""

import re
import struct
import subprocess
import sys

SYMBOL = "$s3EVM7MachineC3runyyxmAA9TraceModeRzlFAA6SilentO_Ttg5"


def disassembly(binary):
    """Lines (address, text) of the loop; empty where the binary has no such symbol."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "-M", "intel", f"--disassemble={SYMBOL}", binary],
        capture_output=True, text=True, check=True).stdout
    return [(int(m[1], 16), m[2]) for m in re.finditer(r"^\s+([0-9a-f]+):\t(.*)$", text, re.M)]


def bytes_at(binary, address, count):
    """What lies at a virtual address of an ELF file of 64 bits."""
    with open(binary, "rb") as file:
        data = file.read()
    offset, = struct.unpack_from("<Q", data, 32)
    number, = struct.unpack_from("<H", data, 56)
    for index in range(number):
        kind, _, start, virtual, _, size = struct.unpack_from("<IIQQQQ", data, offset + 56 * index)
        if kind == 1 and virtual <= address < virtual + size:
            return data[start + address - virtual:start + address - virtual + count]
    return b""


def problem(binary):
    """What is wrong with the dispatch, or None."""
    lines = disassembly(binary)
    if not lines:
        return f"no symbol {SYMBOL}: is it a release build?"
    jumps = [i for i, (_, text) in enumerate(lines) if re.match(r"(notrack )?jmp\s+r\w+$", text)]
    if len(jumps) != 1:
        return f"{len(jumps)} indirect jumps, want 1"
    before = [text for _, text in lines[jumps[0] - 8:jumps[0]]]
    if not any("movzx" in text and "BYTE PTR" in text for text in before):
        return "the jump does not follow the load of a byte"
    after_load = before[max(i for i, text in enumerate(before) if "movzx" in text):]
    if any(text.startswith("cmp") for text in after_load):
        return "the opcode is compared before the jump: the table is not dense"
    first, last = lines[0][0], lines[-1][0]
    bases = {int(m[1], 16) for _, text in lines if (m := re.match(r"lea\s.*# ([0-9a-f]+)", text))}
    for base in bases:
        table = bytes_at(binary, base, 1024)
        if len(table) == 1024:
            entries = [base + entry for entry in struct.unpack("<256i", table)]
            if all(first <= entry <= last for entry in entries):
                distinct = len(set(entries))
                return None if distinct >= 140 else f"only {distinct} different targets"
    return "no table of 256 entries within the function"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = problem(sys.argv[1])
    print(found or "one dense jump table of 256 entries")
    sys.exit(1 if found else 0)
