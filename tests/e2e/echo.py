"""An instance that lives in the test: it tells what reached it, speaks WebSocket, can be silent or slow."""
import base64
import hashlib
import json
import socket
import threading

from harness import private_address


class Echo:
    """Answers every request with its head as JSON: {"line": ..., "headers": [[name, value], ...]}.

    Paths that end in /hang get no answer; /drip gets `size` bytes in pieces when `more` is set, and is cut if the
    connection breaks. A request that asks for an upgrade gets 101 and its bytes back.
    """

    def __init__(self, name="echo"):
        self.name = name
        self.address = private_address()
        self.listener = socket.create_server((self.address, 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.instance = f"{name}-{self.port}"
        self.heads = []  # of all requests, raw
        self.more = threading.Semaphore(0)
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = b""
        try:
            while True:
                while b"\r\n\r\n" not in data:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    data += piece
                head, _, data = data.partition(b"\r\n\r\n")
                self.heads.append(head)
                if not self._answer(connection, head.decode("latin-1").split("\r\n")):
                    return
        except OSError:
            pass
        finally:
            self.open.discard(connection)
            connection.close()

    def _answer(self, connection, lines):
        headers = [[name, value.strip()] for name, _, value in (line.partition(":") for line in lines[1:])]
        named = {name.lower(): value for name, value in headers}
        path = lines[0].split()[1]
        if path.endswith("/hang"):
            while connection.recv(65536):
                pass
            return False
        if path.endswith("/drip"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            for letter in b"drops":
                self.more.acquire()
                connection.sendall(bytes([letter]))
            return True
        if "upgrade" in named:
            # HAProxy checks that there is an answer to the key.
            key = named.get("sec-websocket-key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            connection.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: {named['upgrade']}\r\n"
                               f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode())
            while piece := connection.recv(65536):
                connection.sendall(piece)
            return False
        body = json.dumps({"line": lines[0], "headers": headers}).encode()
        connection.sendall(f"HTTP/1.1 200 OK\r\nX-Instance: {self.instance}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return True

    def end(self):
        # A thread in accept() holds the listener open: shut it down as well.
        for connection in [self.listener, *self.open]:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
