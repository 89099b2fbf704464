# An echo server on Python's aiohttp, compression on. Prints its port.
import asyncio

from aiohttp import WSMsgType, web

LIMIT = 64 * 1024 * 1024


async def echo(request):
    socket = web.WebSocketResponse(max_msg_size=LIMIT)
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            if message.data == "please close":
                await socket.close(code=3002, message=b"as asked")
            else:
                await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def main():
    app = web.Application()
    app.router.add_get("/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
