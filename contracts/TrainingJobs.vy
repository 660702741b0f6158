# pragma version 0.4.3
# pragma evm-version prague
"""
@title TrainingJobs
@license Apache-2.0
@notice Federated training against a locked reward: who joins, what was delivered in each round, the mean of it
        (FedAvg, computed here for parameters of up to 32 kB), and who is paid.
@dev    A job is OPEN until `start`, RUNNING until its last round is closed, TRAINED until `settle` pays. Every
        deadline resolves by a call that anybody may make; nobody can seize, pause or redirect anything.
"""

from modules import blobs
from modules import fixedpoint
from modules import payments

initializes: payments
exports: (payments.withdraw, payments.creditOf)

MAX_BYTES: constant(uint256) = 32768
MAX_HOLDERS: constant(uint256) = 64
MAX_ROUNDS: constant(uint256) = 10000
MAX_ROWS: constant(uint256) = 2**31
MAX_SECONDS: constant(uint256) = 366 * 86400

# How long after its join deadline a job may start, and a round with rule 0 be closed after its own. Whoever came later might hope
# that holders have left, whose stakes fall to the initiator; and where a round's mean takes more gas than the chain's blocks hold,
# everybody's wei must come back.
GRACE: constant(uint256) = 86400

# Words of parameters times holders: what one `closeRound` can average within a transaction's gas.
MAX_WORK: constant(uint256) = 16384

# The states of a job.
OPEN: constant(uint256) = 1
RUNNING: constant(uint256) = 2
TRAINED: constant(uint256) = 3
FINISHED: constant(uint256) = 4
FAILED: constant(uint256) = 5

# The rules of aggregation.
FEDAVG_HERE: constant(uint256) = 0
FEDAVG_POSTED: constant(uint256) = 1

# What a payment is for.
DATA: constant(uint256) = 0
COMPUTE: constant(uint256) = 1
AGGREGATION: constant(uint256) = 2
MODEL: constant(uint256) = 3
STAKE: constant(uint256) = 4
REFUND: constant(uint256) = 5
FORFEIT: constant(uint256) = 6


struct JobSpec:
    # The model that the job trains; its owner earns `modelReward`.
    modelId: bytes32
    # Content hash of the program.
    program: bytes32
    # Content hash of the optimiser's text.
    optimiser: bytes32
    seed: bytes32
    parameterCount: uint256
    # A parameter is an integer over 2^scaleBits.
    scaleBits: uint256
    # 0: updates come whole and are averaged here. 1: updates and aggregates come by content hash.
    rule: uint256
    rounds: uint256
    localEpochs: uint256
    minHolders: uint256
    maxHolders: uint256
    # The most rows that all holders together may bring.
    maxRows: uint256
    # Seconds since 1970; joining ends with it.
    joinDeadline: uint256
    # Time for updates in a round; with rule 1 as much again for the aggregate.
    roundSeconds: uint256
    # Wei per row.
    alpha: uint256
    # Wei per accepted update.
    computeReward: uint256
    # Wei per round that the aggregator closes.
    aggregatorReward: uint256
    # Wei for the owner of the model when the job has finished.
    modelReward: uint256
    holderStake: uint256
    aggregatorStake: uint256
    # Zero with rule 0: anybody closes rounds, for nothing.
    aggregator: address
    # Who may join; empty for anybody.
    allowed: DynArray[address, MAX_HOLDERS]


struct Job:
    state: uint256
    initiator: address
    # keccak256 of the ABI encoding of the specification.
    specHash: bytes32
    # What the initiator locked.
    escrow: uint256
    # The round that takes updates, from 1; 0 before the start, `rounds` after the last.
    round: uint256
    # Seconds since 1970; updates of the round end with it.
    deadline: uint256
    # Updates accepted in the round, and their rows.
    updates: uint256
    updateRows: uint256
    # Rows of all holders.
    rows: uint256
    # The chain of seeds and salts; the job's seed once it has started.
    seed: bytes32
    # Whether the aggregator has accepted, and how many rounds it closed itself.
    accepted: bool
    aggregated: uint256
    # Content hash of the newest global parameters.
    contentHash: bytes32


