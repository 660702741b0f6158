# pragma version 0.4.3
# pragma evm-version prague
"""
@notice For tests: a job whose parameters are not those that its result names.
"""


struct JobResult:
    finished: bool
    program: bytes32
    contentHash: bytes32
    size: uint256
    whole: bool


program: immutable(bytes32)


@deploy
def __init__(of: bytes32):
    program = of


@external
@view
def result(jobId: uint256) -> JobResult:
    return JobResult(finished=True, program=program, contentHash=keccak256("told"), size=4, whole=True)


@external
@view
def parameters(jobId: uint256) -> Bytes[32]:
    return b"kept"
