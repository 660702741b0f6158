"""The whole story by separate processes with separate wallets against one `cairn chain run`, with crashes on the way."""

import signal

import pytest

from parties import Chain, eventually, wallets

SEED = "11" * 32


@pytest.fixture
def set_up(party, tmp_path):
    """An initiator with contracts, a registered model and shards."""
    initiator = party("initiator")
    return initiator, *publish(initiator, tmp_path)


def publish(initiator, folder):
    """Deploys the contracts, registers the model and splits the data; returns the record's file and the shards' folder."""
    contracts, shards = folder / "contracts.json", folder / "shards"
    initiator.run("deploy", "--out", contracts)
    initiator.run("model", "register", "digits", "--seed", SEED)
    initiator.run("data", "split", "--holders", "3", "--seed", "22" * 32, "--out", shards)
    return contracts, shards


def post(initiator, *more):
    return initiator.json(
        "job", "post", "--model", "digits", "--rounds", "12", "--epochs", "1", "--min-holders", "2", "--max-holders", "3",
        "--seed", "33" * 32, *more)["job"]


def test_the_story_in_separate_processes(party, set_up, chain):
    initiator, contracts, shards = set_up
    posted = initiator.json(
        "job", "post", "--model", "digits", "--rounds", "3", "--epochs", "2", "--min-holders", "2", "--max-holders", "3")
    assert posted["job"] == 1
    holders = [party(f"holder{n}") for n in (1, 2, 3)]
    joined = [
        holder.start("join", 1, "--data", shards / f"shard-{n}.csv", "--contracts", contracts, "--json")
        for n, holder in enumerate(holders, 1)
    ]
    initiator.run("job", "run", 1, "--model", "digits")
    for process in joined:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    status = initiator.json("job", "show", 1)
    assert status["phase"] == "finished"
    stakes = 3 * 10**16
    assert int(status["paidWei"]) == int(posted["escrowWei"]) + stakes

    initiator.run("model", "terms", "digits", "--fee", "0.003ether")
    servers = [party(f"server{n}") for n in (1, 2, 3)]
    serving = [server.start("serve", "--contracts", contracts) for server in servers]
    consumer = party("consumer")
    answer = consumer.json("infer", "digits", "--input", shards / "held-out.csv", "--row", "5", "--contracts", contracts)
    for process in serving:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert len(answer["probabilities"]) == 10 and abs(sum(answer["probabilities"]) - 1) < 1e-5
    assert answer["feeWei"] == str(3 * 10**15)
    checked = consumer.json("verify", "--contracts", contracts)
    assert checked["sound"] and checked["jobs"] == 1 and checked["requests"] == 1

    # The chain ends cleanly, and its store is what was made.
    chain.stop()
    assert chain.cairn.json("chain", "verify")["fault"] is None


def test_killed_parties_and_a_killed_chain_go_on_to_the_same_model(program, tmp_path):
    """The same wallets, seeds, rows and order of joining, once with crashes and once without: one model, to the bit."""
    assert trained(program, tmp_path / "crashed", crashes=True) == trained(program, tmp_path / "calm", crashes=False)


def trained(program, folder, crashes):
    """Plays one job on a chain of its own; returns the content hash of the model that came of it."""
    folder.mkdir()
    chain = Chain(program, folder / "chain")
    try:
        party = wallets(program, folder, chain)
        initiator = party("initiator")
        contracts, shards = publish(initiator, folder)
        job = post(initiator)
        holders = [party(f"holder{n}") for n in (1, 2, 3)]

        def join(n):
            return holders[n].start("join", job, "--data", shards / f"shard-{n + 1}.csv", "--contracts", contracts)

        processes = []
        for n in range(3):
            processes.append(join(n))
            eventually(lambda: len(initiator.json("job", "show", job)["holders"]) == n + 1)
        runner = initiator.start("job", "run", job, "--model", "digits")
        if crashes:
            eventually(lambda: initiator.json("job", "show", job)["round"] >= 2)
            before = initiator.json("job", "show", job)
            assert before["phase"] == "running", "the job was over before anything could be killed"
            chain.kill()
            for process in processes + [runner]:
                process.kill()
                process.communicate()
            chain.start()
            after = initiator.json("job", "show", job)
            assert (after["round"], after["updates"]) >= (before["round"], before["updates"]), "an update was lost"
            processes = [join(n) for n in range(3)]
            runner = initiator.start("job", "run", job, "--model", "digits")
        for process in processes + [runner]:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
        assert initiator.json("verify", "--contracts", contracts)["sound"]
        return initiator.json("model", "show", "digits")["versions"][-1]["contentHash"]
    finally:
        chain.kill()