struct Holder:
    # Zero where the address has not joined.
    dataId: uint256
    rows: uint256
    salt: bytes32
    # How many updates of the holder were accepted.
    updates: uint256


struct DataSet:
    holder: address
    root: bytes32
    rows: uint256
    schema: bytes32
    revoked: bool


struct JobResult:
    finished: bool
    program: bytes32
    contentHash: bytes32
    size: uint256
    whole: bool


interface Registry:
    def ownerOf(modelId: bytes32) -> address: view


interface Data:
    def dataSet(id: uint256) -> DataSet: view


event JobCreated:
    jobId: indexed(uint256)
    initiator: indexed(address)
    modelId: indexed(bytes32)
    specHash: bytes32
    contentHash: bytes32
    escrow: uint256


event Joined:
    jobId: indexed(uint256)
    holder: indexed(address)
    dataId: indexed(uint256)
    rows: uint256
    salt: bytes32


event AggregationAccepted:
    jobId: indexed(uint256)
    aggregator: indexed(address)


event JobStarted:
    jobId: indexed(uint256)
    seed: bytes32
    deadline: uint256


event UpdateAccepted:
    jobId: indexed(uint256)
    round: indexed(uint256)
    holder: indexed(address)
    contentHash: bytes32
    rows: uint256


event RoundClosed:
    jobId: indexed(uint256)
    round: indexed(uint256)
    contentHash: bytes32
    updates: uint256
    rows: uint256


event ModelTrained:
    version: uint256


event JobFinished:
    jobId: indexed(uint256)
    contentHash: bytes32


event JobFailed:
    jobId: indexed(uint256)
    round: uint256
    reason: String[32]


event Paid:
    jobId: indexed(uint256)
    party: indexed(address)
    kind: indexed(uint256)
    amount: uint256


# The registry whose models jobs train.
registry: public(immutable(address))
# The registry of the holders' data sets.
dataRegistry: public(immutable(address))

# How many jobs there are; the newest one's id.
jobCount: public(uint256)

_specs: HashMap[uint256, JobSpec]
_jobs: HashMap[uint256, Job]
_members: HashMap[uint256, DynArray[address, MAX_HOLDERS]]
_holders: HashMap[uint256, HashMap[address, Holder]]
_roots: HashMap[uint256, HashMap[bytes32, bool]]

# Job, round, holder: the update's content hash, and where it is kept.
_hashes: HashMap[uint256, HashMap[uint256, HashMap[address, bytes32]]]
_updates: HashMap[uint256, HashMap[uint256, HashMap[address, blobs.Blob]]]

# Job, round: the global parameters after it; round 0 has the initial ones.
_globals: HashMap[uint256, HashMap[uint256, blobs.Blob]]
_globalHashes: HashMap[uint256, HashMap[uint256, bytes32]]


@deploy
def __init__(models: address, dataSets: address):
    registry = models
    dataRegistry = dataSets


# ---------------------------------------------------------------- before the start


@external
@payable
@nonreentrant
def createJob(spec: JobSpec, initialParameters: Bytes[MAX_BYTES]) -> uint256:
    """
    @notice Locks the reward and fixes what the job is; returns its id, counted from 1.
    @param  initialParameters The int32 values with rule 0; their 32-byte content hash with rule 1.
    """
    self._check_spec(spec)
    required: uint256 = self._required(spec)
    assert msg.value >= required, "escrow is short"
    assert msg.value == required, "escrow is too large"
    id: uint256 = self.jobCount + 1
    self.jobCount = id
    contentHash: bytes32 = empty(bytes32)
    if spec.rule == FEDAVG_HERE:
        assert len(initialParameters) == 4 * spec.parameterCount, "parameters have the wrong length"
        assert fixedpoint._in_range(initialParameters), "value out of range"
        contentHash = keccak256(initialParameters)
        self._globals[id][0] = blobs._store(initialParameters)
    else:
        assert len(initialParameters) == 32, "content hash has the wrong length"
        contentHash = convert(slice(initialParameters, 0, 32), bytes32)
        assert contentHash != empty(bytes32), "content hash is empty"
    specHash: bytes32 = keccak256(abi_encode(spec))
    self._specs[id] = spec
    self._globalHashes[id][0] = contentHash
    job: Job = empty(Job)
    job.state = OPEN
    job.initiator = msg.sender
    job.specHash = specHash
    job.escrow = required
    job.seed = keccak256(concat(convert(id, bytes32), spec.seed))
    job.contentHash = contentHash
    self._jobs[id] = job
    log JobCreated(
        jobId=id,
        initiator=msg.sender,
        modelId=spec.modelId,
        specHash=specHash,
        contentHash=contentHash,
        escrow=required,
    )
    return id


