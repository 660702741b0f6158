# pragma version 0.4.3
# pragma evm-version prague
"""
@title InferenceMarket
@license Apache-2.0
@notice Paid predictions by several servers: each commits to its result before it sees another's, then reveals. What
        a strict majority of the wanted number of servers says, byte for byte, is the result; it is stored, emitted
        and paid. Without a majority the consumer has its fee back.
@dev    A commitment is keccak256(requestId || server || salt || result). While a request is open, each server that
        committed has a bond of the request's fee bound in its stake; one that does not reveal loses it to the
        consumer. A server that reveals another result than the majority's earns nothing and loses nothing.
"""

from modules import blobs
from modules import payments

initializes: payments
exports: (payments.withdraw, payments.creditOf)

MAX_BYTES: constant(uint256) = 32768
MAX_SERVERS: constant(uint256) = 16

# The longest that a request may bind anybody's wei by each of its two times, and the least time to reveal: with less, a consumer
# could ask, let the time to commit run out, and take the bonds of servers whom no block let reveal.
MAX_SECONDS: constant(uint256) = 30 * 86400
MIN_REVEAL: constant(uint256) = 60
WHOLE: constant(uint256) = 10000

# The states of a request.
OPEN: constant(uint256) = 1
DELIVERED: constant(uint256) = 2
FAILED: constant(uint256) = 3

# What a payment is for.
OWNER: constant(uint256) = 0
SERVER: constant(uint256) = 1
REFUND: constant(uint256) = 2
FORFEIT: constant(uint256) = 3


struct Server:
    registered: bool
    # Wei that the server has here.
    stake: uint256
    # Wei of it that stand bond for open requests.
    bound: uint256


struct Terms:
    # Wei, at least, per request.
    fee: uint256
    # The model owner's part of the fee, in ten-thousandths.
    ownerShareBps: uint256
    # Whether only consumers that the owner allowed may ask.
    restricted: bool


struct Request:
    status: uint256
    modelId: bytes32
    version: uint256
    consumer: address
    # The model's owner and its share when the request was made.
    owner: address
    ownerShareBps: uint256
    # Content hash of the input.
    inputHash: bytes32
    # Wei that the consumer locked.
    fee: uint256
    # How many servers are wanted; a strict majority of them must agree.
    servers: uint256
    # Seconds since 1970.
    commitDeadline: uint256
    revealDeadline: uint256
    reveals: uint256
    # Content hash of the result; zero where there is none.
    resultHash: bytes32


interface Registry:
    def ownerOf(modelId: bytes32) -> address: view
    def deployedVersion(modelId: bytes32) -> uint256: view


event ServerRegistered:
    server: indexed(address)
    stake: uint256


event ServerWithdrawn:
    server: indexed(address)
    amount: uint256


event TermsSet:
    modelId: indexed(bytes32)
    fee: uint256
    ownerShareBps: uint256
    restricted: bool


event ConsumerAllowed:
    modelId: indexed(bytes32)
    consumer: indexed(address)
    allowed: bool


event InferenceRequested:
    id: indexed(uint256)
    modelId: indexed(bytes32)
    consumer: indexed(address)
    version: uint256
    fee: uint256
    input: Bytes[MAX_BYTES]


event Committed:
    id: indexed(uint256)
    server: indexed(address)
    commitment: bytes32


event Revealed:
    id: indexed(uint256)
    server: indexed(address)
    resultHash: bytes32


event InferenceDelivered:
    id: indexed(uint256)
    resultHash: indexed(bytes32)
    result: Bytes[MAX_BYTES]


event InferenceFailed:
    id: indexed(uint256)
    commits: uint256
    reveals: uint256


event FeePaid:
    id: indexed(uint256)
    party: indexed(address)
    kind: indexed(uint256)
    amount: uint256


# The registry whose models answer.
registry: public(immutable(address))

# How many requests there are; the newest one's id.
requestCount: public(uint256)

