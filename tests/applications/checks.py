"""What has to hold for every application. A check returns what it has to remark."""

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
    """The tables are named by the database alone, and by the settings."""
    recipe = application.recipe
    for settings in (False, True):
        ended = application.drfctl("inspect", "--format", "json", settings=settings)
        expect(ended.returncode, 6 if recipe.TOKEN_TABLE is None else 0, f"inspect, with settings: {settings}")
        found = json.loads(ended.stdout)[0]
        tables = (found["user_table"], found["login_column"], found["token_table"])
        expect(tables, (recipe.USER_TABLE, recipe.USERNAME_FIELD, recipe.TOKEN_TABLE), f"with settings: {settings}")


def create_token(application):
    """The application's interface takes the token, and not one that drfctl revoked."""
    recipe = application.recipe
    user = recipe.EXISTING
    ended = application.drfctl("create-token", user, "--format", "raw")
    if recipe.TOKEN_TABLE is None:
        expect((ended.returncode, ended.stderr), (6, recipe.NO_TOKENS.lstrip("\n")), "create-token")
        return "there are no such tokens"
    key = succeed(ended, "create-token").stdout.strip()
    header = f"{recipe.TOKEN_HEADER} {key}"
    expect(application.ask("use_token", page=recipe.API, header=header), 200, recipe.API)
    succeed(application.drfctl("verify", stdin=key), "verify")
    succeed(application.drfctl("revoke", user), "revoke")
    after = application.ask("use_token", page=recipe.API, header=header)
    if after not in (401, 403):
        raise Failed(f"{recipe.API} after revoke: {after}")


def compare(application, user):
    """Compares what a user gets with what one of the application gets; then the lists of users."""
    recipe = application.recipe
    own, seen = (application.ask("visit", user=name, pages=recipe.PAGES) for name in (recipe.EXISTING, user))
    pages = [(page, *both) for page, *both in zip(recipe.PAGES, own, seen, strict=True)]
    own, seen = (
        application.ask("visit", user=recipe.ADMIN, pages=recipe.LISTS, of=name) for name in (recipe.EXISTING, user)
    )
    pages += [(page, *both) for page, *both in zip(recipe.LISTS, own, seen, strict=True)]
    broken = [f"{page}: {status}" for page, status, _ in pages if status.startswith(("404", "5"))]
    if broken:
        raise Failed(f"not even the application's own users get {', '.join(broken)}")
    return [f"{page}: {after}, not {before}" for page, before, after in pages if before != after]


def create(application, word, *arguments):
    """Creates a user in a way, and compares the user with one of the application."""
    user = application.recipe.NEW.format(word)
    given = application.recipe.GIVEN.get(word, [])
    # The application may send those without a password to a page that sets one.
    call = application.drfctl("create-user", user, "--password-stdin", *arguments, *given, stdin=f"password of {word}")
    succeed(call, "create-user")
    differences = compare(application, user)
    if differences:
        raise Failed("; ".join(differences))
    return " ".join(call.stderr.split("\n")).strip()


def create_user_like(application):
    return create(application, "like", "--like", application.recipe.EXISTING)


def create_user_signals(application):
    return create(application, "signals", "--signals")


def create_user_through_django(application):
    return create(application, "through", "--through-django")


def create_user_plain(application):
    """What drfctl says, with the database alone, before it creates a user who lacks something."""
    recipe = application.recipe
    user = recipe.NEW.format("plain")
    ended = application.drfctl("create-user", user, "--password-stdin", stdin="password of plain", settings=False)
    status, said = recipe.PLAIN
    # Keys of rows are not the same on every run.
    seen = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID", ended.stderr)
    expect((ended.returncode, seen), (status, said.lstrip("\n")), "create-user")
    if ended.returncode != 0:
        return "refused"
    differences = compare(application, user)
    if differences and "warning:" not in said:
        raise Failed(f"nothing was warned of, and yet {'; '.join(differences)}")
    return f"without it: {'; '.join(differences)}" if differences else "every page answers all the same"


def set_password(application):
    """Where one sets a password, the other accepts it, and no other one."""
    user, word = application.recipe.EXISTING, "A passphrase of 9 words"
    succeed(application.drfctl("set-password", user, "--password-stdin", stdin=word), "set-password")
    agree(application, user, word)
    application.ask("set_password", user=user, password=f"{word}, changed")
    agree(application, user, f"{word}, changed")


def agree(application, user, word):
    for password, is_right in ((word, True), (f"not {word}", False)):
        expect(application.ask("log_in", user=user, password=password), is_right, f"the application accepts {password!r}")
        ended = application.drfctl("verify", "--user", user, "--password-stdin", stdin=password)
        expect(ended.returncode, 0 if is_right else 3, f"verify: {ended.stdout}{ended.stderr}")


CHECKS = (
    inspect,
    create_token,
    create_user_like,
    create_user_signals,
    create_user_through_django,
    create_user_plain,
    set_password,
)
