"""Servers from package registries, unpacked under the target folder; nothing is installed.

apt reads its lists, caches and the record of installed packages from a folder here, so that it
resolves and verifies packages of another release and leaves the system's alone. It verifies the
signature of the archive and the SHA-256 of every package. Versions of npm packages are pinned with
their SHA-256.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from outcome import NotRun

RELEASE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Packages that servers depend on and that no test uses: scripts, defaults, the service manager.
UNUSED = ["perl", "postgresql-common", "mariadb-common", "mysql-common", "systemd"]


def run(command, folder=None):
    """The output of a command; a failure means that the packages cannot be had."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NotRun(f"there is no {command[0]}") from error
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise NotRun(f"{command[0]}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout


def mirror():
    """The Debian mirror that the system's apt is configured with."""
    texts = [path.read_text(errors="replace") for path in sorted(Path("/etc/apt").glob("sources.list*/*.sources"))]
    texts += [path.read_text(errors="replace") for path in sorted(Path("/etc/apt").glob("sources.list*/*.list"))]
    single = Path("/etc/apt/sources.list")
    texts += [single.read_text(errors="replace")] if single.is_file() else []
    for text in texts:
        for line in text.splitlines():
            found = re.match(r"(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+/debian/?)(?:\s|$)", line)
            if found:
                return found[1].rstrip("/")
    raise NotRun("apt has no mirror of Debian")


class Apt:
    """apt with a state of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.updated = False

    def options(self):
        folder = self.folder
        options = {
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": folder / "state",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false",
            "APT::Get::AllowUnauthenticated": "false",
            "DPkg::Post-Invoke": "",
        }
        return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]

    def update(self):
        if self.updated:
            return
        if not KEYRING.exists():
            raise NotRun(f"there is no {KEYRING}: it takes Debian's apt")
        folder = self.folder
        for part in ("state/lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n")
        architecture = run(["dpkg", "--print-architecture"]).strip()
        # What counts as installed is not downloaded.
        record = "Package: {}\nStatus: install ok installed\nArchitecture: {}\nMulti-Arch: {}\nVersion: 99999:1\n"
        record += "Maintainer: none <none@example.com>\nDescription: not used\n"
        records = [
            record.format(name, *((architecture, "allowed") if name == "perl" else ("all", "foreign")))
            for name in UNUSED
        ]
        (folder / "status").write_text("\n".join(records))
        run(["apt-get", *self.options(), "-qq", "update"])
        self.updated = True

    def unpack(self, names, folder):
        """Downloads packages with what they depend on, and unpacks them into a folder."""
        self.update()
        archives = self.folder / "cache/archives"
        command = ["apt-get", *self.options(), "-qq", "-y", "install", *names]
        uris = run([*command, "--print-uris"])
        files = re.findall(r"^'[^']+' (\S+\.deb) ", uris, re.MULTILINE)
        if not files:
            raise NotRun(f"apt-get: nothing to download for {' '.join(names)}")
        run([*command, "--download-only"])
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        for file in files:
            run(["dpkg-deb", "--extract", archives / file, partial])
        (partial / "packages").write_text("".join(f"{file}\n" for file in sorted(files)))
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        for file in files:
            (archives / file).unlink(missing_ok=True)


def unpack_npm(package, version, sha256, folder):
    """Downloads one npm package and unpacks it; its scripts do not run."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    run(["npm", "pack", "--silent", "--ignore-scripts", f"{package}@{version}"], partial)
    (archive,) = partial.glob("*.tgz")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise NotRun(f"{package} {version} has the SHA-256 {found}, expected {sha256}")
    with tarfile.open(archive) as packed:
        packed.extractall(partial, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    archive.unlink()
    # npm packs no symbolic links: the package lists them.
    root = partial / "package"
    for link in json.loads((root / "native/pg-symlinks.json").read_text()):
        target = root / link["target"]
        if not target.exists():
            target.symlink_to(Path(link["source"]).name)
    shutil.rmtree(folder, ignore_errors=True)
    root.rename(folder)
    shutil.rmtree(partial)
