"""TrainingJobs: the life of a job, every view, every refusal."""

import pytest
from deployed import Refused
from eth_abi import encode
from eth_utils import keccak
from world import (
    AGGREGATOR, HOLDERS, INITIATOR, OWNER, SPEC_FIELDS, STRANGER, World, fedavg, packed, unpacked,
)

ZERO = "0x" + "00" * 20
OPEN, RUNNING, TRAINED, FINISHED, FAILED = 1, 2, 3, 4, 5
DATA, COMPUTE, AGGREGATION, MODEL, STAKE, REFUND, FORFEIT = range(7)
VECTORS = [[1, 2, 3, -4], [50, -60, 70, 80], [900, 1000, -1100, 2**30]]


def refuses(reason):
    return pytest.raises(Refused, match=f"^{reason}$")


def named(events, name):
    return [event.args for event in events if event.name == name]


SPEC_TYPES = "(bytes32,bytes32,bytes32,bytes32," + "uint256," * 16 + "address,address[])"


def test_the_whole_life_of_a_job(chain):
    world = World(chain)
    jobs = world.jobs
    spec = world.spec()
    initial = packed([4, 3, 2, 1])
    assert jobs.view("requiredEscrow", spec) == 7 * 100 + 1001 * 2 * 3 + 503 * 2 + 9001
    created = jobs.send(INITIATOR, "createJob", spec, initial, value=jobs.view("requiredEscrow", spec))
    job = created.value
    assert job == jobs.view("jobCount") == 1
    (event,) = created.events
    assert event.args["specHash"] == keccak(encode([SPEC_TYPES], [spec]))
    assert event.args["contentHash"] == keccak(initial)
    assert jobs.view("spec", job)["maxRows"] == 100
    assert jobs.view("parameters", job) == initial
    world.terms = dict(zip(SPEC_FIELDS, spec))

    seed = keccak(job.to_bytes(32, "big") + keccak(text="job seed"))
    for n in range(3):
        (event,) = world.join(job, n).events
        assert event.args == {
            "jobId": job, "holder": HOLDERS[n].lower(), "dataId": n + 1, "rows": world.rows[n],
            "salt": keccak(text=f"salt {n}"),
        }
        seed = keccak(seed + keccak(text=f"salt {n}"))
    assert jobs.view("holders", job) == [holder.lower() for holder in HOLDERS[:3]]
    (event,) = jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000).events
    assert event.args == {"jobId": job, "aggregator": AGGREGATOR.lower()}
    assert jobs.view("jobSeed", job) == bytes(32)
    (event,) = jobs.send(STRANGER, "start", job).events
    assert event.args == {"jobId": job, "seed": seed, "deadline": chain.now + 600}
    assert jobs.view("jobSeed", job) == seed

    previous = initial
    for round in (1, 2):
        vectors = [[v * round for v in vector[:3]] + [0] for vector in VECTORS]
        assert jobs.view("parametersAt", job, round - 1) == previous
        for n, (holder, vector) in enumerate(zip(HOLDERS, vectors)):
            (event,) = jobs.send(holder, "submitUpdate", job, round, packed(vector)).events
            assert event.args == {
                "jobId": job, "round": round, "holder": holder.lower(), "contentHash": keccak(packed(vector)),
                "rows": world.rows[n],
            }
            assert jobs.view("updateOf", job, round, holder) == packed(vector)
            assert jobs.view("updateHash", job, round, holder) == keccak(packed(vector))
            assert jobs.view("holder", job, holder)["updates"] == round
        state = jobs.view("job", job)
        assert (state["round"], state["updates"], state["updateRows"]) == (round, 3, 60)
        closed = jobs.send(AGGREGATOR, "closeRound", job)
        previous = packed(fedavg(vectors, world.rows))
        assert named(closed.events, "RoundClosed") == [
            {"jobId": job, "round": round, "contentHash": keccak(previous), "updates": 3, "rows": 60}
        ]
        assert named(closed.events, "ModelTrained") == [{"version": round}]
        assert jobs.view("parameters", job) == previous
        assert jobs.view("roundHash", job, round) == keccak(previous)
        for address in HOLDERS[:2]:
            assert jobs.view("updateHash", job, round + 1, address) == bytes(32)
            assert jobs.view("updateOf", job, round + 1, address) == b""
    state = jobs.view("job", job)
    assert (state["state"], state["round"], state["aggregated"]) == (TRAINED, 2, 2)
    assert jobs.view("result", job) == {
        "finished": True, "program": world.program, "contentHash": keccak(previous), "size": 16, "whole": True
    }
    settled = jobs.send(STRANGER, "settle", job)
    assert named(settled.events, "JobFinished") == [{"jobId": job, "contentHash": keccak(previous)}]
    assert jobs.view("job", job)["state"] == FINISHED
    with refuses("job is settled"):
        jobs.send(STRANGER, "settle", job)
    assert unpacked(jobs.view("parametersAt", job, 2)) == unpacked(previous)


