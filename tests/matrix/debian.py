"""Servers of unpacked Debian packages."""

from outcome import NotRun
from servers import Server


class Unpacked(Server):
    """A server of unpacked Debian packages, with the C library that they are built for."""

    packages = []

    def download(self, apt):
        apt.unpack(self.packages, self.unpacked)

    def program(self, name):
        """The command of a program: its own dynamic loader, which ignores the system's libraries."""
        loaders = sorted(self.unpacked.glob("usr/lib*/**/ld-linux*.so.*"))
        programs = sorted(self.unpacked.glob(f"usr/*bin/{name}"))
        if not loaders or not programs:
            raise NotRun(f"the packages have no {name}, or no dynamic loader")
        folders = sorted({file.parent for file in self.unpacked.glob("usr/lib/*-linux-*/**/*.so*")})
        return [loaders[0], "--library-path", ":".join(map(str, folders)), programs[0]]
