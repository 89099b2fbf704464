# Python's websockets as a client: client_websockets.py URL NAME runs the conformance cases,
# client_websockets.py --interop URL runs the plan of plan.py against an echo server.
import asyncio
import json
import sys
from urllib.parse import quote

import websockets

from plan import ASK_TO_CLOSE, CLOSE_CODE, CLOSED_AS_ASKED, CLOSE_REASON, SUBPROTOCOLS, messages, report

LIMIT = 64 * 1024 * 1024


def connect(url, **options):
    return websockets.connect(url, max_size=LIMIT, ping_interval=None, **options)


async def echo(url):
    try:
        async with connect(url) as socket:
            async for message in socket:
                await socket.send(message)
    except Exception:
        pass  # The verdict is the suite's, whatever went wrong here.


async def receive_one(url):
    async with connect(url) as socket:
        return await socket.recv()


async def conform(base, name):
    ids = json.loads(await receive_one(base + "/cases"))

    async def work():
        while ids:
            await echo(f"{base}/case/{quote(ids.pop(0))}?agent={quote(name)}")

    await asyncio.gather(*(work() for _ in range(8)))
    print(await receive_one(f"{base}/report?agent={quote(name)}"))


async def interop(url):
    for compressed in (False, True):
        async with connect(url, compression="deflate" if compressed else None, subprotocols=SUBPROTOCOLS) as socket:
            for label, message in messages():
                await socket.send(message)
                report(label, compressed, await socket.recv() == message)
            await socket.send([b"in ", b"three ", b"pieces"])
            report("fragmented", compressed, await socket.recv() == b"in three pieces")
            await socket.close(CLOSE_CODE, CLOSE_REASON)
            report("close", compressed, socket.close_code == CLOSE_CODE)
    async with connect(url) as socket:
        await socket.send(ASK_TO_CLOSE)
        await socket.wait_closed()
        report("closed by the server", True, (socket.close_code, socket.close_reason) == (CLOSED_AS_ASKED, "as asked"))


if sys.argv[1] == "--interop":
    asyncio.run(interop(sys.argv[2]))
else:
    asyncio.run(conform(*sys.argv[1:3]))