def test_a_job_by_content_hash(chain):
    world = World(chain)
    jobs = world.jobs
    job = world.started(rule=1, parameterCount=10**9)
    assert jobs.view("job", job)["contentHash"] == keccak(text="initial")
    assert jobs.view("parameters", job) == b""
    for round in (1, 2):
        for n, holder in enumerate(HOLDERS[:3]):
            with refuses("job takes content hashes"):
                jobs.send(holder, "submitUpdate", job, round, packed([1]))
            with refuses("content hash is empty"):
                jobs.send(holder, "commitUpdate", job, round, bytes(32))
            jobs.send(holder, "commitUpdate", job, round, keccak(text=f"{round} {n}"))
            with refuses("already submitted"):
                jobs.send(holder, "commitUpdate", job, round, keccak(text=f"{round} {n}"))
        with refuses("the aggregator posts this job's rounds"):
            jobs.send(AGGREGATOR, "closeRound", job)
        with refuses("not the aggregator"):
            jobs.send(STRANGER, "postAggregate", job, round, keccak(text="mean"))
        with refuses("round is over"):
            jobs.send(AGGREGATOR, "postAggregate", job, round - 1, keccak(text="mean"))
        with refuses("content hash is empty"):
            jobs.send(AGGREGATOR, "postAggregate", job, round, bytes(32))
        jobs.send(AGGREGATOR, "postAggregate", job, round, keccak(text=f"mean {round}"))
        assert jobs.view("roundHash", job, round) == keccak(text=f"mean {round}")
    assert jobs.view("result", job)["size"] == 4 * 10**9
    assert not jobs.view("result", job)["whole"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"modelId": keccak(text="unknown")}, "model is not registered"),
        ({"rule": 2}, "rule is unknown"),
        ({"rounds": 0}, "rounds are out of bounds"),
        ({"rounds": 10001}, "rounds are out of bounds"),
        ({"localEpochs": 0}, "local epochs are out of bounds"),
        ({"localEpochs": 10001}, "local epochs are out of bounds"),
        ({"minHolders": 0}, "holders are out of bounds"),
        ({"minHolders": 4}, "holders are out of bounds"),
        ({"maxHolders": 65}, "holders are out of bounds"),
        ({"maxRows": 0}, "rows are out of bounds"),
        ({"maxRows": 2**31 + 1}, "rows are out of bounds"),
        ({"scaleBits": 31}, "scale bits are out of bounds"),
        ({"parameterCount": 0}, "parameter count is out of bounds"),
        ({"parameterCount": 8193}, "parameter count is out of bounds"),
        ({"parameterCount": 2**255}, "parameter count is out of bounds"),
        ({"rule": 1, "parameterCount": 2**40 + 1}, "parameter count is out of bounds"),
        ({"parameterCount": 8192, "maxHolders": 17}, "too many holders for parameters on the chain"),
        ({"joinDeadline": 1}, "join deadline has passed"),
        ({"joinDeadline": 2**256 - 1}, "join deadline is out of bounds"),
        ({"roundSeconds": 0}, "round seconds are out of bounds"),
        ({"roundSeconds": 366 * 86400 + 1}, "round seconds are out of bounds"),
        *(
            ({name: 2**128}, "amount is out of bounds")
            for name in "alpha computeReward aggregatorReward modelReward holderStake aggregatorStake".split()
        ),
        ({"rule": 1, "aggregator": ZERO, "aggregatorReward": 0, "aggregatorStake": 0}, "aggregator is missing"),
        ({"aggregator": ZERO, "aggregatorReward": 0}, "aggregator is missing"),
        ({"aggregator": ZERO, "aggregatorStake": 0}, "aggregator is missing"),
    ],
)
def test_specifications_that_are_refused(revm, changes, reason):
    world = World(revm)
    with refuses(reason):
        world.jobs.view("requiredEscrow", world.spec(**changes))
    with refuses(reason):
        world.jobs.send(INITIATOR, "createJob", world.spec(**changes), b"", value=1)


