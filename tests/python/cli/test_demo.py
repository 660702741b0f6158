"""`cairn demo`, as a newcomer and as a script run it."""

import socket

from parties import Cairn

FIELDS = {
    "accuracy", "centralAccuracy", "modelHash", "rounds", "escrowWei", "paidWei", "transactions", "gasUsed", "blocks",
    "bytes", "seconds", "tamperDetected", "report",
}


def demo(program, folder, *words):
    cairn = Cairn(program, folder / "home")
    return cairn.json("demo", "--port", "0", "--report", folder / "report.html", *words)


def test_the_demo_prints_what_scripts_need_and_draws_a_page(program, tmp_path):
    result = demo(program, tmp_path)
    assert FIELDS <= result.keys()
    assert result["accuracy"] >= 0.94 and result["accuracy"] >= result["centralAccuracy"] - 0.03
    assert result["paidWei"] == result["escrowWei"] and result["tamperDetected"] is True and result["rounds"] == 20
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 3 and "<script" not in page and "http://" not in page.replace("http://www.w3.org", "")


def test_one_seed_gives_one_model_on_any_number_of_threads(program, tmp_path):
    few = ["--rounds", "3", "--epochs", "1"]
    hashes = set()
    for name, threads in [("a", "1"), ("b", "2"), ("c", "1")]:
        (tmp_path / name).mkdir()
        hashes.add(demo(program, tmp_path / name, *few, "--threads", threads)["modelHash"])
    assert len(hashes) == 1
    (tmp_path / "d").mkdir()
    assert demo(program, tmp_path / "d", *few, "--seed", "2")["modelHash"] not in hashes


def test_a_taken_port_is_named(program, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, err = Cairn(program, tmp_path).run("demo", "--port", port, code=3)
    assert f"port {port}" in err and "choose another port" in err


def test_five_seeds_reach_the_accuracy_of_central_training(program, tmp_path):
    result = Cairn(program, tmp_path).json("bench", "accuracy", "--seeds", "5")
    assert len(result["seeds"]) == 5
    assert result["accuracy"] >= 0.94
    assert result["accuracy"] >= result["centralAccuracy"] - 0.03


def test_a_full_disk_is_named_and_loses_nothing(program, tmp_path):
    """A limit on file sizes stands in for a full disk: what was acknowledged before it stays readable."""
    cairn = Cairn(program, tmp_path / "home")
    process = cairn.start("demo", "--port", "0", "--report", tmp_path / "r.html", preexec_fn=limit_files)
    out, err = process.communicate(timeout=120)
    assert process.returncode in (3, 4), (process.returncode, err)
    assert "full" in err or "limit" in err, err


def limit_files():
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


def test_wrong_command_lines(program, tmp_path):
    cairn = Cairn(program, tmp_path)
    for words, text in [
        (["demo", "--rounds", "0"], "1 to 1000"), (["demo", "--port", "70000"], "0 to 65535"),
        (["demo", "--sed", "1"], "did you mean '--seed'?"), (["dmo"], "did you mean 'demo'?"),
        (["join"], "<id> is missing"),
    ]:
        _, err = cairn.run(*words, code=2)
        assert text in err
