"""ModelRegistry: named models, the model named "", adoption of jobs, and the calls that tutorials make."""

import pytest
from deployed import Deployed, Refused
from eth_utils import keccak
from puppet import built
from world import AGGREGATOR, OWNER, STRANGER, World, fedavg, packed

ZERO = "0x" + "00" * 20
UNNAMED = keccak(b"")


def fresh(chain):
    for address in (OWNER, STRANGER):
        chain.fund(address, 10**18)
    return Deployed.deploy(chain, "ModelRegistry", sender=OWNER)


def names(events):
    return [event.name for event in events]


def test_train_and_deploy_straight_after_deployment(chain):
    models = fresh(chain)
    assert models.view("owner") == OWNER.lower()
    assert models.view("modelVersion") == 0
    sent = models.send(OWNER, "trainModel")
    assert names(sent.events) == ["VersionAdded", "ModelTrained"]
    assert sent.events[1].args == {"version": 1}
    sent = models.send(OWNER, "deployModel")
    assert names(sent.events) == ["ModelDeployed", "VersionDeployed"]
    assert sent.events[0].args == {"version": 1}
    assert models.view("modelVersion") == 1
    assert models.view("deployedVersion", UNNAMED) == 1
    assert models.view("getModel", "") == b""


def test_the_unnamed_model_takes_parameters_and_predictions(chain):
    models = fresh(chain)
    models.send(OWNER, "set_model", b"first")
    assert models.view("get_model") == b"first"
    assert models.send(OWNER, "trainModel").value == 1
    models.send(OWNER, "set_model", b"second")
    assert models.view("getModel", "") == b"first"
    assert models.send(OWNER, "trainModel").value == 2
    assert models.view("getModel", "") == b"second"
    assert models.view("parameters", UNNAMED, 1) == b"first"
    assert models.send(OWNER, "submitModel", "", b"third").value == 3
    (event,) = models.send(OWNER, "set_predictions", b"0.9,0.1").events
    assert event.args == {"contentHash": keccak(b"0.9,0.1"), "size": 7}
    assert models.view("get_predictions") == b"0.9,0.1"


def test_anybody_asks_for_inference(chain):
    models = fresh(chain)
    for number in (1, 2):
        sent = models.send(STRANGER, "inferModel", b"input")
        assert sent.value == number == models.view("inferences")
        assert sent.events[0].args == {
            "number": number, "consumer": STRANGER.lower(), "version": 0, "input": b"input"
        }


def test_only_the_owner_acts_on_the_unnamed_model(chain):
    models = fresh(chain)
    for call in [
        ("set_model", b""), ("set_predictions", b""), ("trainModel",), ("deployModel",), ("submitModel", "", b""),
        ("deploy", "", 1), ("adoptJob", "", ZERO, 1),
    ]:
        with pytest.raises(Refused, match="^caller is not the model's owner$"):
            models.send(STRANGER, *call)
    with pytest.raises(Refused, match="^nothing to deploy$"):
        models.send(OWNER, "deployModel")
    with pytest.raises(Refused, match="^name is taken$"):
        models.send(OWNER, "registerModel", "", bytes(32), bytes(32), b"")


def test_a_name_belongs_to_whoever_took_it_first(chain):
    models = fresh(chain)
    sent = models.send(STRANGER, "submitModel", "mine", b"one")
    assert sent.value == 1
    assert names(sent.events) == ["ModelRegistered", "VersionAdded"]
    assert sent.events[0].args == {
        "modelId": keccak(text="mine"), "owner": STRANGER.lower(), "name": "mine", "program": bytes(32),
        "seed": bytes(32),
    }
    for call in [("submitModel", "mine", b""), ("deploy", "mine", 1), ("adoptJob", "mine", ZERO, 1)]:
        with pytest.raises(Refused, match="^caller is not the model's owner$"):
            models.send(OWNER, *call)
    with pytest.raises(Refused, match="^name is taken$"):
        models.send(OWNER, "registerModel", "mine", bytes(32), bytes(32), b"")
    assert models.send(STRANGER, "submitModel", "mine", b"two").value == 2
    assert models.view("getModel", "mine") == b"two"
    assert models.view("ownerOf", keccak(text="mine")) == STRANGER.lower()
    assert models.view("ownerOf", keccak(text="nobody's")) == ZERO


def test_names_have_a_limit(chain):
    models = fresh(chain)
    assert models.send(STRANGER, "submitModel", "n" * 64, b"").value == 1
    for call in [
        ("submitModel", "n" * 65, b""), ("registerModel", "n" * 1024, bytes(32), bytes(32), b""),
        ("registerLargeModel", "n" * 65, bytes(32), bytes(32), b"\1" * 32, 1),
    ]:
        with pytest.raises(Refused, match="^name is too long$"):
            models.send(STRANGER, *call)