def test_escrow_and_parameters_of_a_new_job(chain):
    world = World(chain)
    spec = world.spec()
    escrow = world.jobs.view("requiredEscrow", spec)
    good = packed([0] * 4)
    for parameters, value, reason in [
        (good, escrow - 1, "escrow is short"),
        (good, 0, "escrow is short"),
        (good, escrow + 1, "escrow is too large"),
        (good[:-1], escrow, "parameters have the wrong length"),
        (good + b"\0", escrow, "parameters have the wrong length"),
        (packed([0, 0, 0, 2**30 + 1]), escrow, "value out of range"),
    ]:
        with refuses(reason):
            world.jobs.send(INITIATOR, "createJob", spec, parameters, value=value)
    spec = world.spec(rule=1)
    for parameters, reason in [(b"", "content hash has the wrong length"), (bytes(32), "content hash is empty")]:
        with refuses(reason):
            world.jobs.send(INITIATOR, "createJob", spec, parameters, value=escrow)
    assert world.jobs.view("jobCount") == 0


def test_joining_is_refused(chain):
    world = World(chain, holders=5)
    job = world.create(allowed=HOLDERS[:4], maxRows=60)
    join = lambda n, data, **send: world.jobs.send(HOLDERS[n], "join", job, data, bytes(32), value=5000, **send)  # noqa: E731
    with refuses("stake is wrong"):
        world.join(job, 0, value=4999)
    with refuses("stake is wrong"):
        world.join(job, 0, value=5001)
    with refuses("not allowed to join"):
        world.join(job, 4)
    with refuses("not your data"):
        join(0, world.data_ids[1])
    with refuses("data set is unknown"):
        join(0, 99)
    world.data.send(HOLDERS[3], "revokeData", world.data_ids[3])
    with refuses("data was revoked"):
        world.join(job, 3)
    world.join(job, 0)
    with refuses("already joined"):
        world.join(job, 0)
    copied = world.data.send(HOLDERS[1], "commitData", keccak(text="root 0"), 3, bytes(32)).value
    with refuses("data is already in the job"):
        join(1, copied)
    wide = world.data.send(HOLDERS[1], "commitData", keccak(text="wide"), 51, bytes(32)).value
    with refuses("rows exceed the job's limit"):
        join(1, wide)
    world.join(job, 1)
    world.join(job, 2)
    more = world.data.send(HOLDERS[3], "commitData", keccak(text="more"), 1, bytes(32)).value
    with refuses("job is full"):
        join(3, more)
    with refuses("job is not open"):
        world.jobs.send(HOLDERS[0], "join", job + 1, 1, bytes(32), value=5000)
    late = world.create()
    chain.warp(world.terms["joinDeadline"])
    world.join(late, 0)
    chain.warp(world.terms["joinDeadline"] + 1)
    with refuses("join deadline has passed"):
        world.join(late, 1)


def test_accepting_aggregation_is_refused(chain):
    world = World(chain)
    job = world.create()
    accept = lambda sender=AGGREGATOR, value=8000: world.jobs.send(  # noqa: E731
        sender, "acceptAggregation", job, value=value
    )
    with refuses("not the aggregator"):
        accept(STRANGER)
    with refuses("stake is wrong"):
        accept(value=7999)
    accept()
    with refuses("already accepted"):
        accept()
    job = world.create()
    chain.warp(world.terms["joinDeadline"] + 1)
    with refuses("join deadline has passed"):
        accept()
    job = 99
    with refuses("job is not open"):
        accept()


