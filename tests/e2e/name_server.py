"""A name server of our own for one program: what it says can change, and it can keep silent."""
import os
import pathlib
import shutil
import socket
import struct
import threading

import pytest

from harness import private_address


class NameServer:
    """Answers for the names in `names` (name -> IPv4 address); never for those in `silent`; others do not exist.

    It is also the "machine" on which a harness.Proxy runs: the program sees a resolv.conf of its own.
    """

    def __init__(self, folder):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            pytest.skip("a private resolv.conf needs root and unshare")
        self.address = private_address()
        self.names, self.silent = {}, set()
        self.file = pathlib.Path(folder) / "resolv.conf"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 53))
        self.file.write_text(f"nameserver {self.address}\noptions timeout:5 attempts:2\n")
        threading.Thread(target=self.serve, daemon=True).start()

    def command(self, *words):
        script = f'mount --bind {self.file} /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, "sh", *(str(word) for word in words)]

    def end(self):
        self.socket.close()

    def serve(self):
        while True:
            try:
                question, client = self.socket.recvfrom(512)
                answer = self.answer(question)
                if answer:
                    self.socket.sendto(answer, client)
            except OSError:
                return

    def answer(self, question):
        """RFC 1035: header, the question again, and an A record where there is one."""
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        name, end = ".".join(labels), at + 5
        if name in self.silent:
            return None
        kind = struct.unpack("!H", question[at + 1:at + 3])[0]
        found = self.names.get(name) if kind == 1 else None
        code = 0 if name in self.names else 3
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 1 if found else 0, 0, 0)
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(found) if found else b""
        return head + question[12:end] + record
