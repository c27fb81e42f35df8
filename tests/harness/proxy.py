"""A way to a server that counts what clients ask of it, and that may be long.

Every request of the protocol is a packet with the number 0, which can be seen where no TLS is on.
"""

import queue
import socket
import threading
import time


class Proxy:
    """Listens on a port of its own while the block runs. `delay` is what a round trip takes longer, in seconds.
    Without `look` nothing is counted, and TLS may be on."""

    def __init__(self, server, delay=0.0, look=True):
        self.to, self.delay, self.look = server.port, delay, look
        self.passed = 0  # bytes, both ways together
        self.requests = []  # (connection, bytes of the request), in the order in which they came
        self.open = threading.Event()  # cleared: nothing passes any more, and nothing is closed either
        self.open.set()
        self.lock = threading.Lock()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.open.set()
        self.listener.close()
        with self.lock:
            for end in self.sockets:
                _shut(end)

    def texts(self):
        """Of the statements that were sent, those in one packet as one."""
        with self.lock:
            texts = [request[1:] for _, request in self.requests if request[:1] == b"\x03"]
        return [text.removeprefix(b"\x00\x01") for text in texts]  # no query attributes, in one set

    def _accept(self):
        for connection in range(1 << 30):
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.sockets += [client, server]
            self._pass_on(client, server, _Requests(self, connection).see if self.look else _ignore)
            self._pass_on(server, client, _ignore)

    def _pass_on(self, source, destination, see):
        way = queue.SimpleQueue()

        def read():
            try:
                while data := source.recv(1 << 20):
                    see(data)
                    with self.lock:
                        self.passed += len(data)
                    way.put((time.monotonic() + self.delay / 2, data))
            except OSError:
                pass
            way.put((0, b""))

        def write():
            """What has become due meanwhile goes at once: many small pieces are not to be slower for it."""
            first = way.get()
            while first[1]:
                time.sleep(max(0, first[0] - time.monotonic()))
                pieces, now = [], time.monotonic()
                while first and first[1] and first[0] <= now:
                    pieces.append(first[1])
                    first = None if way.empty() else way.get()
                self.open.wait()
                try:
                    destination.sendall(b"".join(pieces))
                except OSError:
                    break
                first = first or way.get()
            _shut(destination)

        for run in (read, write):
            threading.Thread(target=run, daemon=True).start()


class _Requests:
    """Cuts what one client sends into packets: three bytes of length, a number, the payload."""

    def __init__(self, proxy, connection):
        self.proxy, self.connection, self.bytes = proxy, connection, bytearray()

    def see(self, data):
        self.bytes += data
        while len(self.bytes) >= 4:
            end = 4 + int.from_bytes(self.bytes[:3], "little")
            if len(self.bytes) < end:
                break
            if self.bytes[3] == 0:
                with self.proxy.lock:
                    self.proxy.requests.append((self.connection, bytes(self.bytes[4:end])))
            del self.bytes[:end]


def _ignore(_):
    pass


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
