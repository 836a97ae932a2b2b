"""The Python environment of an application, under the target folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from outcome import NotRun, call

UV = "uv==0.13.9"


def find_python(version):
    """A Python of this version, such as 3.12, or the one that runs this."""
    if version is None or sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    places = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    for place in filter(None, places):
        if subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(place)
    raise NotRun(f"there is no Python {version}")


def install_uv(folder):
    """uv, which installs several times faster than pip."""
    uv = folder / "uv" / UV.partition("==")[2]
    if not (uv / "bin/uv").exists():
        call([sys.executable, "-m", "pip", "install", "--quiet", "--target", uv, UV], f"installing {UV}", NotRun)
    return uv / "bin/uv"


def make(name, recipe, target):
    """The Python of the environment of an application, made when it is missing or out of date."""
    folder = target / "applications"
    requirements = Path(recipe.__file__).with_suffix(".txt")
    venv, stamp = folder / name, folder / name / "requirements.stamp"
    wanted = f"{recipe.PYTHON}\n{requirements.read_text()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        python, uv = find_python(recipe.PYTHON), install_uv(folder)
        shutil.rmtree(venv, ignore_errors=True)
        environment = os.environ | {"UV_CACHE_DIR": str(folder / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
        call([uv, "venv", "--quiet", "--python", python, venv], "making the environment", NotRun, env=environment)
        # The list is complete: what it leaves out is not needed here, or cannot be built everywhere.
        install = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            venv / "bin/python",
            "--requirements",
            requirements,
        ]
        call(install, "installing", NotRun, env=environment)
        stamp.write_text(wanted)
    return venv / "bin/python"
