"""The files of an image that has no base image: programs with the libraries they load, users, certificates.

The archive is the same for the same input (order, owners and times are fixed), so a second build finds its layers in the
engine's cache. Needs neither root nor an engine.
"""
import io
import pathlib
import subprocess
import tarfile
import tempfile

_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib64/")  # links into /usr on every Debian that we support
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class RootFs:
    """Collects files, and writes them as a tar archive."""

    def __init__(self):
        self.entries = {}
        for name in _MERGED:
            self.add_link(name.rstrip("/"), "usr" + name.rstrip("/"))

    def add_folder(self, path, mode=0o755, owner=0):
        self._put(path, tarfile.DIRTYPE, mode, owner)

    def add_link(self, path, target):
        self._put(path, tarfile.SYMTYPE, 0o777).linkname = target

    def add_text(self, path, text, mode=0o644):
        self._put_bytes(path, text.encode(), mode)

    def add_file(self, source, path=None, mode=0o644):
        """A copy of what `source` is or links to; `path` in the image is the same when not given."""
        self._put_bytes(path or str(source), pathlib.Path(source).resolve(strict=True).read_bytes(), mode)

    def add_program(self, source, path=None, strip=False):
        """An executable with every library that it is linked to."""
        content = stripped(source) if strip else pathlib.Path(source).read_bytes()
        self._put_bytes(path or str(source), content, 0o755)
        for library in libraries(source):
            self.add_file(library, mode=0o755)

    def add_users(self, users):
        """`users`: name to number; each has a group of the same name and number. root and nobody are always there."""
        everyone = {"root": 0, **users, "nobody": 65534}
        self.add_text("/etc/passwd", "".join(f"{n}:x:{i}:{i}:{n}:/:/usr/sbin/nologin\n" for n, i in everyone.items()))
        self.add_text("/etc/group", "".join(f"{n}:x:{i}:\n" for n, i in everyone.items()))

    def add_network(self):
        """What name resolution and TLS look for."""
        self.add_text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        for folder in pathlib.Path("/usr/lib").glob("*-linux-gnu*"):
            for name in ("libnss_files.so.2", "libnss_dns.so.2"):  # empty since glibc 2.34, needed before
                if (folder / name).exists():
                    self.add_file(folder / name, mode=0o755)
        self.add_file(CERTIFICATES)
        self.add_link("/usr/lib/ssl/cert.pem", CERTIFICATES)
        self.add_folder("/tmp", 0o1777)

    def write(self, file):
        """The archive as it is, not compressed."""
        with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(self._folders() | self.entries.keys()):
                info, content = self.entries.get(path) or (self._info(path, tarfile.DIRTYPE, 0o755, 0), None)
                archive.addfile(info, io.BytesIO(content) if content is not None else None)

    def _folders(self):
        """The folders that the entries stand in."""
        return {str(parent) for path in self.entries for parent in pathlib.PurePath(path).parents} - {"."}

    def _put(self, path, kind, mode, owner=0, content=None):
        name = str(path)
        name = ("/usr" + name if name.startswith(_MERGED) else name).lstrip("/")
        info = self._info(name, kind, mode, owner)
        self.entries[name] = (info, content)
        return info

    def _put_bytes(self, path, content, mode):
        self._put(path, tarfile.REGTYPE, mode, content=content).size = len(content)

    @staticmethod
    def _info(name, kind, mode, owner):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid = kind, mode, owner, owner
        return info


def stripped(program):
    """The program without debug information."""
    with tempfile.NamedTemporaryFile(prefix="dfp-strip-") as file:
        subprocess.run(["strip", "-o", file.name, str(program)], check=True)
        return pathlib.Path(file.name).read_bytes()


def libraries(*programs):
    """Paths of the libraries that the loader would map for these programs, itself included; none for a static one."""
    return sorted({path for program in programs for path in _mapped(program)})


def _mapped(program):
    shown = subprocess.run(["ldd", str(program)], capture_output=True, text=True)
    if shown.returncode != 0 and "not a dynamic executable" in shown.stdout + shown.stderr:
        return []
    if "not found" in shown.stdout or shown.returncode != 0:
        raise SystemExit(f"ldd {program}: {shown.stdout}{shown.stderr}")
    words = [line.split() for line in shown.stdout.splitlines()]
    found = (next((word for word in line if word.startswith("/")), None) for line in words)
    return [path for path in found if path]