def test_the_start(chain):
    world = World(chain)
    job = world.create()
    start = lambda: world.jobs.send(STRANGER, "start", job)  # noqa: E731
    world.join(job, 0)
    with refuses("join deadline is not over"):
        start()
    chain.warp(world.terms["joinDeadline"] + 1)
    with refuses("too few holders joined"):
        start()
    job = world.create()
    for n in range(3):
        world.join(job, n)
    with refuses("aggregation was not accepted"):
        start()
    world.jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000)
    start()
    with refuses("job is not open"):
        start()
    job = world.create()
    for n in range(2):
        world.join(job, n)
    world.jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000)
    chain.warp(world.terms["joinDeadline"] + 1)
    start()
    assert world.jobs.view("job", job)["deadline"] == chain.now + 600


def test_a_job_that_nobody_starts_in_time_is_paid_back(chain):
    world = World(chain)
    job = world.create()
    for n in range(3):
        world.join(job, n)
    world.jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000)
    chain.warp(world.terms["joinDeadline"] + 86400)
    with refuses("job is not over"):
        world.jobs.send(STRANGER, "settle", job)
    chain.warp(chain.now + 1)
    with refuses("time to start is over"):
        world.jobs.send(STRANGER, "start", job)
    settled = world.jobs.send(STRANGER, "settle", job)
    assert named(settled.events, "JobFailed") == [{"jobId": job, "round": 0, "reason": "nobody started the job"}]
    assert {(e["kind"], e["amount"]) for e in named(settled.events, "Paid")} == {
        (STAKE, 5000), (STAKE, 8000), (REFUND, world.escrow)
    }
    assert chain.balance(world.jobs.address) == 0


