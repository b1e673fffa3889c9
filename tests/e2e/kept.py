"""Clients that keep a connection and use it again much later: HTTP/1.1 and HTTP/2, plain and with TLS.

A request's answer is (status, headers in lower case, body); a closed connection is status 0. `leaving`: the server has
said before that it closes the connection ("Connection: close", GOAWAY).
"""
import socket
import ssl
import struct


def _connect(address, port, tls, alpn):
    connection = socket.create_connection((address, port), timeout=15)
    if not tls:
        return connection
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context.wrap_socket(connection, server_hostname="my-domain.com")


class Http1:
    leaving = False

    def __init__(self, address, port, tls=False):
        self.connection = _connect(address, port, tls, "http/1.1")

    def send(self, target, host="my-domain.com", headers=(), method="GET", version="1.1"):
        lines = [f"{method} {target} HTTP/{version}"] + ([f"Host: {host}"] if host is not None else []) + list(headers)
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def receive(self):
        data = b""
        try:
            while b"\r\n\r\n" not in data:
                data += self._more()
            head, _, body = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            while len(body) < int(headers.get("content-length", 0)):
                body += self._more()
        except (ConnectionError, ssl.SSLError):
            return 0, {}, data
        self.leaving = headers.get("connection") == "close"
        return int(lines[0].split()[1]), headers, body

    def get(self, target, **kwargs):
        self.send(target, **kwargs)
        return self.receive()

    def _more(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        return piece

    def close(self):
        self.connection.close()


class Http2:
    """As little of HTTP/2 as the tests need: one stream after the other. Source: RFC 9113, RFC 7541."""
    DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
    END_STREAM, END_HEADERS, ACK = 1, 4, 1

    def __init__(self, address, port, tls=True):
        self.connection = _connect(address, port, tls, "h2")
        self.next_stream = 1
        self.leaving = False
        self.buffer = b""
        self.connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._frame(self.SETTINGS, 0, 0, b"")

    def _frame(self, kind, flags, stream, payload):
        self.connection.sendall(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def _read(self, size):
        while len(self.buffer) < size:
            piece = self.connection.recv(65536)
            if not piece:
                raise ConnectionError("closed")
            self.buffer += piece
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def _next(self):
        head = self._read(9)
        return head[3], head[4], struct.unpack(">I", head[5:])[0], self._read(int.from_bytes(head[:3], "big"))

    def send(self, target, host="my-domain.com", headers=()):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        fields = [(":method", "GET"), (":scheme", scheme), (":authority", host), (":path", target), *headers]
        block = b""
        for name, value in fields:  # literals, never indexed
            for text in (b"\x00", name.encode(), value.encode()):
                block += text if text == b"\x00" else bytes([len(text)]) + text
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self._frame(self.HEADERS, self.END_STREAM | self.END_HEADERS, stream, block)
        return stream

    def get(self, target, **kwargs):
        try:
            return self._receive(self.send(target, **kwargs))
        except (ConnectionError, ssl.SSLError):
            return 0, {}, b""

    def _receive(self, wanted):
        headers, body = {}, b""
        while True:
            kind, flags, stream, payload = self._next()
            if kind == self.SETTINGS and not flags & self.ACK:
                self._frame(self.SETTINGS, self.ACK, 0, b"")
            elif kind == self.PING and not flags & self.ACK:
                self._frame(self.PING, self.ACK, 0, payload)
            elif kind == self.GOAWAY:
                self.leaving = True
            elif stream == wanted and kind == self.HEADERS:
                headers.update(_decode(payload))
            elif stream == wanted and kind == self.DATA:
                body += payload
            elif stream == wanted and kind == 3:  # RST_STREAM
                return 0, {}, payload
            if stream == wanted and kind in (self.DATA, self.HEADERS) and flags & self.END_STREAM:
                return int(headers[":status"]), headers, body

    def close(self):
        self.connection.close()


_STATUSES = {8: "200", 9: "204", 10: "206", 11: "304", 12: "400", 13: "404", 14: "500"}


def _decode(block):
    """What HAProxy sends: indexed statuses, and literals without Huffman."""
    headers, at = {}, 0

    def integer(bits):
        nonlocal at
        most = (1 << bits) - 1
        value = block[at] & most
        at += 1
        shift = 0
        while value >= most:
            value += (block[at] & 0x7F) << shift
            shift += 7
            at += 1
            if block[at - 1] < 0x80:
                break
        return value

    def text():
        nonlocal at
        assert not block[at] & 0x80, "Huffman"
        size = integer(7)
        at += size
        return block[at - size:at].decode("latin-1")

    while at < len(block):
        if block[at] & 0x80:
            headers[":status"] = _STATUSES[integer(7)]
            continue
        index = integer(6 if block[at] & 0x40 else 4)
        name = text() if index == 0 else ":status" if 8 <= index <= 14 else f"static-{index}"
        headers[name] = text()
    return headers
