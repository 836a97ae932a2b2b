"""A TCP proxy that delays every byte: a server in another data center.

It delays the data in each direction by the same time, and limits what is on its way to 64 MiB.

    python tests/matrix/delay.py HOST:PORT --milliseconds 5

prints the address that it listens on, and forwards connections until it is interrupted.
"""

import argparse
import asyncio
import contextlib
import socket
import threading

CHUNK = 65536
MOST_CHUNKS = 1024


def split(address):
    """The host and the port of an address."""
    host, _, port = address.rpartition(":")
    return host or "127.0.0.1", int(port)


class Proxy:
    """A proxy in a thread of its own; `port` is where it listens on 127.0.0.1."""

    def __init__(self, host, port, seconds, listen=0):
        self.to, self.seconds, self.listen = (host, port), seconds, listen
        self.port = None
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()
        if self.port is None:
            raise OSError(f"cannot listen on 127.0.0.1:{listen}")

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        try:
            server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.listen))
            self.port = server.sockets[0].getsockname()[1]
        finally:
            ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        """Forwards one connection in both directions."""
        try:
            # The first packet and its answer cross the distance as well.
            await asyncio.sleep(2 * self.seconds)
            there, back = await asyncio.open_connection(*self.to)
        except OSError:
            writer.close()
            return
        for one in (writer, back):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self.forward(reader, back), self.forward(there, writer))

    async def forward(self, reader, writer):
        """Forwards one direction, including its end."""
        on_its_way = asyncio.Queue(MOST_CHUNKS)
        sender = self.loop.create_task(self.send(on_its_way, writer))
        data = b"-"
        while data:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            await on_its_way.put((self.loop.time() + self.seconds, data))
        await sender

    async def send(self, on_its_way, writer):
        while True:
            due, data = await on_its_way.get()
            await asyncio.sleep(max(0, due - self.loop.time()))
            with contextlib.suppress(OSError):
                if not data:
                    writer.close()
                    return
                writer.write(data)
                await writer.drain()

    def close(self):
        """Stops the proxy and its connections."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("server", metavar="HOST:PORT", help="the server")
    parser.add_argument("--milliseconds", type=float, default=5, metavar="N", help="delay each way by N (default: 5)")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="listen on PORT (default: a free one)")
    chosen = parser.parse_args()
    proxy = Proxy(*split(chosen.server), chosen.milliseconds / 1000, chosen.listen)
    print(f"127.0.0.1:{proxy.port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        proxy.thread.join()


if __name__ == "__main__":
    main()
