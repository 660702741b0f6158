# pragma version 0.4.3
# pragma evm-version prague
"""
@title ModelRegistry
@license Apache-2.0
@notice Names, versions and deployment of models. A name belongs to whoever took it first. Parameters of up to 32 kB
        are kept whole; larger ones by their content hash.
@dev    The calls without a name act on the model named "", which belongs to `owner()`, the deployer.
"""

from modules import blobs

MAX_BYTES: constant(uint256) = 32768
# The longest name; what the calls take is longer, so that a name beyond it is refused in words.
LONGEST_NAME: constant(uint256) = 64
MAX_NAME: constant(uint256) = 1024
UNNAMED: constant(bytes32) = keccak256("")


struct Model:
    owner: address
    # The content hash of the program that the parameters belong to; zero where none was told.
    program: bytes32
    # What the initial parameters were derived from.
    seed: bytes32
    # How many versions there are; the newest one's number.
    versions: uint256
    # The version that serves; 0 where none does.
    deployed: uint256


struct Version:
    contentHash: bytes32
    # Bytes of parameters.
    size: uint256
    # Whether the parameters are kept here whole.
    whole: bool
    # The contract and the job that trained it; zero where it was submitted.
    jobs: address
    jobId: uint256


struct JobResult:
    finished: bool
    program: bytes32
    contentHash: bytes32
    size: uint256
    whole: bool


interface Jobs:
    def result(jobId: uint256) -> JobResult: view
    def parameters(jobId: uint256) -> Bytes[MAX_BYTES]: view


event ModelRegistered:
    modelId: indexed(bytes32)
    owner: indexed(address)
    name: String[MAX_NAME]
    program: bytes32
    seed: bytes32


event VersionAdded:
    modelId: indexed(bytes32)
    version: indexed(uint256)
    contentHash: bytes32
    jobs: address
    jobId: uint256


event VersionDeployed:
    modelId: indexed(bytes32)
    version: indexed(uint256)
    contentHash: bytes32


event ModelTrained:
    version: uint256


event ModelDeployed:
    version: uint256


event ModelSet:
    contentHash: bytes32
    size: uint256


event PredictionsSet:
    contentHash: bytes32
    size: uint256


event InferenceAsked:
    number: indexed(uint256)
    consumer: indexed(address)
    version: uint256
    input: Bytes[MAX_BYTES]


# The deployer: owner of the model named "", and of nothing else.
owner: public(immutable(address))

_models: HashMap[bytes32, Model]
_versions: HashMap[bytes32, HashMap[uint256, Version]]
_blobs: HashMap[bytes32, HashMap[uint256, blobs.Blob]]

# What `set_model` and `set_predictions` put down.
_working: blobs.Blob
_predictions: blobs.Blob

# How often `inferModel` was called.
inferences: public(uint256)


@deploy
def __init__():
    owner = msg.sender
    self._register(UNNAMED, "", empty(bytes32), empty(bytes32))


# ---------------------------------------------------------------- named models


@external
def registerModel(name: String[MAX_NAME], program: bytes32, seed: bytes32, parameters: Bytes[MAX_BYTES]) -> bytes32:
    """
    @notice Takes a name, with its first version's parameters whole; returns the model's id.
    """
    id: bytes32 = keccak256(name)
    self._register(id, name, program, seed)
    self._append_whole(id, parameters, empty(address), 0)
    return id


@external
def registerLargeModel(
    name: String[MAX_NAME], program: bytes32, seed: bytes32, contentHash: bytes32, size: uint256
) -> bytes32:
    """
    @notice Takes a name, with its first version's parameters by content hash; returns the model's id.
    """
    id: bytes32 = keccak256(name)
    self._register(id, name, program, seed)
    self._append_hash(id, contentHash, size, empty(address), 0)
    return id


@external
def submitModel(name: String[MAX_NAME], parameters: Bytes[MAX_BYTES]) -> uint256:
    """
    @notice Takes the name, or adds a version where the sender has it; returns the version's number.
    """
    id: bytes32 = keccak256(name)
    if self._models[id].owner == empty(address):
        self._register(id, name, empty(bytes32), empty(bytes32))
    else:
        self._check_owner(id)
    return self._append_whole(id, parameters, empty(address), 0)


@external
@view
def getModel(name: String[MAX_NAME]) -> Bytes[MAX_BYTES]:
    """
    @notice The newest version's parameters.
    """
    id: bytes32 = keccak256(name)
    assert self._models[id].owner != empty(address), "model is not registered"
    return self._parameters(id, self._models[id].versions)


@external
def adoptJob(name: String[MAX_NAME], jobs: address, jobId: uint256) -> uint256:
    """
    @notice Takes the result of a finished job as the model's new version; returns its number.
    @dev    The bytes are copied and their hash is checked, whatever contract `jobs` is.
    """
    id: bytes32 = keccak256(name)
    self._check_owner(id)
    assert jobs.is_contract, "jobs is no contract"
    result: JobResult = staticcall Jobs(jobs).result(jobId)
    assert result.finished, "job is not finished"
    assert result.program == self._models[id].program, "job trains another program"
    version: uint256 = 0
    if result.whole:
        parameters: Bytes[MAX_BYTES] = staticcall Jobs(jobs).parameters(jobId)
        assert keccak256(parameters) == result.contentHash, "parameters differ from their hash"
        version = self._append_whole(id, parameters, jobs, jobId)
    else:
        version = self._append_hash(id, result.contentHash, result.size, jobs, jobId)
    log ModelTrained(version=version)
    return version


@external
def deploy(name: String[MAX_NAME], version: uint256):
    """
    @notice Makes the version the one that serves.
    """
    id: bytes32 = keccak256(name)
    self._check_owner(id)
    assert version > 0 and version <= self._models[id].versions, "version is unknown"
    self._deploy(id, version)


