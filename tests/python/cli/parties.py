"""The command line as scripts use it: each party a process of its own, with its own folder and wallet."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

MNEMONIC = "test test test test test test test test test test test junk"


class Cairn:
    """The binary, with the environment of one party."""

    def __init__(self, program, home, url=None, password="secret"):
        self.program, self.home = str(program), Path(home)
        self.environment = {
            "PATH": os.environ["PATH"], "CAIRN_HOME": str(home), "CAIRN_PASSWORD": password,
            **({"CAIRN_CHAIN": url} if url else {}),
        }

    def start(self, *words, **options):
        return subprocess.Popen(
            [self.program, *map(str, words)], env=self.environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *words, code=0, timeout=120):
        """Runs to the end; returns standard output and standard error."""
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == code, f"{words}: exit code {process.returncode}\n{out}\n{err}"
        return out, err

    def json(self, *words, **options):
        """The object that --json prints last."""
        out, _ = self.run(*words, "--json", **options)
        return json.loads(out.strip().splitlines()[-1])


class Chain:
    """`cairn chain run` on a free port, which can be killed and started again."""

    def __init__(self, program, home, *words):
        self.cairn = Cairn(program, home)
        self.port, self.words = 0, words
        self.start()

    def start(self):
        self.process = self.cairn.start("chain", "run", "--port", self.port, "--accounts", "12", *self.words)
        for line in self.process.stdout:
            found = re.search(r"listening on (http://127.0.0.1:(\d+))", line)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
                return
        raise AssertionError(self.process.stderr.read())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def wallets(program, folder, chain):
    """Makes parties, each with the next funded account of the development mnemonic as its wallet."""
    phrase = folder / "mnemonic"
    phrase.write_text(MNEMONIC)
    made = []

    def make(name):
        cairn = Cairn(program, folder / name, chain.url)
        cairn.environment["CAIRN_WALLET"] = name
        cairn.run("wallet", "import", name, "--mnemonic-file", phrase, "--index", len(made), "--light")
        made.append(cairn)
        return cairn

    return make


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
