"""Subscriptions, through web3.py's WebSocket provider."""

import asyncio

from web3 import AsyncWeb3, WebSocketProvider

from test_flows import EVENT_CONTRACT_DATA, deploy, signing  # noqa: F401


def test_heads_logs_and_pending_transactions(url, account, signing):  # noqa: F811
    contract = deploy(signing, EVENT_CONTRACT_DATA)
    topic = contract.events.LogSingleArg().topic

    async def run():
        async with AsyncWeb3(WebSocketProvider(url.replace("http", "ws", 1))) as w3:
            heads = await w3.eth.subscribe("newHeads")
            logs = await w3.eth.subscribe("logs", {"address": contract.address, "topics": [topic]})
            pending = await w3.eth.subscribe("newPendingTransactions")
            assert await w3.eth.chain_id == signing.eth.chain_id
            digests = [contract.functions.logTwoEvents(value).transact() for value in (21, 22)]
            seen = {heads: [], logs: [], pending: []}

            async def collect():
                async for message in w3.socket.process_subscriptions():
                    seen[message["subscription"]].append(message["result"])
                    if len(seen[heads]) >= 2 and len(seen[logs]) >= 2 and len(seen[pending]) >= 2:
                        return

            await asyncio.wait_for(collect(), 20)
            assert seen[pending][:2] == digests
            assert [int.from_bytes(log["data"], "big") for log in seen[logs]] == [21, 22]
            assert seen[heads][0]["hash"] == seen[logs][0]["blockHash"]
            for subscription in (heads, logs, pending):
                assert await w3.eth.unsubscribe(subscription)

    asyncio.run(run())
