"""One client asks for as much as it can; the others must not wait for it, nor memory grow without bound."""

import json
import threading

import pytest
import requests

from test_clients import ALICE, BOB

TARGET = "0x" + "77" * 20
# JUMPDEST PUSH1 0 JUMP: burns all gas. With the second, every round makes a call.
LOOP, CALLS = "0x5b600056", "0x5b60006000600060006000305af150600056"


def over(code):
    return {TARGET: {"code": code}}


def call(number):
    return {"jsonrpc": "2.0", "id": number, "method": "eth_call", "params": [{"to": TARGET, "gas": hex(2**60)}, "latest", over(LOOP)]}


def trace(options):
    parameters = [{"to": TARGET, "gas": hex(2**60)}, "latest", options]
    return {"jsonrpc": "2.0", "id": 1, "method": "debug_traceCall", "params": parameters}


@pytest.mark.parametrize("question", [
    [call(number) for number in range(15)],
    [trace({"stateOverrides": over(LOOP)})],
    [trace({"stateOverrides": over(CALLS), "tracer": "callTracer"})],
], ids=["calls", "struct logs", "call traces"])
def test_others_go_on(url, raw, question):
    """Four clients begin a long batch each; a fifth sends and reads while they wait for their answers."""
    answers = []
    body = json.dumps(question)
    greedy = [
        threading.Thread(target=lambda: answers.append(
            requests.post(url, data=body, headers={"content-type": "application/json"}).json()))
        for _ in range(4)
    ]
    for thread in greedy:
        thread.start()
    for _ in range(3):
        raw("eth_blockNumber")
        raw("eth_call", {"to": BOB}, "latest")
        raw("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
    assert len(answers) < 4, "the others' requests had to wait for the batches"
    for thread in greedy:
        thread.join()
    for answer in answers:
        messages = {entry["error"]["message"].split(":")[0] for entry in answer}
        assert messages in ({"out of gas"}, {"the trace is too large"}), messages


def test_the_gas_of_a_simulation_is_bounded_as_a_whole(raw):
    blocks = [{"stateOverrides": over(LOOP), "calls": [{"to": TARGET}]} for _ in range(256)]
    error = raw.error("eth_simulateV1", {"blockStateCalls": blocks}, "latest")
    assert error["code"] == -32603 and "gas limit reached" in error["message"]


@pytest.mark.parametrize("body", [
    "[" * 200_000, '{"a":' * 200_000, "[" + "1," * 2_000_000 + "1]", "[" + "{}," * 1_200_000 + "{}]",
], ids=["arrays", "objects", "numbers", "empty objects"])
def test_trees_too_deep_or_too_wide_are_no_requests(raw, body):
    assert raw.post(body).json()["error"] == {"code": -32700, "message": "parse error"}
