"""An installed application: its settings, its database, its users, and drfctl for it."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import environment
from databases import Database
from outcome import Failed, call

SETTINGS = "application_settings"
INSIDE = Path(__file__).parent / "inside.py"


class Application:
    def __init__(self, name, recipe, target):
        self.name, self.recipe = name, recipe
        self.target, self.drfctl_path = target, target / "debug/drfctl"
        self.folder = self.database = self.process = None
        # The cached result of checks.before().
        self.before = None

    def set_up(self):
        """Installs the application and creates its tables and its users."""
        recipe = self.recipe
        self.python = environment.create(self.name, recipe, self.target)
        self.folder = Path(tempfile.mkdtemp(prefix=f"drfctl-{self.name}-"))
        (self.folder / "home").mkdir()
        self.database = Database(recipe.ENGINE, f"drfctl_{self.name.replace('-', '_')}_{os.getpid()}", self.folder)
        # The recipe's settings import this module.
        (self.folder / "application_database.py").write_text(
            f"DATABASES = {{'default': {self.database.settings()!r}}}\n"
        )
        (self.folder / f"{SETTINGS}.py").write_text(recipe.SETTINGS)
        self.environment = {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self.folder),
            "PYTHON": str(self.python),
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            **{key: value.format(folder=self.folder) for key, value in recipe.ENVIRONMENT.items()},
        }
        for name, text in getattr(recipe, "FILES", {}).items():
            (self.folder / name).write_text(text)
        if hasattr(recipe, "prepare"):
            recipe.prepare(self)
        for command in recipe.COMMANDS:
            command = [part.format(venv=self.python.parent.parent) for part in command]
            call([self.python, *command], " ".join(command), Failed, cwd=self.folder, env=self.environment)
        with (self.folder / "application.log").open("w") as log:
            self.process = subprocess.Popen(
                [self.python, INSIDE],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.ask("run", code=recipe.USERS)

    def ask(self, request, **known):
        """Returns the answer of the running application: see inside.py."""
        try:
            print(json.dumps({"request": request, **known}), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise Failed(f"the application exited: see {self.folder}/application.log")
        answer = json.loads(answer)
        if "error" in answer:
            raise Failed(f"{request}: {answer['error']}")
        return answer["answer"]

    def drfctl(self, *arguments, stdin="", settings=True):
        """Runs drfctl with the settings of the application, or only with its database."""
        known = dict(self.environment)
        options = ["--settings", SETTINGS]
        if not settings:
            known = {"PATH": os.environ["PATH"], "HOME": known["HOME"], "LANG": known["LANG"]}
            options = ["--database", self.database.url]
        return subprocess.run(
            [self.drfctl_path, *arguments, *options],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder / "home",
            env=known,
            timeout=120,
            check=False,
        )

    def close(self, keep):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
        if keep and self.folder:
            print(f"{self.name}: see {self.folder} and {self.database and self.database.url}")
            return
        if self.database:
            self.database.remove()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
