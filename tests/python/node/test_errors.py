"""Failures in geth's codes and words (go-ethereum 1.17)."""

import json

import pytest
from eth_account import Account

TARGET = "0x" + "22" * 20


@pytest.fixture
def sign(raw, account):
    chain_id = int(raw("eth_chainId"), 16)
    nonce = int(raw("eth_getTransactionCount", account.address, "latest"), 16)

    def build(by=account, **fields):
        transaction = dict(
            chainId=chain_id, nonce=nonce, gas=21000, gasPrice=10**10, to="0x" + "11" * 20, value=1
        )
        transaction.update(fields)
        return "0x" + by.sign_transaction(transaction).raw_transaction.hex()

    build.nonce, build.chain_id = nonce, chain_id
    return build


@pytest.mark.parametrize(
    "body, code, message",
    [
        ("{", -32700, "parse error"),
        ('{"jsonrpc":"2.0","id":1,"method":', -32700, "parse error"),
        ("[" * 100_000, -32700, "parse error"),
        ("[]", -32600, "empty batch"),
        ("3", -32600, "invalid request"),
        ('{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600, "invalid request"),
        ('{"jsonrpc":"2.0","id":1}', -32600, "invalid request"),
    ],
)
def test_malformed_requests(raw, body, code, message):
    response = raw.post(body)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["error"]["code"], answer["error"]["message"]) == (code, message)


def test_too_large_a_batch(raw):
    body = json.dumps([{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}] * 1001)
    assert raw.post(body).json()["error"] == {"code": -32600, "message": "batch too large"}


def test_notifications_get_no_answer(raw):
    response = raw.post('{"jsonrpc":"2.0","method":"eth_chainId","params":[]}')
    assert (response.status_code, response.text) == (200, "")
    batch = raw.post(
        '[{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","id":"x","method":"eth_chainId"}]'
    ).json()
    assert [entry["id"] for entry in batch] == ["x"]


@pytest.mark.parametrize(
    "method, parameters, code, message",
    [
        ("eth_foo", [], -32601, "the method eth_foo does not exist/is not available"),
        ("eth_getBalance", [], -32602, "missing value for required argument 0"),
        (
            "eth_getBalance",
            ["0x12", "latest"],
            -32602,
            "invalid argument 0: hex string has length 2, want 40 for common.Address",
        ),
        (
            "eth_getBalance",
            ["12", "latest"],
            -32602,
            "invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go value of type common.Address",
        ),
        ("eth_getBlockByNumber", ["0x", False], -32602, 'invalid argument 0: hex string "0x"'),
        ("eth_getBlockByNumber", ["0x01", False], -32602, "invalid argument 0: hex number with leading zero digits"),
        ("eth_chainId", [1], -32602, "too many arguments, want at most 0"),
        ("eth_sendRawTransaction", ["0x123"], -32602,
         "invalid argument 0: json: cannot unmarshal hex string of odd length into Go value of type hexutil.Bytes"),
        ("eth_subscribe", ["newHeads"], -32601, "notifications not supported"),
    ],
)
def test_parameters(raw, method, parameters, code, message):
    assert raw.error(method, *parameters) == {"code": code, "message": message}


def test_parameters_must_be_a_list(raw):
    answer = raw.post('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}').json()
    assert answer["error"] == {"code": -32602, "message": "non-array args"}


def test_what_is_not_there(raw, account):
    assert raw("eth_getBlockByNumber", "0xffffff", False) is None
    assert raw("eth_getBlockByHash", "0x" + "00" * 32, False) is None
    assert raw("eth_getTransactionReceipt", "0x" + "00" * 32) is None
    assert raw("eth_getTransactionByHash", "0x" + "00" * 32) is None
    assert raw.error("eth_getBalance", account.address, "0xffffff")["message"] == "header not found"
    assert raw.error("eth_getBalance", account.address, "0xffffff")["code"] == -32000