@external
@payable
@nonreentrant
def join(jobId: uint256, dataId: uint256, salt: bytes32):
    """
    @notice Joins an open job with a data set of the sender's, and the stake.
    """
    assert self._jobs[jobId].state == OPEN, "job is not open"
    assert block.timestamp <= self._specs[jobId].joinDeadline, "join deadline has passed"
    assert self._holders[jobId][msg.sender].dataId == 0, "already joined"
    assert len(self._members[jobId]) < self._specs[jobId].maxHolders, "job is full"
    allowed: DynArray[address, MAX_HOLDERS] = self._specs[jobId].allowed
    assert len(allowed) == 0 or msg.sender in allowed, "not allowed to join"
    assert msg.value == self._specs[jobId].holderStake, "stake is wrong"
    data: DataSet = staticcall Data(dataRegistry).dataSet(dataId)
    assert data.holder == msg.sender, "not your data"
    assert not data.revoked, "data was revoked"
    assert not self._roots[jobId][data.root], "data is already in the job"
    rows: uint256 = self._jobs[jobId].rows + data.rows
    assert rows <= self._specs[jobId].maxRows, "rows exceed the job's limit"
    self._roots[jobId][data.root] = True
    self._jobs[jobId].rows = rows
    self._jobs[jobId].seed = keccak256(concat(self._jobs[jobId].seed, salt))
    self._members[jobId].append(msg.sender)
    self._holders[jobId][msg.sender] = Holder(dataId=dataId, rows=data.rows, salt=salt, updates=0)
    log Joined(jobId=jobId, holder=msg.sender, dataId=dataId, rows=data.rows, salt=salt)


@external
@payable
@nonreentrant
def acceptAggregation(jobId: uint256):
    """
    @notice The aggregator's yes, with its stake.
    """
    assert self._jobs[jobId].state == OPEN, "job is not open"
    assert block.timestamp <= self._specs[jobId].joinDeadline, "join deadline has passed"
    assert msg.sender == self._specs[jobId].aggregator, "not the aggregator"
    assert not self._jobs[jobId].accepted, "already accepted"
    assert msg.value == self._specs[jobId].aggregatorStake, "stake is wrong"
    self._jobs[jobId].accepted = True
    log AggregationAccepted(jobId=jobId, aggregator=msg.sender)


@external
@nonreentrant
def start(jobId: uint256):
    """
    @notice Starts round 1, by anybody, once the job is full, or its join deadline has passed with enough holders, until a
            day after it.
    """
    assert self._jobs[jobId].state == OPEN, "job is not open"
    assert not self._is_stale(jobId), "time to start is over"
    count: uint256 = len(self._members[jobId])
    if block.timestamp <= self._specs[jobId].joinDeadline:
        assert count == self._specs[jobId].maxHolders, "join deadline is not over"
    assert count >= self._specs[jobId].minHolders, "too few holders joined"
    assert self._manned(jobId), "aggregation was not accepted"
    deadline: uint256 = block.timestamp + self._specs[jobId].roundSeconds
    self._jobs[jobId].state = RUNNING
    self._jobs[jobId].round = 1
    self._jobs[jobId].deadline = deadline
    log JobStarted(jobId=jobId, seed=self._jobs[jobId].seed, deadline=deadline)


# ---------------------------------------------------------------- rounds