def test_ctrl_c_in_a_round_resumes(party, set_up):
    initiator, contracts, shards = set_up
    job = post(initiator)
    holders = [party(f"holder{n}") for n in (1, 2, 3)]
    words = [("join", job, "--data", shards / f"shard-{n}.csv", "--contracts", contracts) for n in (1, 2, 3)]
    others = [holder.start(*word) for holder, word in zip(holders[1:], words[1:])]
    first = holders[0].start(*words[0])
    runner = initiator.start("job", "run", job, "--model", "digits")
    eventually(lambda: initiator.json("job", "show", job)["round"] >= 1)
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=30)
    assert first.returncode == 130, err
    assert "run the same command again to go on where it stopped" in err
    holders[0].run(*words[0])
    for process in others + [runner]:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert initiator.json("job", "show", job)["phase"] == "finished"


def test_a_large_model_goes_by_content_hash(party, set_up, tmp_path):
    initiator, contracts, shards = set_up
    layers, blobs = "64,128,64,10", tmp_path / "blobs"
    shared = ["--contracts", contracts, "--blobs", blobs]
    aggregator = party("aggregator")
    address = aggregator.json("wallet", "list")["wallets"][0]["address"]
    registered = initiator.json("model", "register", "large", "--layers", layers, *shared)
    assert registered["parameters"] == 17226
    job = initiator.json(
        "job", "post", "--model", "large", "--layers", layers, "--rounds", "2", "--epochs", "1", "--min-holders", "2",
        "--max-holders", "2", "--aggregator", address, *shared)["job"]
    working = [aggregator.start("aggregate", job, *shared)]
    for n in (1, 2):
        holder = party(f"holder{n}")
        working.append(
            holder.start("join", job, "--data", shards / f"shard-{n}.csv", "--layers", layers, *shared))
    initiator.run("job", "run", job, "--model", "large", "--layers", layers, *shared)
    for process in working:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    file = tmp_path / "large.onnx"
    initiator.run("model", "get", "large", "--layers", layers, "--onnx", file, "--out", tmp_path / "large.bin", *shared)
    assert (tmp_path / "large.bin").stat().st_size == 4 * 17226
    out = tmp_path / "predictions.csv"
    initiator.run("predict", "--model", file, "--input", shards / "held-out.csv", "--out", out)
    assert len(out.read_text().splitlines()) == 180
    assert initiator.json("verify", "--layers", layers, *shared)["sound"]


def test_refusals_say_why(party, set_up, tmp_path):
    initiator, contracts, shards = set_up
    outsider = party("outsider")
    shard = shards / "shard-1.csv"

    def refused(cairn, *words, code, text):
        out, err = cairn.run(*words, code=code)
        assert text in err, err

    refused(outsider, "model", "deploy", "digits", "--contracts", contracts, code=1, text="not the model's owner")
    job = post(initiator, "--allow", "0x000000000000000000000000000000000000dEaD")
    refused(
        outsider, "join", job, "--data", shard, "--contracts", contracts, code=1, text="admits only named holders")
    refused(initiator, "job", "settle", job, code=1, text="job is not over")
    refused(initiator, "job", "settle", 99, code=1, text="job is unknown")

    lines = shard.read_text().splitlines()
    missing = tmp_path / "missing.csv"
    missing.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines))
    refused(outsider, "data", "check", missing, code=3, text="target")
    nan = tmp_path / "nan.csv"
    nan.write_text("\n".join([lines[0], lines[1], "nan" + lines[2][lines[2].index(","):]]))
    refused(outsider, "data", "check", nan, code=3, text="row 2")
    refused(outsider, "data", "check", tmp_path / "none.csv", code=3, text="none.csv")
    refused(outsider, "model", "show", "digits", code=3, text="run 'cairn deploy', or give --contracts")
    outsider.environment["CAIRN_CHAIN"] = "http://127.0.0.1:9"
    refused(outsider, "model", "show", "digits", code=4, text="127.0.0.1:9")
