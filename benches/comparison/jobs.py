"""The jobs: what each program is told, and how it is checked."""

import secrets

from . import checks, data
from .measure import Job, Program

# One transaction is no matter of a large database: its jobs have this many users.
FEW = 1_000
# As drfctl sets them, so that the shell keeps the same promises with as much memory.
PRAGMAS = """PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -20480;"""
NEW_KEY = "lower(hex(randomblob(20)))"
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
LIST = """SELECT username, key, created FROM authtoken_token JOIN auth_user ON id = user_id ORDER BY id;"""
NAMES = ["create-token", "reset", "migrate", "list", "rotate", "create-users"]


class Jobs:
    """Makes the jobs that are asked for, and the databases when the first of them wants them."""

    def __init__(self, options, drfctl, python, manage, orm, migrated, folder):
        self.users, self.hashed, self.by_django = options.users, options.hashed, options.hashed_by_django
        self.tool, self.folder, self.migrated = drfctl, folder, migrated
        self.python, self.manage, self.orm = python, manage, orm
        self.few = data.filled(folder / "few.sqlite3", migrated, FEW)
        if {"list", "rotate"} & set(options.only):
            self.many = data.filled(folder / "many.sqlite3", migrated, self.users)

    def of(self, name):
        """The job of that name."""
        return getattr(self, name.replace("-", "_"))()

    def drfctl(self, *words):
        return Program("drfctl", lambda database: [self.tool, "--database", database, *words])

    def managed(self, *words):
        name = f"manage.py {words[0]}"
        return Program(name, lambda _: [self.python, self.manage, *words])

    def by_orm(self, name, *words, **rest):
        return Program(name, lambda _: [self.python, self.orm, *words], **rest)

    def shell(self, sql, name="sqlite3 shell", options=(), **rest):
        quiet = [".output /dev/null", PRAGMAS, ".output stdout"]
        return Program(name, lambda database: ["sqlite3", "-batch", "-bail", *options, database, *quiet, sql], **rest)

    def create_token(self):
        about = f"""one token for a user who has none, among {FEW:,} users. The shell runs one `INSERT`
            that makes the key and returns it: what SQLite itself needs to commit."""
        sql = f"""INSERT INTO authtoken_token (key, created, user_id)
            SELECT {NEW_KEY}, {NOW}, id FROM auth_user WHERE username = 'alice' RETURNING key;"""
        words = ["drf_create_token", "alice"]
        programs = [self.drfctl("create-token", "alice"), self.managed(*words), self.shell(sql)]
        check = checks.alice_has_another_key(self.few)
        return Job("create-token", about, self.few, programs, check, is_short=True)

    def reset(self):
        about = "another key for a user who has one, with `-r`; the shell runs one `UPDATE`."
        sql = f"""UPDATE authtoken_token SET key = {NEW_KEY}, created = {NOW}
            WHERE user_id = (SELECT id FROM auth_user WHERE username = 'alice') RETURNING key;"""
        database = data.with_token(self.folder / "reset.sqlite3", self.few)
        words = ["drf_create_token", "-r", "alice"]
        programs = [self.drfctl("create-token", "-r", "alice"), self.managed(*words), self.shell(sql)]
        check = checks.alice_has_another_key(database)
        return Job("reset", about, database, programs, check, is_short=True)

    def migrate(self):
        about = """a new file with all tables of `contenttypes`, `auth` and `authtoken`, which are the only
            apps of that project; history, content types and permissions come with them."""
        programs = [self.drfctl("migrate"), self.managed("migrate")]
        check = checks.is_migrated_like(self.migrated)
        return Job("migrate", about, None, programs, check, is_short=True)

    def list(self):
        about = f"""login name, whole key and date of {self.users:,} tokens as JSON, ordered by user. The ORM
            reads tuples with `.iterator()`, not models, which take twice as long; the shell has `-json`."""
        columns = ["--columns", "username,key,created"]
        programs = [
            self.drfctl("list", "--show-keys", "--format", "jsonl", *columns),
            self.by_orm("ORM, `.iterator()`", "list"),
            self.shell(LIST, options=["-json"]),
        ]
        return Job("list", about, self.many, programs, checks.all_are_listed(self.many))

    def rotate(self):
        about = f"""other keys for all of {self.users:,} tokens in one transaction, and all of them printed. The
            ORM deletes the rows and makes new ones with `bulk_create`, 333 rows an `INSERT` (100 are as fast;
            more do not fit), sorted by their keys, without which it takes a third longer: `bulk_update` cannot
            change a primary key. The shell runs one `UPDATE`, then a `SELECT`. The "ready keys" are no rival:
            see below."""
        update = f"""BEGIN IMMEDIATE; UPDATE authtoken_token SET key = {NEW_KEY}, created = {NOW}; COMMIT;
            SELECT key FROM authtoken_token;"""
        ready = data.ready_tokens(self.folder / "ready.sqlite3", self.users)
        insert = f"""ATTACH '{ready}' AS ready; BEGIN IMMEDIATE; DELETE FROM authtoken_token;
            INSERT INTO authtoken_token (key, created, user_id)
            SELECT key, created, user_id FROM ready.ready ORDER BY rowid; COMMIT;"""
        all_at_once = ["--all", "--single-transaction", "--yes", "--format", "raw"]
        programs = [
            self.drfctl("create-token", "-r", *all_at_once),
            self.by_orm("ORM, `bulk_create`", "rotate"),
            self.shell(update),
            self.shell(insert, "sqlite3 shell, ready keys", is_floor=True),
        ]
        return Job("rotate", about, self.many, programs, checks.all_are_rotated(self.many))

    def create_users(self):
        about = f"""{self.hashed:,} users from a CSV file with passwords, hashed by PBKDF2 with
            {data.ITERATIONS:,} rounds, the default of that Django, which drfctl follows because a user who is
            there has it. drfctl uses all cores, the ORM's `create_user` one. **The ORM makes
            {self.by_django:,} users only**: what they take beyond an empty file is multiplied."""
        password = secrets.token_urlsafe(9)

        def file(users):
            return data.user_file(self.folder / f"{users}.csv", users, password)

        some, none = file(self.by_django), file(0)
        programs = [
            self.drfctl("create-user", "--from", file(self.hashed)),
            self.by_orm(
                "ORM, `create_user`",
                *["create-users", some],
                times=self.hashed / self.by_django,
                idle=lambda _: [self.python, self.orm, "create-users", none],
            ),
        ]
        return Job("create-users", about, self.few, programs, checks.users_are_made(self.hashed, password))
