"""The calls that people already write against a model contract, by web3.py unmodified, each with the ABI that they
would type themselves."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from web3.exceptions import ContractLogicError
from web3.logs import DISCARD
from web3.middleware import SignAndSendRawMiddlewareBuilder

ROOT = Path(__file__).resolve().parents[3]


def entry(name, inputs=(), outputs=(), view=False):
    """A function's ABI, typed by hand."""
    return {
        "type": "function", "name": name, "stateMutability": "view" if view else "nonpayable",
        "inputs": [{"name": f"a{n}", "type": kind} for n, kind in enumerate(inputs)],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
    }


def event(name):
    inputs = [{"name": "version", "type": "uint256", "indexed": False}]
    return {"type": "event", "name": name, "anonymous": False, "inputs": inputs}


STORE = [entry("submitModel", ["string", "bytes"]), entry("getModel", ["string"], ["bytes"], view=True)]
LIFE = [
    entry("trainModel"), entry("deployModel"), entry("modelVersion", (), ["uint256"], view=True),
    entry("owner", (), ["address"], view=True), event("ModelTrained"), event("ModelDeployed"),
]
INFERENCE = [entry("inferModel", ["bytes"])]
SETTERS = [
    entry("set_model", ["bytes"]), entry("set_predictions", ["bytes"]),
    entry("get_model", (), ["bytes"], view=True), entry("get_predictions", (), ["bytes"], view=True),
]


@pytest.fixture
def signing(w3, account):
    """web3.py with a wallet of its own: the node holds no key of it."""
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
    w3.eth.default_account = account.address
    return w3


@pytest.fixture
def deployed(signing):
    artifact = json.loads((ROOT / "contracts" / "artifacts" / "ModelRegistry.json").read_text())
    factory = signing.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    receipt = signing.eth.wait_for_transaction_receipt(factory.constructor().transact())
    assert receipt.status == 1
    return receipt.contractAddress


def mined(w3, function):
    receipt = w3.eth.wait_for_transaction_receipt(function.transact())
    assert receipt.status == 1
    return receipt


def test_models_are_submitted_and_read_back(signing, deployed):
    contract = signing.eth.contract(deployed, abi=STORE)
    for data in (b"\x00\x01\x02", bytes(range(256)) * 40):
        mined(signing, contract.functions.submitModel("digits", data))
        assert contract.functions.getModel("digits").call() == data
    with pytest.raises(ContractLogicError, match="model is not registered"):
        contract.functions.getModel("nobody's").call()


def test_training_and_deployment_straight_after_deployment(signing, deployed, account):
    contract = signing.eth.contract(deployed, abi=LIFE)
    assert contract.functions.owner().call() == account.address
    assert contract.functions.modelVersion().call() == 0
    for version in (1, 2):
        receipt = mined(signing, contract.functions.trainModel())
        (trained,) = contract.events.ModelTrained().process_receipt(receipt, errors=DISCARD)
        assert trained.args.version == version == contract.functions.modelVersion().call()
        receipt = mined(signing, contract.functions.deployModel())
        (released,) = contract.events.ModelDeployed().process_receipt(receipt, errors=DISCARD)
        assert released.args.version == version
    logs = contract.events.ModelTrained().get_logs(from_block=0)
    assert [log.args.version for log in logs] == [1, 2]


def test_inference_is_asked(signing, deployed):
    contract = signing.eth.contract(deployed, abi=INFERENCE)
    receipt = mined(signing, contract.functions.inferModel(b"an image"))
    assert len(receipt.logs) == 1
    assert b"an image" in bytes(receipt.logs[0].data)


def test_model_and_predictions_are_set(signing, deployed):
    contract = signing.eth.contract(deployed, abi=SETTERS)
    mined(signing, contract.functions.set_model(b"weights"))
    mined(signing, contract.functions.set_predictions(b"seven"))
    assert contract.functions.get_model().call() == b"weights"
    assert contract.functions.get_predictions().call() == b"seven"


def test_only_the_owner_may(signing, deployed):
    contract = signing.eth.contract(deployed, abi=LIFE + SETTERS)
    stranger = {"from": Account.from_key(b"\1" * 32).address}
    for function in (
        contract.functions.trainModel(), contract.functions.deployModel(), contract.functions.set_model(b""),
        contract.functions.set_predictions(b""),
    ):
        with pytest.raises(ContractLogicError, match="caller is not the model's owner"):
            function.call(stranger)
