"""A HAProxy that tells, when it is asked to check a template, what it could do; and a kernel that lets nobody be held in."""
import ctypes
import errno
import os
import pathlib
import platform
import shutil
import struct
import textwrap

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
MARK = "PROBE"

# Answers a template's check with what it could do, as HAProxy's complaint about the template; all else is HAProxy.
PROBE = """\
    #!/usr/bin/python3 -IS
    import errno, json, os, sys
    if sys.argv[1:] != ["-c", "-f", "/dev/stdin"]:
        os.execv({haproxy!r}, [{haproxy!r}, *sys.argv[1:]])
    text = sys.stdin.read()
    if "probed" not in text:
        sys.exit(0)
    import socket, time
    time.sleep(3)  # to be seen from outside
    parent = os.getppid()
    acts = {{
        "tcp": lambda: socket.socket(),
        "udp": lambda: socket.socket(type=socket.SOCK_DGRAM).connect(("127.0.0.1", 9)),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "pair": lambda: socket.socketpair(),
        "signal": lambda: os.kill(parent, 0),
        "process": lambda: os.fork() or os._exit(0),
        "environment of the proxy": lambda: open(f"/proc/{{parent}}/environ"),
        "memory of the proxy": lambda: open(f"/proc/{{parent}}/mem"),
        "state": lambda: open({state!r}),
        "folder": lambda: os.listdir({folder!r}),
        "public file": lambda: open({public!r}),
        "write": lambda: open("/tmp/dfp-held-in", "w"),
        "write public": lambda: open({public!r}, "a"),
    }}
    told = {{}}
    for name, act in acts.items():
        try:
            act()
            told[name] = "done"
        except OSError as e:
            told[name] = errno.errorcode[e.errno]
    told["environment"] = sorted(os.environ)
    told["cwd"] = os.getcwd()
    print("[ALERT]    (1) : config : {mark}" + json.dumps(told))
    sys.exit(1)
    """


class Probe:
    """The script, in a folder that every user may enter."""

    def __init__(self, folder, state):
        folder.mkdir(mode=0o755)
        self.public = folder / "public"
        self.public.write_text("for everybody")
        self.public.chmod(0o666)
        self.path = folder / "haproxy"
        self.path.write_text(textwrap.dedent(PROBE).format(haproxy=HAPROXY, state=str(state), folder=str(folder),
                                                           public=str(self.public), mark=MARK))
        self.path.chmod(0o755)

    def process(self):
        """The pid of a check of a template; None when there is none."""
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(self.path) in words and b"/dev/stdin" in words:
                return int(entry.name)
        return None


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def refuse_seccomp_and_landlock():
    """For Popen's preexec_fn: from here on nobody can be held in, as in a container whose profile refuses both."""
    seccomp, landlock = {"x86_64": (317, 444), "aarch64": (277, 444)}[platform.machine()]
    load_number, equal, answer = 0x20, 0x15, 0x06
    refuse, allow = 0x00050000 | errno.EPERM, 0x7fff0000
    lines = [(load_number, 0, 0, 0), (equal, 1, 0, seccomp), (equal, 0, 1, landlock), (answer, 0, 0, refuse),
             (answer, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(lines), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")
