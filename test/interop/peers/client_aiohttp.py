# Python's aiohttp as a client: client_aiohttp.py URL NAME runs the conformance cases,
# client_aiohttp.py --interop URL runs the plan of plan.py against an echo server.
import asyncio
import json
import sys
from urllib.parse import quote

import aiohttp

from plan import ASK_TO_CLOSE, CLOSE_CODE, CLOSED_AS_ASKED, CLOSE_REASON, messages, report

LIMIT = 64 * 1024 * 1024


async def echo(session, url):
    try:
        async with session.ws_connect(url, max_msg_size=LIMIT, compress=15) as socket:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    await socket.send_str(message.data)
                elif message.type == aiohttp.WSMsgType.BINARY:
                    await socket.send_bytes(message.data)
    except Exception:
        pass  # The verdict is the suite's, whatever went wrong here.


async def receive_one(session, url):
    async with session.ws_connect(url) as socket:
        return (await socket.receive()).data


async def conform(base, name):
    async with aiohttp.ClientSession() as session:
        ids = json.loads(await receive_one(session, base + "/cases"))

        async def work():
            while ids:
                await echo(session, f"{base}/case/{quote(ids.pop(0))}?agent={quote(name)}")

        await asyncio.gather(*(work() for _ in range(8)))
        print(await receive_one(session, f"{base}/report?agent={quote(name)}"))


async def interop(url):
    async with aiohttp.ClientSession() as session:
        for compressed in (False, True):
            async with session.ws_connect(url, max_msg_size=LIMIT, compress=15 if compressed else 0) as socket:
                for label, message in messages():
                    await (socket.send_str if isinstance(message, str) else socket.send_bytes)(message)
                    report(label, compressed, (await socket.receive()).data == message)
                await socket.close(code=CLOSE_CODE, message=CLOSE_REASON.encode())
                report("close", compressed, socket.close_code == CLOSE_CODE)
        async with session.ws_connect(url) as socket:
            await socket.send_str(ASK_TO_CLOSE)
            closing = await socket.receive()
            report("closed by the server", False, (closing.data, closing.extra) == (CLOSED_AS_ASKED, "as asked"))


if sys.argv[1] == "--interop":
    asyncio.run(interop(sys.argv[2]))
else:
    asyncio.run(conform(*sys.argv[1:3]))