@external
@nonreentrant
def submitUpdate(jobId: uint256, round: uint256, update: Bytes[MAX_BYTES]):
    """
    @notice A holder's parameters after its local epochs, whole (rule 0).
    """
    assert self._specs[jobId].rule == FEDAVG_HERE, "job takes content hashes"
    self._check_turn(jobId, round)
    assert len(update) == 4 * self._specs[jobId].parameterCount, "update has the wrong length"
    assert fixedpoint._in_range(update), "value out of range"
    self._updates[jobId][round][msg.sender] = blobs._store(update)
    self._accept_update(jobId, round, keccak256(update))


@external
@nonreentrant
def commitUpdate(jobId: uint256, round: uint256, contentHash: bytes32):
    """
    @notice A holder's parameters after its local epochs, by content hash (rule 1).
    """
    assert self._specs[jobId].rule == FEDAVG_POSTED, "job takes whole updates"
    self._check_turn(jobId, round)
    assert contentHash != empty(bytes32), "content hash is empty"
    self._accept_update(jobId, round, contentHash)


@external
@nonreentrant
def closeRound(jobId: uint256):
    """
    @notice Averages the round's updates (rule 0). Before the deadline all updates must be there, and it is for the
            aggregator where there is one; after it anybody closes a round with enough updates, for a day.
    """
    assert self._specs[jobId].rule == FEDAVG_HERE, "the aggregator posts this job's rounds"
    by_aggregator: bool = msg.sender == self._specs[jobId].aggregator
    unmanned: bool = self._specs[jobId].aggregator == empty(address)
    self._check_closing(jobId, by_aggregator or unmanned)
    round: uint256 = self._jobs[jobId].round
    parts: DynArray[fixedpoint.Part, MAX_HOLDERS] = []
    for party: address in self._members[jobId]:
        if self._hashes[jobId][round][party] != empty(bytes32):
            parts.append(
                fixedpoint.Part(blob=self._updates[jobId][round][party], rows=self._holders[jobId][party].rows)
            )
    parameters: Bytes[MAX_BYTES] = fixedpoint._mean(parts, 4 * self._specs[jobId].parameterCount)
    self._globals[jobId][round] = blobs._store(parameters)
    self._close(jobId, round, keccak256(parameters), by_aggregator)


@external
@nonreentrant
def postAggregate(jobId: uint256, round: uint256, contentHash: bytes32):
    """
    @notice The aggregator's mean of the round's updates, by content hash (rule 1); until twice the round's time.
    """
    assert self._specs[jobId].rule == FEDAVG_POSTED, "job averages whole updates"
    assert msg.sender == self._specs[jobId].aggregator, "not the aggregator"
    self._check_closing(jobId, True)
    assert round == self._jobs[jobId].round, "round is over"
    assert contentHash != empty(bytes32), "content hash is empty"
    self._close(jobId, round, contentHash, True)


# ---------------------------------------------------------------- payment


@external
@nonreentrant
def settle(jobId: uint256):
    """
    @notice Pays everybody, by anybody: after the last round, or after a deadline that killed the job.
    """
    state: uint256 = self._jobs[jobId].state
    assert state != 0, "job is unknown"
    assert state < FINISHED, "job is settled"
    if state == TRAINED:
        self._jobs[jobId].state = FINISHED
        log JobFinished(jobId=jobId, contentHash=self._jobs[jobId].contentHash)
        self._pay_out(jobId, True, False, False)
        return
    reason: String[32] = ""
    absent_forfeit: bool = False
    late_aggregator: bool = False
    if state == OPEN:
        assert block.timestamp > self._specs[jobId].joinDeadline, "job is not over"
        if len(self._members[jobId]) < self._specs[jobId].minHolders:
            reason = "too few holders joined"
        elif not self._manned(jobId):
            reason = "aggregation was not accepted"
        else:
            assert self._is_stale(jobId), "job is not over"
            reason = "nobody started the job"
    else:
        assert block.timestamp > self._jobs[jobId].deadline, "job is not over"
        if self._jobs[jobId].updates < self._specs[jobId].minHolders:
            reason = "too few updates"
            absent_forfeit = True
        else:
            assert self._is_abandoned(jobId), "job is not over"
            # With rule 0 anybody could have closed the round, so that nobody is to blame.
            late_aggregator = self._specs[jobId].rule == FEDAVG_POSTED
            reason = "aggregate was not posted" if late_aggregator else "nobody closed the round"
    self._jobs[jobId].state = FAILED
    log JobFailed(jobId=jobId, round=self._jobs[jobId].round, reason=reason)
    self._pay_out(jobId, False, absent_forfeit, late_aggregator)