_servers: HashMap[address, Server]
_terms: HashMap[bytes32, Terms]
_allowed: HashMap[bytes32, HashMap[address, bool]]
_requests: HashMap[uint256, Request]
_welcome: HashMap[uint256, DynArray[address, MAX_SERVERS]]
_committed: HashMap[uint256, DynArray[address, MAX_SERVERS]]
_commitments: HashMap[uint256, HashMap[address, bytes32]]
_revealed: HashMap[uint256, HashMap[address, bytes32]]
_results: HashMap[uint256, HashMap[bytes32, blobs.Blob]]


@deploy
def __init__(models: address):
    registry = models


# ---------------------------------------------------------------- servers


@external
@payable
@nonreentrant
def registerServer():
    """
    @notice Adds to the sender's stake; the first time it makes the sender a server.
    """
    assert msg.value > 0, "stake is wrong"
    self._servers[msg.sender].registered = True
    self._servers[msg.sender].stake += msg.value
    log ServerRegistered(server=msg.sender, stake=self._servers[msg.sender].stake)


@external
@nonreentrant
def withdrawServer():
    """
    @notice Pays back what of the stake does not stand bond; where nothing does, that ends the registration.
    """
    assert self._servers[msg.sender].registered, "server is not registered"
    bound: uint256 = self._servers[msg.sender].bound
    amount: uint256 = self._servers[msg.sender].stake - bound
    assert amount > 0 or bound == 0, "stake is bound to open requests"
    self._servers[msg.sender] = Server(registered=bound > 0, stake=bound, bound=bound)
    log ServerWithdrawn(server=msg.sender, amount=amount)
    payments._pay(msg.sender, amount)


# ---------------------------------------------------------------- terms


@external
def setTerms(modelId: bytes32, fee: uint256, ownerShareBps: uint256, restricted: bool):
    """
    @notice What the model's owner asks for; open requests keep the terms they were made under.
    """
    self._check_owner(modelId)
    assert ownerShareBps <= WHOLE, "share is out of bounds"
    assert fee < 2**128, "amount is out of bounds"
    self._terms[modelId] = Terms(fee=fee, ownerShareBps=ownerShareBps, restricted=restricted)
    log TermsSet(modelId=modelId, fee=fee, ownerShareBps=ownerShareBps, restricted=restricted)


@external
def setAllowed(modelId: bytes32, consumer: address, allowed: bool):
    """
    @notice Lets a consumer ask a restricted model, or no longer.
    """
    self._check_owner(modelId)
    self._allowed[modelId][consumer] = allowed
    log ConsumerAllowed(modelId=modelId, consumer=consumer, allowed=allowed)


# ---------------------------------------------------------------- requests


@external
@payable
@nonreentrant
def request(
    modelId: bytes32,
    version: uint256,
    input: Bytes[MAX_BYTES],
    servers: uint256,
    serverAllowList: DynArray[address, MAX_SERVERS],
    commitSeconds: uint256,
    revealSeconds: uint256,
) -> uint256:
    """
    @notice Asks for a prediction and locks the fee; returns the request's id, counted from 1.
    @param  version Must be the one that serves now.
    @param  servers How many answers are wanted.
    @param  serverAllowList Who may answer; empty for every registered server.
    """
    owner: address = staticcall Registry(registry).ownerOf(modelId)
    assert owner != empty(address), "model is not registered"
    assert version > 0, "version is not deployed"
    assert staticcall Registry(registry).deployedVersion(modelId) == version, "version is not deployed"
    terms: Terms = self._terms[modelId]
    assert msg.value >= terms.fee, "fee is too low"
    assert msg.value < 2**128, "amount is out of bounds"
    assert not terms.restricted or self._allowed[modelId][msg.sender], "consumer is not allowed"
    assert servers > 0 and servers <= MAX_SERVERS, "servers are out of bounds"
    assert len(serverAllowList) == 0 or len(serverAllowList) >= servers, "too few servers on the list"
    assert commitSeconds > 0 and commitSeconds <= MAX_SECONDS, "commit seconds are out of bounds"
    assert revealSeconds >= MIN_REVEAL and revealSeconds <= MAX_SECONDS, "reveal seconds are out of bounds"
    id: uint256 = self.requestCount + 1
    self.requestCount = id
    made: Request = empty(Request)
    made.status = OPEN
    made.modelId = modelId
    made.version = version
    made.consumer = msg.sender
    made.owner = owner
    made.ownerShareBps = terms.ownerShareBps
    made.inputHash = keccak256(input)
    made.fee = msg.value
    made.servers = servers
    made.commitDeadline = block.timestamp + commitSeconds
    made.revealDeadline = made.commitDeadline + revealSeconds
    self._requests[id] = made
    self._welcome[id] = serverAllowList
    log InferenceRequested(
        id=id, modelId=modelId, consumer=msg.sender, version=version, fee=msg.value, input=input
    )
    return id