def test_refused_transactions(raw, account, sign):
    def refusal(data):
        error = raw.error("eth_sendRawTransaction", data)
        assert error["code"] == -32000
        return error["message"]

    # One in the past, so that there is a nonce too low.
    accepted = raw("eth_sendRawTransaction", sign())
    assert raw("eth_getTransactionReceipt", accepted)["status"] == "0x1"
    nonce = sign.nonce + 1
    assert refusal(sign(nonce=0)) == f"nonce too low: next nonce {nonce}, tx nonce 0"
    assert refusal(sign(nonce=nonce, gas=20000)) == "intrinsic gas too low: gas 20000, minimum needed 21000"
    poor = refusal(sign(by=Account.create(), nonce=0))
    assert poor == (
        "insufficient funds for gas * price + value: balance 0, tx cost 210000000000001, overshot 210000000000001"
    )
    wrong = refusal(sign(nonce=nonce, chainId=sign.chain_id + 1))
    assert wrong.startswith("invalid sender: invalid chain id for signer")
    assert refusal(sign(nonce=nonce, gas=10**9)) == "exceeds block gas limit"
    assert refusal("0x1234") == "transaction type not supported"
    assert refusal("0x") == "typed transaction too short"
    assert refusal("0xc0") != ""

    future = sign(nonce=nonce + 5)
    try:
        raw("eth_sendRawTransaction", future)
        assert refusal(future) == "already known"
        assert refusal(sign(nonce=nonce + 5, value=2)) == "replacement transaction underpriced"
    finally:
        raw.answer("anvil_dropAllTransactions")


def revert_code(text):
    """Code that reverts with Error(text)."""
    data = bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + len(text).to_bytes(32, "big")
    data += text.ljust(32, b"\0")
    code = b""
    padded = data.ljust(128, b"\0")
    for offset in range(0, 128, 32):
        code += b"\x7f" + padded[offset : offset + 32] + b"\x60" + bytes([offset]) + b"\x52"
    return "0x" + (code + b"\x60" + bytes([len(data)]) + b"\x60\x00\xfd").hex(), "0x" + data.hex()


def test_reverts_carry_reason_and_data(raw):
    code, data = revert_code(b"hi")
    call = {"to": TARGET, "data": "0x"}
    error = raw.error("eth_call", call, "latest", {TARGET: {"code": code}})
    assert error == {"code": 3, "message": "execution reverted: hi", "data": data}
    error = raw.error("eth_call", call, "latest", {TARGET: {"code": "0x60006000fd"}})
    assert error == {"code": 3, "message": "execution reverted", "data": "0x"}
    error = raw.error("eth_estimateGas", call, "latest", {TARGET: {"code": code}})
    assert error == {"code": 3, "message": "execution reverted: hi", "data": data}


def test_other_failures_of_calls(raw):
    call = {"to": TARGET, "data": "0x"}
    invalid = raw.error("eth_call", call, "latest", {TARGET: {"code": "0xfe"}})
    assert invalid == {"code": -32000, "message": "invalid opcode: INVALID"}
    looping = raw.error("eth_call", {**call, "gas": "0x5300"}, "latest", {TARGET: {"code": "0x5b600056"}})
    assert looping == {"code": -32000, "message": "out of gas"}
    poor = {"from": "0x" + "33" * 20, "to": TARGET, "value": "0x1"}
    assert raw.error("eth_estimateGas", poor) == {
        "code": -32000,
        "message": f"failed with 50000000 gas: insufficient funds for gas * price + value: address {poor['from']} have 0 want 1"}
    assert raw.error("eth_estimateGas", {**poor, "gasPrice": "0x77359400"}) == {
        "code": -32000, "message": "insufficient funds for transfer"}


def test_unknown_accounts_do_not_sign(raw):
    stranger = "0x" + "44" * 20
    for method, parameters in [
        ("eth_sendTransaction", [{"from": stranger, "to": TARGET, "value": "0x1"}]),
        ("eth_sign", [stranger, "0x12"]),
    ]:
        error = raw.error(method, *parameters)
        assert (error["code"], error["message"]) == (-32000, "unknown account")


