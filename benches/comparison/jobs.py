"""The jobs: the command lines of their programs, and the checks of the results."""

import secrets

from . import checks, data
from .measure import Job, Program

# The number of users for jobs of one short transaction.
FEW = 1_000
# Those of drfctl, so that the shell gives the same guarantees with the same memory.
PRAGMAS = """PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -20480;"""
NEW_KEY = "lower(hex(randomblob(20)))"
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
LIST = """SELECT username, key, created FROM authtoken_token JOIN auth_user ON id = user_id ORDER BY id;"""
NAMES = ["start", "create-token", "reset", "migrate", "list", "rotate", "create-users"]


class Jobs:
    """Creates the jobs and their databases."""

    def __init__(self, options, drfctl, python, manage, orm, migrated, folder):
        self.users, self.hashed, self.by_django = options.users, options.hashed, options.hashed_by_django
        self.binary, self.folder, self.migrated = drfctl, folder, migrated
        self.python, self.manage, self.orm, self.hashes = python, manage, orm, orm.with_name("hashes.py")
        self.few = data.filled(folder / "few.sqlite3", migrated, FEW)
        if {"list", "rotate"} & set(options.only):
            self.many = data.filled(folder / "many.sqlite3", migrated, self.users)

    def of(self, name):
        """Returns the job of that name."""
        return getattr(self, name.replace("-", "_"))()

    def drfctl(self, *words):
        return Program("drfctl", lambda database: [self.binary, "--database", database, *words])

    def managed(self, *words):
        name = f"manage.py {words[0]}"
        return Program(name, lambda _: [self.python, self.manage, *words])

    def by_orm(self, name, *words, **rest):
        return Program(name, lambda _: [self.python, self.orm, *words], **rest)

    def shell(self, sql, name="sqlite3 shell", options=(), **rest):
        quiet = [".output /dev/null", PRAGMAS, ".output stdout"]
        return Program(name, lambda database: ["sqlite3", "-batch", "-bail", *options, database, *quiet, sql], **rest)

    def start(self):
        about = "start, print the version and exit."
        programs = [
            Program("drfctl", lambda _: [self.binary, "--version"]),
            Program("sqlite3 shell", lambda _: ["sqlite3", "--version"]),
        ]
        return Job("start", about, None, programs, checks.something_is_printed, is_short=True)

    def create_token(self):
        about = f"""one token for a user without one, among {FEW:,} users. The shell runs one `INSERT`
            that generates the key and returns it: the minimum that SQLite needs to commit."""
        sql = f"""INSERT INTO authtoken_token (key, created, user_id)
            SELECT {NEW_KEY}, {NOW}, id FROM auth_user WHERE username = 'alice' RETURNING key;"""
        words = ["drf_create_token", "alice"]
        programs = [self.drfctl("create-token", "alice"), self.managed(*words), self.shell(sql)]
        check = checks.alice_has_a_new_key(self.few)
        return Job("create-token", about, self.few, programs, check, is_short=True)

    def reset(self):
        about = "a new key for a user who has one, with `-r`; the shell runs one `UPDATE`."
        sql = f"""UPDATE authtoken_token SET key = {NEW_KEY}, created = {NOW}
            WHERE user_id = (SELECT id FROM auth_user WHERE username = 'alice') RETURNING key;"""
        database = data.with_token(self.folder / "reset.sqlite3", self.few)
        words = ["drf_create_token", "-r", "alice"]
        programs = [self.drfctl("create-token", "-r", "alice"), self.managed(*words), self.shell(sql)]
        check = checks.alice_has_a_new_key(database)
        return Job("reset", about, database, programs, check, is_short=True)

    def migrate(self):
        about = """a new file with all tables of `contenttypes`, `auth` and `authtoken`, which are the only
            apps of that project, including history, content types and permissions."""
        programs = [self.drfctl("migrate"), self.managed("migrate")]
        check = checks.is_migrated_like(self.migrated)
        return Job("migrate", about, None, programs, check, is_short=True, has_engine_alone=False)

    def list(self):
        about = f"""username, full key and date of {self.users:,} tokens as JSON, ordered by user. The ORM
            reads tuples with `.iterator()`, because models take twice as long; the shell uses `-json`."""
        columns = ["--columns", "username,key,created"]
        programs = [
            self.drfctl("list", "--show-keys", "--format", "jsonl", *columns),
            self.by_orm("ORM, `.iterator()`", "list"),
            self.shell(LIST, options=["-json"]),
        ]
        return Job("list", about, self.many, programs, checks.all_are_listed(self.many))

    def rotate(self):
        about = f"""new keys for all {self.users:,} tokens in one transaction, all printed. The ORM deletes the rows
            and creates new ones with `bulk_create`, 333 rows per `INSERT` (the maximum; 100 are as fast), sorted
            by key, because otherwise it takes a third longer; `bulk_update` cannot change a primary key. The
            shell runs one `UPDATE`, then a `SELECT`. "Prepared keys" does only a part of the job: see below."""
        update = f"""BEGIN IMMEDIATE; UPDATE authtoken_token SET key = {NEW_KEY}, created = {NOW}; COMMIT;
            SELECT key FROM authtoken_token;"""
        prepared = data.prepared_tokens(self.folder / "prepared.sqlite3", self.users)
        insert = f"""ATTACH '{prepared}' AS prepared; BEGIN IMMEDIATE; DELETE FROM authtoken_token;
            INSERT INTO authtoken_token (key, created, user_id)
            SELECT key, created, user_id FROM prepared.prepared ORDER BY rowid; COMMIT;"""
        all_at_once = ["--all", "--single-transaction", "--yes", "--format", "raw"]
        programs = [
            self.drfctl("create-token", "-r", *all_at_once),
            self.by_orm("ORM, `bulk_create`", "rotate"),
            self.shell(update),
            self.shell(insert, "sqlite3 shell, prepared keys", is_lower_bound=True),
        ]
        return Job("rotate", about, self.many, programs, checks.all_are_rotated(self.many))

    def create_users(self):
        about = f"""{self.hashed:,} users from a CSV file with passwords, hashed by PBKDF2 with
            {data.ITERATIONS:,} iterations, the default of that Django, which drfctl follows because an
            existing user has such a hash. drfctl uses all cores, the ORM's `create_user` one. **The ORM
            creates only {self.by_django:,} users**: their time, less that for an empty file, is multiplied.
            "Hashes alone" computes {2 * self.by_django:,} hashes with OpenSSL on all cores; that time is multiplied, too."""
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
            Program(
                "OpenSSL, hashes alone",
                lambda _: [self.python, self.hashes, 2 * self.by_django],
                times=self.hashed / (2 * self.by_django),
                idle=lambda _: [self.python, self.hashes, 0],
                is_lower_bound=True,
            ),
        ]
        return Job("create-users", about, self.few, programs, checks.users_are_created(self.hashed, password))