# ---------------------------------------------------------------- views


@external
@view
def spec(jobId: uint256) -> JobSpec:
    """
    @notice What the job was created with.
    """
    self._check_known(jobId)
    return self._specs[jobId]


@external
@view
def job(jobId: uint256) -> Job:
    """
    @notice Where the job stands.
    """
    self._check_known(jobId)
    return self._jobs[jobId]


@external
@view
def holder(jobId: uint256, party: address) -> Holder:
    """
    @notice A holder's record; all zero where the address has not joined.
    """
    return self._holders[jobId][party]


@external
@view
def holders(jobId: uint256) -> DynArray[address, MAX_HOLDERS]:
    """
    @notice The holders in the order in which they joined.
    """
    return self._members[jobId]


@external
@view
def parameters(jobId: uint256) -> Bytes[MAX_BYTES]:
    """
    @notice The newest global parameters (rule 0).
    """
    self._check_known(jobId)
    round: uint256 = self._jobs[jobId].round
    if self._globalHashes[jobId][round] == empty(bytes32):
        round -= 1
    return blobs._load(self._globals[jobId][round])


@external
@view
def parametersAt(jobId: uint256, round: uint256) -> Bytes[MAX_BYTES]:
    """
    @notice The global parameters after a round (rule 0); round 0 gives the initial ones.
    """
    assert self._globalHashes[jobId][round] != empty(bytes32), "round is not closed"
    return blobs._load(self._globals[jobId][round])


@external
@view
def updateOf(jobId: uint256, round: uint256, party: address) -> Bytes[MAX_BYTES]:
    """
    @notice A holder's update of a round (rule 0); empty where there is none.
    """
    return blobs._load(self._updates[jobId][round][party])


@external
@view
def updateHash(jobId: uint256, round: uint256, party: address) -> bytes32:
    """
    @notice The content hash of a holder's update of a round; zero where there is none.
    """
    return self._hashes[jobId][round][party]


@external
@view
def roundHash(jobId: uint256, round: uint256) -> bytes32:
    """
    @notice The content hash of the global parameters after a round; zero where it is not closed.
    """
    return self._globalHashes[jobId][round]


@external
@view
def jobSeed(jobId: uint256) -> bytes32:
    """
    @notice The seed of all the job's randomness; zero before the start.
    """
    if self._jobs[jobId].round == 0:
        return empty(bytes32)
    return self._jobs[jobId].seed


@external
@view
def result(jobId: uint256) -> JobResult:
    """
    @notice What the job has made, for whoever adopts it.
    """
    self._check_known(jobId)
    state: uint256 = self._jobs[jobId].state
    return JobResult(
        finished=state == TRAINED or state == FINISHED,
        program=self._specs[jobId].program,
        contentHash=self._jobs[jobId].contentHash,
        size=4 * self._specs[jobId].parameterCount,
        whole=self._specs[jobId].rule == FEDAVG_HERE,
    )


@external
@view
def requiredEscrow(spec: JobSpec) -> uint256:
    """
    @notice The wei that `createJob` wants with the specification; refuses one that it would refuse.
    """
    self._check_spec(spec)
    return self._required(spec)


# ---------------------------------------------------------------- inside


@internal
@view
def _check_known(jobId: uint256):
    assert self._jobs[jobId].state != 0, "job is unknown"


