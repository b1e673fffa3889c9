"""A small HTTP client that costs little: one kept connection, raw sockets, times in seconds."""
import socket
import time


class Client:
    def __init__(self, address, port, host=None):
        self.address, self.port = address, port
        self.host = host or address
        self.socket = None

    def connect(self):
        self.socket = socket.create_connection((self.address, self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, target):
        """Returns (status, headers in lower case as one bytes object, body)."""
        return self.send(f"GET {target} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())

    def put(self, target, body):
        return self.send(f"PUT {target} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def send(self, request):
        if self.socket is None:
            self.connect()
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        head = head.lower()
        length = 0
        if b"content-length:" in head:
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self.receive()
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), head, body

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            self.close()
            raise ConnectionError("closed by the server")
        return piece

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


def timed(action):
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ms(seconds):
    return f"{seconds * 1000:.2f}"