def test_registration_with_program_and_seed(chain):
    models = fresh(chain)
    program, seed = keccak(text="p"), keccak(text="s")
    sent = models.send(STRANGER, "registerModel", "small", program, seed, b"w" * 40)
    assert sent.value == keccak(text="small")
    assert models.view("model", "small") == {
        "owner": STRANGER.lower(), "program": program, "seed": seed, "versions": 1, "deployed": 0
    }
    assert models.view("version", keccak(text="small"), 1) == {
        "contentHash": keccak(b"w" * 40), "size": 40, "whole": True, "jobs": ZERO, "jobId": 0
    }


def test_large_models_go_by_content_hash(chain):
    models = fresh(chain)
    content = keccak(text="gigabytes")
    for bad, reason in [((bytes(32), 5), "content hash is empty"), ((content, 0), "size is out of bounds")]:
        with pytest.raises(Refused, match=f"^{reason}$"):
            models.send(STRANGER, "registerLargeModel", "large", bytes(32), bytes(32), *bad)
    models.send(STRANGER, "registerLargeModel", "large", bytes(32), bytes(32), content, 2**33)
    assert models.view("version", keccak(text="large"), 1) == {
        "contentHash": content, "size": 2**33, "whole": False, "jobs": ZERO, "jobId": 0
    }
    with pytest.raises(Refused, match="^parameters are off the chain$"):
        models.view("getModel", "large")


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 24543, 24544, 24545, 32767, 32768])
def test_parameters_of_every_size_come_back(revm, size):
    models = fresh(revm)
    data = bytes(n * 7 % 251 for n in range(size))
    models.send(STRANGER, "submitModel", "sized", data)
    assert models.view("getModel", "sized") == data


def test_deployment(chain):
    models = fresh(chain)
    models.send(STRANGER, "submitModel", "m", b"1")
    models.send(STRANGER, "submitModel", "m", b"2")
    for version in (0, 3):
        with pytest.raises(Refused, match="^version is unknown$"):
            models.send(STRANGER, "deploy", "m", version)
        with pytest.raises(Refused, match="^version is unknown$"):
            models.view("version", keccak(text="m"), version)
        with pytest.raises(Refused, match="^version is unknown$"):
            models.view("parameters", keccak(text="m"), version)
    sent = models.send(STRANGER, "deploy", "m", 1)
    assert sent.events[0].args == {"version": 1}
    assert sent.events[1].args == {"modelId": keccak(text="m"), "version": 1, "contentHash": keccak(b"1")}
    assert models.view("deployedVersion", keccak(text="m")) == 1
    for call in [("getModel", "x"), ("model", "x"), ("deploy", "x", 1), ("adoptJob", "x", ZERO, 1)]:
        with pytest.raises(Refused, match="^model is not registered$"):
            models.send(STRANGER, *call)


def test_a_finished_job_is_adopted(chain):
    world = World(chain)
    job = world.started(rounds=1)
    vectors = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, -12]]
    world.submit_all(job, 1, vectors)
    with pytest.raises(Refused, match="^job is not finished$"):
        world.models.send(OWNER, "adoptJob", "digits", world.jobs.address, job)
    world.jobs.send(AGGREGATOR, "closeRound", job)
    sent = world.models.send(OWNER, "adoptJob", "digits", world.jobs.address, job)
    expected = packed(fedavg(vectors, world.rows))
    assert sent.value == 2
    assert names(sent.events) == ["VersionAdded", "ModelTrained"]
    assert sent.events[0].args == {
        "modelId": world.model_id, "version": 2, "contentHash": keccak(expected),
        "jobs": world.jobs.address.lower(), "jobId": job,
    }
    assert world.models.view("getModel", "digits") == expected
    world.models.send(STRANGER, "submitModel", "other", b"")
    with pytest.raises(Refused, match="^job trains another program$"):
        world.models.send(STRANGER, "adoptJob", "other", world.jobs.address, job)
    with pytest.raises(Refused, match="^jobs is no contract$"):
        world.models.send(OWNER, "adoptJob", "digits", STRANGER, job)
    with pytest.raises(Refused, match="^job is unknown$"):
        world.models.send(OWNER, "adoptJob", "digits", world.jobs.address, job + 1)


def test_a_contract_that_lies_about_its_job_is_not_believed(chain):
    world = World(chain)
    _, code = built("Liar")
    liar = chain.send(STRANGER, None, code + world.program)
    assert liar.ok
    with pytest.raises(Refused, match="^parameters differ from their hash$"):
        world.models.send(OWNER, "adoptJob", "digits", liar.created, 1)


def test_a_large_job_is_adopted_by_hash(chain):
    world = World(chain)
    job = world.started(rule=1, rounds=1, parameterCount=10**6)
    for n, holder in enumerate(world.holders):
        world.jobs.send(holder, "commitUpdate", job, 1, keccak(text=f"update {n}"))
    world.jobs.send(AGGREGATOR, "postAggregate", job, 1, keccak(text="mean"))
    world.models.send(OWNER, "adoptJob", "digits", world.jobs.address, job)
    assert world.models.view("version", world.model_id, 2) == {
        "contentHash": keccak(text="mean"), "size": 4 * 10**6, "whole": False,
        "jobs": world.jobs.address.lower(), "jobId": job,
    }
