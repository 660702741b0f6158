"""Shared by the generators: a seeded source and one way to write JSON."""
import json
import os
import random

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def rng(seed):
    return random.Random(seed)


def hexed(value):
    return "0x" + bytes(value).hex()


def save(name, value):
    with open(os.path.join(DATA, name + ".json"), "w") as out:
        json.dump(value, out, indent=0, separators=(",", ":"))
        out.write("\n")