@pytest.mark.parametrize("aggregator", [AGGREGATOR, ZERO])
def test_a_round_that_nobody_closes_does_not_keep_the_money(chain, aggregator):
    """As where the mean of a round takes more gas than the chain's blocks hold; nor can a late closer open another round."""
    world = World(chain)
    free = {"aggregatorReward": 0, "aggregatorStake": 0} if aggregator == ZERO else {}
    job = world.started(aggregator=aggregator, **free)
    world.submit_all(job, 1, VECTORS[:2])
    world.late(job, 86400)
    with refuses("job is not over"):
        world.jobs.send(STRANGER, "settle", job)
    chain.warp(chain.now + 1)
    with refuses("time for the aggregate is over"):
        world.jobs.send(AGGREGATOR, "closeRound", job)
    settled = world.jobs.send(STRANGER, "settle", job)
    assert named(settled.events, "JobFailed") == [{"jobId": job, "round": 1, "reason": "nobody closed the round"}]
    paid = {}
    for event in named(settled.events, "Paid"):
        paid[event["kind"]] = paid.get(event["kind"], 0) + event["amount"]
    data = sum(7 * world.rows[n] // 2 for n in range(2))
    stakes = 3 * 5000 + world.terms["aggregatorStake"]
    assert paid == {DATA: data, COMPUTE: 2 * 1001, STAKE: stakes, REFUND: world.escrow - data - 2 * 1001}
    assert chain.balance(world.jobs.address) == 0
    with refuses("job is not running"):
        world.jobs.send(STRANGER, "closeRound", job)


def test_updates_are_refused(chain):
    world = World(chain)
    good = packed([1, 2, 3, 4])
    submit = lambda job, round=1, update=good, sender=HOLDERS[0]: world.jobs.send(  # noqa: E731
        sender, "submitUpdate", job, round, update
    )
    opened = world.create()
    with refuses("job has not started"):
        submit(opened)
    job = world.started()
    with refuses("not a member"):
        submit(job, sender=STRANGER)
    for update in (b"", good[:-1], good[:-4], good + bytes(4)):
        with refuses("update has the wrong length"):
            submit(job, update=update)
    with refuses("value out of range"):
        submit(job, update=packed([0, -(2**30) - 1, 0, 0]))
    with refuses("round is over"):
        submit(job, round=0)
    with refuses("round has not begun"):
        submit(job, round=2)
    with refuses("job takes whole updates"):
        world.jobs.send(HOLDERS[0], "commitUpdate", job, 1, keccak(good))
    submit(job)
    with refuses("already submitted"):
        submit(job)
    world.data.send(HOLDERS[1], "revokeData", world.data_ids[1])
    with refuses("data was revoked"):
        submit(job, sender=HOLDERS[1])
    world.late(job, 0)
    submit(job, sender=HOLDERS[2])
    world.late(job, 1)
    with refuses("round is over"):
        submit(job, sender=HOLDERS[1])
    with refuses("job averages whole updates"):
        world.jobs.send(AGGREGATOR, "postAggregate", job, 1, keccak(good))
    world.jobs.send(STRANGER, "closeRound", job)
    with refuses("round is over"):
        submit(job, round=1)
    world.late(job)
    world.jobs.send(STRANGER, "settle", job)
    with refuses("job is over"):
        submit(job, round=2)


def test_closing_a_round(chain):
    world = World(chain)
    job = world.started()
    close = lambda sender: world.jobs.send(sender, "closeRound", job)  # noqa: E731
    world.submit_all(job, 1, VECTORS[:2])
    with refuses("round is still open"):
        close(AGGREGATOR)
    world.jobs.send(HOLDERS[2], "submitUpdate", job, 1, packed(VECTORS[2]))
    with refuses("the aggregator closes before the deadline"):
        close(STRANGER)
    close(AGGREGATOR)
    assert world.jobs.view("job", job)["aggregated"] == 1
    world.submit_all(job, 2, VECTORS[:1])
    world.late(job)
    with refuses("too few updates"):
        close(AGGREGATOR)
    job = world.started()
    world.submit_all(job, 1, VECTORS[:2])
    world.late(job)
    close(STRANGER)
    assert world.jobs.view("job", job)["aggregated"] == 0
    assert unpacked(world.jobs.view("parameters", job)) == fedavg(VECTORS[:2], world.rows[:2])
    job = world.create()
    with refuses("job is not running"):
        close(AGGREGATOR)


def test_without_an_aggregator_anybody_closes(chain):
    world = World(chain)
    job = world.started(aggregator=ZERO, aggregatorReward=0, aggregatorStake=0)
    world.submit_all(job, 1, VECTORS)
    world.jobs.send(STRANGER, "closeRound", job)
    assert world.jobs.view("job", job)["round"] == 2


def test_an_aggregate_in_time_and_too_late(chain):
    world = World(chain)
    job = world.started(rule=1)
    for holder in HOLDERS[:2]:
        world.jobs.send(holder, "commitUpdate", job, 1, keccak(text=holder))
    post = lambda: world.jobs.send(AGGREGATOR, "postAggregate", job, 1, keccak(text="mean"))  # noqa: E731
    with refuses("round is still open"):
        post()
    world.late(job, 601)
    with refuses("time for the aggregate is over"):
        post()
    world.chain.warp(world.chain.now - 1)
    with refuses("job is not over"):
        world.jobs.send(STRANGER, "settle", job)
    post()


def test_settling_too_early(chain):
    world = World(chain)
    settle = lambda job: world.jobs.send(STRANGER, "settle", job)  # noqa: E731
    with refuses("job is unknown"):
        settle(1)
    job = world.create()
    with refuses("job is not over"):
        settle(job)
    job = world.started()
    with refuses("job is not over"):
        settle(job)
    world.submit_all(job, 1, VECTORS[:2])
    world.late(job)
    with refuses("job is not over"):
        settle(job)
    job = world.create()
    for n in range(2):
        world.join(job, n)
    world.jobs.send(AGGREGATOR, "acceptAggregation", job, value=8000)
    chain.warp(world.terms["joinDeadline"] + 1)
    with refuses("job is not over"):
        settle(job)


def test_views_of_what_is_not_there(chain):
    world = World(chain)
    for view in ("job", "spec", "parameters", "result"):
        with refuses("job is unknown"):
            world.jobs.view(view, 1)
    job = world.started()
    with refuses("round is not closed"):
        world.jobs.view("parametersAt", job, 1)
    assert world.jobs.view("roundHash", job, 1) == bytes(32)
    assert world.jobs.view("holder", job, OWNER)["dataId"] == 0
    assert world.jobs.view("registry") == world.models.address.lower()
    assert world.jobs.view("dataRegistry") == world.data.address.lower()