# ---------------------------------------------------------------- the model named ""


@external
def set_model(parameters: Bytes[MAX_BYTES]):
    """
    @notice Puts down the parameters that the next `trainModel` makes a version of.
    """
    self._check_owner(UNNAMED)
    self._working = blobs._store(parameters)
    log ModelSet(contentHash=keccak256(parameters), size=len(parameters))


@external
@view
def get_model() -> Bytes[MAX_BYTES]:
    """
    @notice What `set_model` put down last.
    """
    return blobs._load(self._working)


@external
def trainModel() -> uint256:
    """
    @notice Makes what `set_model` put down a new version of the model named ""; returns its number.
    """
    self._check_owner(UNNAMED)
    parameters: Bytes[MAX_BYTES] = blobs._load(self._working)
    version: uint256 = self._append(UNNAMED, keccak256(parameters), len(parameters), True, empty(address), 0)
    self._blobs[UNNAMED][version] = self._working
    log ModelTrained(version=version)
    return version


@external
def deployModel():
    """
    @notice Makes the newest version of the model named "" the one that serves.
    """
    self._check_owner(UNNAMED)
    version: uint256 = self._models[UNNAMED].versions
    assert version > 0, "nothing to deploy"
    self._deploy(UNNAMED, version)


@external
@view
def modelVersion() -> uint256:
    """
    @notice The number of the newest version of the model named "".
    """
    return self._models[UNNAMED].versions


@external
def inferModel(input: Bytes[MAX_BYTES]) -> uint256:
    """
    @notice Asks the owner for predictions; the answer comes with `set_predictions`. Returns the question's number.
    """
    number: uint256 = self.inferences + 1
    self.inferences = number
    log InferenceAsked(number=number, consumer=msg.sender, version=self._models[UNNAMED].deployed, input=input)
    return number


@external
def set_predictions(predictions: Bytes[MAX_BYTES]):
    """
    @notice Puts down the owner's predictions.
    """
    self._check_owner(UNNAMED)
    self._predictions = blobs._store(predictions)
    log PredictionsSet(contentHash=keccak256(predictions), size=len(predictions))


@external
@view
def get_predictions() -> Bytes[MAX_BYTES]:
    """
    @notice What `set_predictions` put down last.
    """
    return blobs._load(self._predictions)


# ---------------------------------------------------------------- views


@external
@view
def model(name: String[MAX_NAME]) -> Model:
    """
    @notice A model's record by name.
    """
    id: bytes32 = keccak256(name)
    assert self._models[id].owner != empty(address), "model is not registered"
    return self._models[id]


@external
@view
def version(modelId: bytes32, number: uint256) -> Version:
    """
    @notice A version's record.
    """
    assert number > 0 and number <= self._models[modelId].versions, "version is unknown"
    return self._versions[modelId][number]


@external
@view
def deployedVersion(modelId: bytes32) -> uint256:
    """
    @notice The version that serves; 0 where none does.
    """
    return self._models[modelId].deployed


@external
@view
def ownerOf(modelId: bytes32) -> address:
    """
    @notice The model's owner; zero where there is no such model.
    """
    return self._models[modelId].owner


@external
@view
def parameters(modelId: bytes32, number: uint256) -> Bytes[MAX_BYTES]:
    """
    @notice A version's parameters.
    """
    assert number > 0 and number <= self._models[modelId].versions, "version is unknown"
    return self._parameters(modelId, number)


# ---------------------------------------------------------------- inside


@internal
@view
def _check_owner(id: bytes32):
    holder: address = self._models[id].owner
    assert holder != empty(address), "model is not registered"
    assert holder == msg.sender, "caller is not the model's owner"


@internal
def _register(id: bytes32, name: String[MAX_NAME], program: bytes32, seed: bytes32):
    assert len(name) <= LONGEST_NAME, "name is too long"
    assert self._models[id].owner == empty(address), "name is taken"
    self._models[id] = Model(owner=msg.sender, program=program, seed=seed, versions=0, deployed=0)
    log ModelRegistered(modelId=id, owner=msg.sender, name=name, program=program, seed=seed)


@internal
def _append(
    id: bytes32, contentHash: bytes32, size: uint256, whole: bool, jobs: address, jobId: uint256
) -> uint256:
    number: uint256 = self._models[id].versions + 1
    self._models[id].versions = number
    self._versions[id][number] = Version(contentHash=contentHash, size=size, whole=whole, jobs=jobs, jobId=jobId)
    log VersionAdded(modelId=id, version=number, contentHash=contentHash, jobs=jobs, jobId=jobId)
    return number


@internal
def _append_whole(id: bytes32, parameters: Bytes[MAX_BYTES], jobs: address, jobId: uint256) -> uint256:
    number: uint256 = self._append(id, keccak256(parameters), len(parameters), True, jobs, jobId)
    self._blobs[id][number] = blobs._store(parameters)
    return number


@internal
def _append_hash(id: bytes32, contentHash: bytes32, size: uint256, jobs: address, jobId: uint256) -> uint256:
    assert contentHash != empty(bytes32), "content hash is empty"
    assert size > 0 and size <= 2**63, "size is out of bounds"
    return self._append(id, contentHash, size, False, jobs, jobId)


@internal
def _deploy(id: bytes32, number: uint256):
    self._models[id].deployed = number
    log ModelDeployed(version=number)
    log VersionDeployed(modelId=id, version=number, contentHash=self._versions[id][number].contentHash)


@internal
@view
def _parameters(id: bytes32, number: uint256) -> Bytes[MAX_BYTES]:
    if number == 0:
        return b""
    assert self._versions[id][number].whole, "parameters are off the chain"
    return blobs._load(self._blobs[id][number])
