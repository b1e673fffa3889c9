"""Between a program and a Docker Engine: writes down what is asked, and cuts connections."""
import pathlib
import re
import socket
import threading

REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.1\r$", re.MULTILINE)


class Spy:
    """Listens at `path` and passes everything on to the engine's socket."""

    def __init__(self, path, engine):
        self.path, self.engine_socket = pathlib.Path(path), str(engine.socket)
        self.requests = []  # ("GET", "/v1.41/info")
        self.lock = threading.Lock()
        self.pairs = {}  # client's socket -> engine's socket
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def host(self):
        return f"unix://{self.path}"

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            try:
                engine.connect(self.engine_socket)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs[client] = engine
            threading.Thread(target=self.relay, args=(client, engine, self.write_down), daemon=True).start()
            threading.Thread(target=self.relay, args=(engine, client, None), daemon=True).start()

    def write_down(self, data):
        with self.lock:
            self.requests += [(method.decode(), target.decode()) for method, target in REQUEST.findall(data)]

    def relay(self, source, sink, note):
        try:
            while data := source.recv(65536):
                if note:
                    note(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def asked(self, part):
        """Targets of the requests that contain this."""
        with self.lock:
            return [target for _, target in self.requests if part in target]

    def forget(self):
        with self.lock:
            self.requests.clear()

    def cut(self):
        """Ends every connection, as when the engine goes away for a moment."""
        with self.lock:
            pairs, self.pairs = self.pairs, {}
        for pair in pairs.items():
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
