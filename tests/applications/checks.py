"""The checks of every application. A check returns a remark or nothing."""

import json
import re

from outcome import Failed


def expect(found, expected, what):
    if found != expected:
        raise Failed(f"{what}: {found!r}, not {expected!r}")


def succeed(ended, what):
    if ended.returncode != 0:
        raise Failed(f"{what}: status {ended.returncode}: {ended.stderr.strip()}")
    return ended


def inspect(application):
    """Detects the tables from the database alone and with the settings."""
    recipe = application.recipe
    for settings in (False, True):
        ended = application.drfctl("inspect", "--format", "json", settings=settings)
        expect(ended.returncode, 6 if recipe.TOKEN_TABLE is None else 0, f"inspect, with settings: {settings}")
        found = json.loads(ended.stdout)[0]
        tables = (found["user_table"], found["username_column"], found["token_table"])
        expect(tables, (recipe.USER_TABLE, recipe.USERNAME_FIELD, recipe.TOKEN_TABLE), f"with settings: {settings}")


def create_token(application):
    """The API accepts the new token, and rejects it after drfctl has revoked it."""
    recipe = application.recipe
    user = recipe.EXISTING
    ended = application.drfctl("create-token", user, "--format", "raw")
    if recipe.TOKEN_TABLE is None:
        expect((ended.returncode, ended.stderr), (6, recipe.NO_TOKENS.lstrip("\n")), "create-token")
        return "no tokens of DRF"
    key = succeed(ended, "create-token").stdout.strip()
    header = f"{recipe.TOKEN_HEADER} {key}"
    expect(application.ask("use_token", page=recipe.API, header=header), 200, recipe.API)
    succeed(application.drfctl("verify", stdin=key), "verify")
    succeed(application.drfctl("revoke", user), "revoke")
    after = application.ask("use_token", page=recipe.API, header=header)
    if after not in (401, 403):
        raise Failed(f"{recipe.API} after revoke: {after}")
    # The application may require a token for each user.
    succeed(application.drfctl("create-token", user), "create-token")


def visit(application, user):
    """Returns the pages of a user, and an administrator's pages about the user."""
    recipe = application.recipe
    own = application.ask("visit", user=user, pages=recipe.PAGES)
    lists = application.ask("visit", user=recipe.ADMIN, pages=recipe.LISTS, of=user)
    return dict(zip(recipe.PAGES, own, strict=True)) | {
        f"{page} for the administrator": status for page, status in zip(recipe.LISTS, lists, strict=True)
    }


def before(application):
    """Returns the pages of an existing user before drfctl creates others. Cached."""
    if application.before is None:
        application.before = visit(application, application.recipe.EXISTING)
        broken = [f"{page}: {status}" for page, status in application.before.items() if status.startswith(("404", "5"))]
        if broken:
            raise Failed(f"existing users cannot get {', '.join(broken)}")
    return application.before


def compare(application, user):
    """Returns how the pages of a new user, and now those of an existing one, differ from before."""
    own, new, now = (
        before(application),
        visit(application, user),
        visit(application, application.recipe.EXISTING),
    )
    found = [f"{page}: {new[page]}, not {status}" for page, status in own.items() if new[page] != status]
    found += [
        f"{page}, of an existing user: {now[page]}, not {status}" for page, status in own.items() if now[page] != status
    ]
    return found


def create(application, word, *arguments):
    """Creates a user with an option, and compares the user with one of the application."""
    user = application.recipe.NEW.format(word)
    before(application)
    given = application.recipe.GIVEN.get(word, ["--password-stdin"])
    # The application may redirect users without a password to a page that sets one.
    call = application.drfctl("create-user", user, *arguments, *given, stdin=f"password of {word}")
    succeed(call, "create-user")
    if "--password-stdin" in given:
        accepted = application.ask("log_in", user=user, password=f"password of {word}")
        expect(accepted, True, "the application accepts the password")
    differences = compare(application, user)
    expect(differences, application.recipe.DIFFERENT.get(word, []), "pages")
    if differences:
        # drfctl would compare the next users with this one.
        application.ask("delete", user=user)
        if "warning:" not in call.stderr:
            raise Failed(f"no warning, but {'; '.join(differences)}")
    return "; ".join([*differences, *call.stderr.splitlines()])


def create_user_like(application):
    return create(application, "like", "--like", application.recipe.EXISTING)


def create_user_signals(application):
    return create(application, "signals", "--signals")


def create_user_through_django(application):
    return create(application, "through", "--through-django")


def tables_of(output):
    """Splits the output of drfctl: the tables with a row for nearly every user, and the other lines."""
    tables, others = set(), []
    for line in output.splitlines():
        found = re.match(r"warning: nearly every user has a row in (.*?);", line)
        if found:
            tables.update(found[1].split(", "))
        elif not line.startswith(("hint: --like USERNAME", "hint: --signals lets")):
            others.append(line)
    return tables, others


def create_user_plain(application):
    """Creates a user from the database alone, and checks the warnings of drfctl."""
    recipe = application.recipe
    before(application)
    user = recipe.NEW.format("plain")
    ended = application.drfctl("create-user", user, "--password-stdin", stdin="password of plain", settings=False)
    status, output = recipe.PLAIN
    # The ids of rows differ in every run.
    seen = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", ended.stderr)
    differences = []
    if ended.returncode == 0:
        try:
            differences = compare(application, user)
        finally:
            application.ask("delete", user=user)
    (tables, others), (known_tables, known_others) = tables_of(seen), tables_of(output.lstrip("\n"))
    expect((ended.returncode, others), (status, known_others), "create-user")
    # The application may fill more tables than the recipe names.
    expect(known_tables - tables, set(), "tables without a warning")
    if ended.returncode != 0:
        return "rejected"
    if differences and "warning:" not in output:
        raise Failed(f"no warning, but {'; '.join(differences)}")
    return f"pages differ: {'; '.join(differences)}" if differences else "every page works"


def set_password(application):
    """drfctl and the application accept each other's new password, and no other one."""
    recipe = application.recipe
    user, word = recipe.EXISTING, "A passphrase of 9 words"
    ended = application.drfctl("set-password", user, "--password-stdin", stdin=word)
    if recipe.HAS_OWN_HASHES:
        expect(ended.returncode, 3, f"set-password: {ended.stderr}")
        for settings in (False, True):
            ended = application.drfctl("verify", "--user", user, "--password-stdin", stdin=word, settings=settings)
            expect(ended.returncode, 10, f"verify: {ended.stdout}{ended.stderr}")
        return "rejected: the application has its own hash format"
    succeed(ended, "set-password")
    agree(application, user, word)
    application.ask("set_password", user=user, password=f"{word}, changed")
    agree(application, user, f"{word}, changed")


def agree(application, user, word):
    for password, is_right in ((word, True), (f"not {word}", False)):
        expect(
            application.ask("log_in", user=user, password=password), is_right, f"the application accepts {password!r}"
        )
        ended = application.drfctl("verify", "--user", user, "--password-stdin", stdin=password)
        expect(ended.returncode, 0 if is_right else 3, f"verify: {ended.stdout}{ended.stderr}")


CHECKS = (
    inspect,
    create_token,
    create_user_plain,
    create_user_like,
    create_user_signals,
    create_user_through_django,
    set_password,
)