@internal
@view
def _check_spec(spec: JobSpec):
    assert staticcall Registry(registry).ownerOf(spec.modelId) != empty(address), "model is not registered"
    assert spec.rule <= FEDAVG_POSTED, "rule is unknown"
    assert spec.rounds > 0 and spec.rounds <= MAX_ROUNDS, "rounds are out of bounds"
    assert spec.localEpochs > 0 and spec.localEpochs <= MAX_ROUNDS, "local epochs are out of bounds"
    assert spec.minHolders > 0 and spec.minHolders <= spec.maxHolders, "holders are out of bounds"
    assert spec.maxHolders <= MAX_HOLDERS, "holders are out of bounds"
    assert spec.maxRows > 0 and spec.maxRows <= MAX_ROWS, "rows are out of bounds"
    assert spec.scaleBits <= 30, "scale bits are out of bounds"
    assert spec.parameterCount > 0 and spec.parameterCount <= 2**40, "parameter count is out of bounds"
    if spec.rule == FEDAVG_HERE:
        assert 4 * spec.parameterCount <= MAX_BYTES, "parameter count is out of bounds"
        words: uint256 = (spec.parameterCount + 7) // 8
        assert words * spec.maxHolders <= MAX_WORK, "too many holders for parameters on the chain"
    assert spec.joinDeadline >= block.timestamp, "join deadline has passed"
    assert spec.joinDeadline <= block.timestamp + MAX_SECONDS, "join deadline is out of bounds"
    assert spec.roundSeconds > 0 and spec.roundSeconds <= MAX_SECONDS, "round seconds are out of bounds"
    largest: uint256 = max(
        max(max(spec.alpha, spec.computeReward), max(spec.aggregatorReward, spec.modelReward)),
        max(spec.holderStake, spec.aggregatorStake),
    )
    assert largest < 2**128, "amount is out of bounds"
    if spec.aggregator == empty(address):
        assert spec.rule == FEDAVG_HERE, "aggregator is missing"
        assert spec.aggregatorReward == 0 and spec.aggregatorStake == 0, "aggregator is missing"


@internal
@pure
def _required(spec: JobSpec) -> uint256:
    return (
        spec.alpha * spec.maxRows
        + spec.computeReward * spec.rounds * spec.maxHolders
        + spec.aggregatorReward * spec.rounds
        + spec.modelReward
    )


@internal
@view
def _manned(jobId: uint256) -> bool:
    """
    @notice Whether the job's aggregator has accepted, or it has none.
    """
    return self._jobs[jobId].accepted or self._specs[jobId].aggregator == empty(address)


@internal
@view
def _is_abandoned(jobId: uint256) -> bool:
    """
    @notice Whether the time for the round's aggregate is over: to post it (rule 1), or to close the round (rule 0).
    """
    time: uint256 = GRACE
    if self._specs[jobId].rule == FEDAVG_POSTED:
        time = self._specs[jobId].roundSeconds
    return block.timestamp > self._jobs[jobId].deadline + time


@internal
@view
def _is_stale(jobId: uint256) -> bool:
    """
    @notice Whether a job that is open can no longer start.
    """
    return block.timestamp > self._specs[jobId].joinDeadline + GRACE


@internal
@view
def _check_turn(jobId: uint256, round: uint256):
    """
    @notice Refuses an update that is not the sender's to give now.
    """
    assert self._jobs[jobId].state != OPEN, "job has not started"
    assert self._jobs[jobId].state == RUNNING, "job is over"
    dataId: uint256 = self._holders[jobId][msg.sender].dataId
    assert dataId != 0, "not a member"
    current: uint256 = self._jobs[jobId].round
    assert round <= current, "round has not begun"
    assert round == current, "round is over"
    assert self._hashes[jobId][round][msg.sender] == empty(bytes32), "already submitted"
    assert block.timestamp <= self._jobs[jobId].deadline, "round is over"
    assert not (staticcall Data(dataRegistry).dataSet(dataId)).revoked, "data was revoked"


@internal
def _accept_update(jobId: uint256, round: uint256, contentHash: bytes32):
    rows: uint256 = self._holders[jobId][msg.sender].rows
    self._hashes[jobId][round][msg.sender] = contentHash
    self._holders[jobId][msg.sender].updates += 1
    self._jobs[jobId].updates += 1
    self._jobs[jobId].updateRows += rows
    log UpdateAccepted(jobId=jobId, round=round, holder=msg.sender, contentHash=contentHash, rows=rows)