@external
@nonreentrant
def commit(id: uint256, commitment: bytes32):
    """
    @notice A server's commitment to its result; binds the request's fee in its stake.
    """
    self._check_open(id)
    assert self._servers[msg.sender].registered, "server is not registered"
    welcome: DynArray[address, MAX_SERVERS] = self._welcome[id]
    assert len(welcome) == 0 or msg.sender in welcome, "server is not on the list"
    assert self._commitments[id][msg.sender] == empty(bytes32), "already committed"
    assert block.timestamp <= self._requests[id].commitDeadline, "time to commit is over"
    assert len(self._committed[id]) < self._requests[id].servers, "request has its servers"
    assert commitment != empty(bytes32), "commitment is empty"
    bound: uint256 = self._servers[msg.sender].bound + self._requests[id].fee
    assert bound <= self._servers[msg.sender].stake, "stake is too small"
    self._servers[msg.sender].bound = bound
    self._committed[id].append(msg.sender)
    self._commitments[id][msg.sender] = commitment
    log Committed(id=id, server=msg.sender, commitment=commitment)


@external
@nonreentrant
def reveal(id: uint256, result: Bytes[MAX_BYTES], salt: bytes32):
    """
    @notice Opens the sender's commitment, once all wanted servers have committed or the time to do so is over.
    """
    self._check_open(id)
    commitment: bytes32 = self._commitments[id][msg.sender]
    assert commitment != empty(bytes32), "server did not commit"
    assert self._revealed[id][msg.sender] == empty(bytes32), "already revealed"
    assert self._is_committed(id), "time to commit is not over"
    assert block.timestamp <= self._requests[id].revealDeadline, "time to reveal is over"
    opened: bytes32 = keccak256(concat(convert(id, bytes32), convert(msg.sender, bytes20), salt, result))
    assert opened == commitment, "result differs from the commitment"
    resultHash: bytes32 = keccak256(result)
    self._revealed[id][msg.sender] = resultHash
    self._requests[id].reveals += 1
    if self._results[id][resultHash].head == empty(address):
        self._results[id][resultHash] = blobs._store(result)
    log Revealed(id=id, server=msg.sender, resultHash=resultHash)


@external
@nonreentrant
def deliver(id: uint256):
    """
    @notice Ends the request, by anybody, once all that committed have revealed or the time to do so is over.
    """
    self._check_open(id)
    req: Request = self._requests[id]
    committed: DynArray[address, MAX_SERVERS] = self._committed[id]
    assert self._is_committed(id), "time to commit is not over"
    assert (
        req.reveals == len(committed) or block.timestamp > req.revealDeadline
    ), "time to reveal is not over"

    winner: bytes32 = empty(bytes32)
    agreeing: uint256 = 0
    for server: address in committed:
        candidate: bytes32 = self._revealed[id][server]
        if winner == empty(bytes32) and candidate != empty(bytes32):
            agreeing = 0
            for other: address in committed:
                if self._revealed[id][other] == candidate:
                    agreeing += 1
            if agreeing * 2 > req.servers:
                winner = candidate

    self._requests[id].resultHash = winner
    if winner == empty(bytes32):
        self._requests[id].status = FAILED
        log InferenceFailed(id=id, commits=len(committed), reveals=req.reveals)
    else:
        self._requests[id].status = DELIVERED
        log InferenceDelivered(id=id, resultHash=winner, result=blobs._load(self._results[id][winner]))
    self._pay_out(id, req, committed, winner, agreeing)


