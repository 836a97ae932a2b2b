"""The Python environment of an application, under the target folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from outcome import NotRun, call

UV = "uv==0.13.9"


def find_python(version):
    """Returns a Python of this version, such as 3.12, or the running one."""
    if version is None or sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    paths = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    for path in filter(None, paths):
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    raise NotRun(f"there is no Python {version}")


def install_uv(folder):
    """Installs uv, which is several times faster than pip."""
    uv = folder / "uv" / UV.partition("==")[2]
    if not (uv / "bin/uv").exists():
        call([sys.executable, "-m", "pip", "install", "--quiet", "--target", uv, UV], f"installing {UV}", NotRun)
    return uv / "bin/uv"


def create(name, recipe, target):
    """Returns the Python of an application's environment. Creates it if it is missing or outdated."""
    folder = target / "applications"
    requirements = Path(recipe.__file__).with_suffix(".txt")
    venv, stamp = folder / name, folder / name / "requirements.stamp"
    expected = f"{recipe.PYTHON}\n{requirements.read_text()}"
    if not stamp.exists() or stamp.read_text() != expected:
        python, uv = find_python(recipe.PYTHON), install_uv(folder)
        shutil.rmtree(venv, ignore_errors=True)
        environment = os.environ | {"UV_CACHE_DIR": str(folder / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
        call([uv, "venv", "--quiet", "--python", python, venv], "creating the environment", NotRun, env=environment)
        # The list is complete. It omits packages that are not needed or cannot be built everywhere.
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
        stamp.write_text(expected)
    return venv / "bin/python"
