# An echo server on Python's websockets, compression on. Prints its port.
import asyncio
import websockets

LIMIT = 64 * 1024 * 1024


async def echo(socket):
    try:
        async for message in socket:
            if message == "please close":
                await socket.close(3002, "as asked")
            else:
                await socket.send(message)
    except websockets.ConnectionClosed:
        pass  # The end of the connection is all an echo server needs to know.


async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=LIMIT, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