# ---------------------------------------------------------------- views


@external
@view
def result(id: uint256) -> (uint256, Bytes[MAX_BYTES]):
    """
    @notice The request's status (0 unknown, 1 open, 2 delivered, 3 failed) and its result, empty unless delivered.
    """
    resultHash: bytes32 = self._requests[id].resultHash
    if resultHash == empty(bytes32):
        return self._requests[id].status, b""
    return self._requests[id].status, blobs._load(self._results[id][resultHash])


@external
@view
def requestOf(id: uint256) -> Request:
    """
    @notice A request's record.
    """
    assert self._requests[id].status != 0, "request is unknown"
    return self._requests[id]


@external
@view
def server(party: address) -> Server:
    """
    @notice A server's record; all zero where the address is none.
    """
    return self._servers[party]


@external
@view
def terms(modelId: bytes32) -> Terms:
    """
    @notice A model's terms; all zero, which is free and open, where its owner set none.
    """
    return self._terms[modelId]


@external
@view
def isAllowed(modelId: bytes32, consumer: address) -> bool:
    """
    @notice Whether the consumer may ask the model.
    """
    return not self._terms[modelId].restricted or self._allowed[modelId][consumer]


@external
@view
def welcome(id: uint256) -> DynArray[address, MAX_SERVERS]:
    """
    @notice The servers that may answer; empty for every registered one.
    """
    return self._welcome[id]


@external
@view
def committed(id: uint256) -> DynArray[address, MAX_SERVERS]:
    """
    @notice The servers that committed, in order.
    """
    return self._committed[id]


@external
@view
def commitment(id: uint256, party: address) -> bytes32:
    """
    @notice A server's commitment; zero where there is none.
    """
    return self._commitments[id][party]


@external
@view
def revealed(id: uint256, party: address) -> bytes32:
    """
    @notice The content hash of what a server revealed; zero where it did not.
    """
    return self._revealed[id][party]


# ---------------------------------------------------------------- inside


@internal
@view
def _check_owner(modelId: bytes32):
    owner: address = staticcall Registry(registry).ownerOf(modelId)
    assert owner != empty(address), "model is not registered"
    assert owner == msg.sender, "caller is not the model's owner"


@internal
@view
def _check_open(id: uint256):
    assert self._requests[id].status != 0, "request is unknown"
    assert self._requests[id].status == OPEN, "request is over"


@internal
@view
def _is_committed(id: uint256) -> bool:
    """
    @notice Whether no more commitments can come.
    """
    return (
        len(self._committed[id]) == self._requests[id].servers
        or block.timestamp > self._requests[id].commitDeadline
    )


@internal
def _pay_out(
    id: uint256, req: Request, committed: DynArray[address, MAX_SERVERS], winner: bytes32, agreeing: uint256
):
    """
    @notice Frees the bonds and pays the fee out: owner, agreeing servers, and what is left to the consumer.
    """
    rest: uint256 = req.fee
    each: uint256 = 0
    if winner != empty(bytes32):
        share: uint256 = req.fee * req.ownerShareBps // WHOLE
        each = (req.fee - share) // agreeing
        rest -= share
        self._note(id, req.owner, OWNER, share)
        payments._pay(req.owner, share)
    forfeit: uint256 = 0
    for party: address in committed:
        self._servers[party].bound -= req.fee
        said: bytes32 = self._revealed[id][party]
        if said == empty(bytes32):
            self._servers[party].stake -= req.fee
            forfeit += req.fee
        elif said == winner:
            rest -= each
            self._note(id, party, SERVER, each)
            payments._pay(party, each)
    self._note(id, req.consumer, REFUND, rest)
    self._note(id, req.consumer, FORFEIT, forfeit)
    payments._pay(req.consumer, rest + forfeit)


@internal
def _note(id: uint256, party: address, kind: uint256, amount: uint256):
    if amount > 0:
        log FeePaid(id=id, party=party, kind=kind, amount=amount)