def test_http_rules(raw, url):
    session = raw.session
    body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
    for header in [{}, {"content-type": "text/plain"}, {"content-type": "application/xml"}]:
        response = session.post(url, data=body, headers=header)
        assert response.status_code == 415
        assert response.text.strip() == "invalid content type, only application/json is supported"
    assert session.post(url, data=body, headers={"content-type": "application/json; charset=utf-8"}).status_code == 200
    assert session.get(url).status_code == 200
    assert session.put(url, data=body).status_code == 405
    assert session.post(url, data=body, headers={"content-type": "application/json", "host": "evil.example"}).status_code == 403
    assert session.post(url, data=body, headers={"content-type": "application/json", "host": "localhost:1"}).status_code == 200


def test_browsers_are_told_who_may_call(raw, url):
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    local = raw.session.options(url, headers={"origin": "http://localhost:3000", **ask})
    assert local.status_code in (200, 204)
    assert local.headers["access-control-allow-origin"] in ("*", "http://localhost:3000")
    assert "content-type" in local.headers["access-control-allow-headers"]
    foreign = raw.session.options(url, headers={"origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in foreign.headers


FEES = "invalid reward percentile: "


@pytest.mark.parametrize("method, parameters, code, message", [
    ("eth_feeHistory", ["0x1", "latest", [101]], -32000, FEES + "101.000000"),
    ("eth_feeHistory", ["0x1", "latest", [-0.5]], -32000, FEES + "-0.500000"),
    ("eth_feeHistory", ["0x1", "latest", [50, 20.25]], -32000, FEES + "#0:50.000000 >= #1:20.250000"),
    ("eth_feeHistory", ["0x1", "latest", list(range(101))], -32000, FEES + "over the query limit 100"),
    ("eth_getLogs", [{"fromBlock": "0x5", "toBlock": "0x1"}], -32602, "invalid block range params"),
    ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "0xffffff"}], -32602, "block range extends beyond current head block"),
    ("eth_getLogs", [{"fromBlock": "pending"}], -32602, "pending logs are not supported"),
    ("eth_getLogs", [{"topics": [None] * 5}], -32602, "exceed max topics"),
    ("eth_getLogs", [{"address": [TARGET] * 1001}], -32602, "exceed max addresses or topics per search position"),
    ("eth_getLogs", [{"topics": [["0x" + "00" * 32] * 1001]}], -32602, "exceed max addresses or topics per search position"),
    ("eth_getLogs", [{"blockHash": "0x" + "12" * 32}], -32000, "unknown block"),
    ("eth_newFilter", [{"fromBlock": "0x5", "toBlock": "0x1"}], -32602, "invalid block range params"),
    ("eth_getBalance", [TARGET, {"blockHash": "0x" + "12" * 32}], -32000, "header for hash not found"),
    ("eth_call", [{"to": TARGET}, {"blockHash": "0x" + "12" * 32, "requireCanonical": True}], -32000, "header for hash not found"),
    ("eth_call", [{"to": TARGET}, "latest", {TARGET: {"movePrecompileToAddress": "0x" + "33" * 20}}], -32000,
     "account 0x2222222222222222222222222222222222222222 is not a precompile"),
    ("eth_call", [{"to": TARGET}, "latest", {}, {"beaconRoot": "0x" + "00" * 32}], -32602,
     'invalid argument 3: block override "beaconRoot" is not supported for this RPC method'),
])
def test_limits_and_ranges(raw, method, parameters, code, message):
    assert raw.error(method, *parameters) == {"code": code, "message": message}


def test_fees_of_no_blocks_and_of_blocks_to_come(raw):
    assert raw("eth_feeHistory", "0x0", "latest", []) == {"oldestBlock": "0x0", "gasUsedRatio": None}
    head = int(raw("eth_blockNumber"), 16)
    assert raw.error("eth_feeHistory", "0x1", "0xffffff", []) == {
        "code": -32000, "message": f"request beyond head block: requested {0xffffff}, head {head}"}


def test_a_filter_may_wait_for_blocks_to_come(raw):
    assert raw("eth_newFilter", {"fromBlock": "0xfffff0", "toBlock": "latest"}).startswith("0x")