@internal
@view
def _check_closing(jobId: uint256, entitled: bool):
    """
    @notice Refuses to close a round that is still open.
    @param  entitled Whether the sender may close it before the deadline.
    """
    assert self._jobs[jobId].state == RUNNING, "job is not running"
    if block.timestamp <= self._jobs[jobId].deadline:
        assert self._jobs[jobId].updates == len(self._members[jobId]), "round is still open"
        assert entitled, "the aggregator closes before the deadline"
    assert self._jobs[jobId].updates >= self._specs[jobId].minHolders, "too few updates"
    assert not self._is_abandoned(jobId), "time for the aggregate is over"


@internal
def _close(jobId: uint256, round: uint256, contentHash: bytes32, by_aggregator: bool):
    """
    @notice Ends the round, and opens the next one where there is one.
    """
    self._globalHashes[jobId][round] = contentHash
    self._jobs[jobId].contentHash = contentHash
    if by_aggregator:
        self._jobs[jobId].aggregated += 1
    log RoundClosed(
        jobId=jobId,
        round=round,
        contentHash=contentHash,
        updates=self._jobs[jobId].updates,
        rows=self._jobs[jobId].updateRows,
    )
    log ModelTrained(version=round)
    if round == self._specs[jobId].rounds:
        self._jobs[jobId].state = TRAINED
    else:
        self._jobs[jobId].round = round + 1
        self._jobs[jobId].updates = 0
        self._jobs[jobId].updateRows = 0
        self._jobs[jobId].deadline = block.timestamp + self._specs[jobId].roundSeconds


@internal
def _pay_out(jobId: uint256, finished: bool, absent_forfeit: bool, aggregator_forfeits: bool):
    """
    @notice Pays all parties of a job whose end is recorded; what goes out is the escrow and all stakes to the wei.
    @param  absent_forfeit Whether holders without an update in the current round lose their stakes.
    """
    initiator: address = self._jobs[jobId].initiator
    rounds: uint256 = self._specs[jobId].rounds
    round: uint256 = self._jobs[jobId].round
    rest: uint256 = self._jobs[jobId].escrow
    forfeit: uint256 = 0

    for party: address in self._members[jobId]:
        member: Holder = self._holders[jobId][party]
        data: uint256 = self._specs[jobId].alpha * member.rows * member.updates // rounds
        compute: uint256 = self._specs[jobId].computeReward * member.updates
        stake: uint256 = self._specs[jobId].holderStake
        rest -= data + compute
        if absent_forfeit and self._hashes[jobId][round][party] == empty(bytes32):
            forfeit += stake
            stake = 0
        self._note(jobId, party, DATA, data)
        self._note(jobId, party, COMPUTE, compute)
        self._note(jobId, party, STAKE, stake)
        payments._pay(party, data + compute + stake)

    if self._jobs[jobId].accepted:
        aggregator: address = self._specs[jobId].aggregator
        reward: uint256 = self._specs[jobId].aggregatorReward * self._jobs[jobId].aggregated
        stake: uint256 = self._specs[jobId].aggregatorStake
        rest -= reward
        if aggregator_forfeits:
            forfeit += stake
            stake = 0
        self._note(jobId, aggregator, AGGREGATION, reward)
        self._note(jobId, aggregator, STAKE, stake)
        payments._pay(aggregator, reward + stake)

    if finished:
        owner: address = staticcall Registry(registry).ownerOf(self._specs[jobId].modelId)
        reward: uint256 = self._specs[jobId].modelReward
        rest -= reward
        self._note(jobId, owner, MODEL, reward)
        payments._pay(owner, reward)

    self._note(jobId, initiator, REFUND, rest)
    self._note(jobId, initiator, FORFEIT, forfeit)
    payments._pay(initiator, rest + forfeit)


@internal
def _note(jobId: uint256, party: address, kind: uint256, amount: uint256):
    if amount > 0:
        log Paid(jobId=jobId, party=party, kind=kind, amount=amount)
