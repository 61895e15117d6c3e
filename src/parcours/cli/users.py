"""`parcours user …`: the people who work here, their roles, links and invitations."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.remote_values import instants, plain
from parcours.cli.session import actor, connected, remote, settings_of
from parcours.domain.accounts import check_email, check_password
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.access.invitations import Invitation, invite
from parcours.service.access.passwords import hash_password
from parcours.service.access.sessions import end_sessions
from parcours.service.access.setup import make_setup_link
from parcours.service.access.users import add_user, change_user, list_users, make_link, show_user
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(
    help="Show and change who works here: roles, sign-in links, invitations.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="The address of the user.")]
Role = Annotated[str, typer.Option(help="viewer, editor, publisher or admin.")]
Language = Annotated[str, typer.Option(help="en, sv or fr.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example: parcours user list")
def list_all(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List everybody who works here."""

    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await list_users(connection, installed.clock.now())

    client = remote(context)
    people = connected(context, work) if client is None else [instants(row) for row in client.users()]
    found = [_plain(row) for row in people]
    if as_json:
        show_json(found)
    elif found:
        columns = ("email", "name", "role", "sessions", "keys", "signed_in_at", "disabled_at")
        rows = [[", ".join(row[c]) if c == "keys" else row[c] for c in columns] for row in found]
        show_table(columns, rows, numbers=("sessions",))
    else:
        say("Nobody yet. The first: parcours user add ADDRESS --role admin")


@app.command(epilog="Example: parcours user add anna@example.com --role admin")
def add(
    context: typer.Context,
    email: Email,
    *,
    role: Role = "viewer",
    name: Annotated[str, typer.Option(help="The full name.")] = "",
    language: Language = "en",
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, or read it from the standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add somebody who works here.

    Without --password a link is printed that signs the user in once, and lets that person take a password.
    """
    client = remote(context)
    if client is not None and password:
        raise ParcoursError(
            "only_local", "a password is given on the machine of the database only", place="--password",
            hint="Leave it out: a link is printed, by which the user takes one.",
        )  # fmt: skip
    secret = _ask_password(check_email(email)) if password else None

    async def work(installed: Installation) -> tuple[str, str | None]:
        hashed = await hash_password(secret) if secret is not None else None
        async with installed.database.transaction() as connection:
            now = installed.clock.now()
            known = await add_user(
                connection, email, role, at=now, actor=actor(), name=name, language=language, password_hash=hashed
            )  # fmt: skip
            if secret is not None:
                return known, None
            link, _ = await make_link(connection, known, installed.settings.base_url, at=now, actor=actor())
            return known, link

    if client is None:
        known, link = connected(context, work)
    else:
        known = client.add_user(email, role, name=name, language=language)["email"]
        link = client.user_link(known)["link"]
    if as_json:
        show_json({"email": known, "role": role, "link": link})
        return
    show(f"{known} is {role}.")
    if link:
        show(f"Signs in once: {link}")


@app.command(epilog="Example: parcours user change anna@example.com --role publisher")
def change(
    context: typer.Context,
    email: Email,
    *,
    role: Annotated[str | None, typer.Option(help="viewer, editor, publisher or admin.")] = None,
    name: Annotated[str | None, typer.Option(help="The full name.")] = None,
    language: Annotated[str | None, typer.Option(help="en, sv or fr.")] = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Change the role, name or language of a user, from the next request on."""
    given = {"role": role, "name": name, "language": language}
    _change(context, email, {k: v for k, v in given.items() if v is not None}, reason, as_json=as_json)


@app.command(epilog='Example: parcours user disable anna@example.com --reason "has left"')
def disable(context: typer.Context, email: Email, *, reason: Reason = None, as_json: AsJson = False) -> None:
    """Let a user in no more, and end the sessions there are. API keys stay: it says which."""
    _change(context, email, {"disabled": True}, reason, as_json=as_json)


@app.command(epilog="Example: parcours user enable anna@example.com")
def enable(context: typer.Context, email: Email, *, reason: Reason = None, as_json: AsJson = False) -> None:
    """Let a disabled user in again."""
    _change(context, email, {"disabled": False}, reason, as_json=as_json)


@app.command(epilog="Example: parcours user link anna@example.com")
def link(
    context: typer.Context,
    email: Email,
    *,
    url: Annotated[
        str | None, typer.Option(help="Where the server is reached; unset: PARCOURS_PUBLIC_URL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a link that signs a user in once; within 15 minutes of it a new password needs no old one.

    Former links of the user hold no longer.
    """
    client = remote(context)
    base = "" if client else (url or settings_of(context).base_url).rstrip("/")

    async def work(installed: Installation) -> dict[str, str]:
        async with installed.database.transaction() as connection:
            made, until = await make_link(connection, email, base, at=installed.clock.now(), actor=actor())
        return {"link": made, "expires_at": format_instant(until)}

    if client is None:
        made = connected(context, work)
    else:
        made = plain(client.user_link(email))
        made["link"] = _moved(made["link"], url)
    if as_json:
        show_json(made)
        return
    show(made["link"])
    say(f"It holds until {made['expires_at']}, once.")


@app.command("setup-link", epilog="Example: parcours user setup-link")
def setup_link(
    context: typer.Context,
    *,
    url: Annotated[
        str | None, typer.Option(help="Where the server is reached; unset: PARCOURS_PUBLIC_URL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the link by which the first administrator is made in the browser, while nobody works here.

    `parcours serve` prints one at its start. Each holds for a day; several may hold at once, and only one
    administrator is made by them.
    """
    base = (url or settings_of(context).base_url).rstrip("/")

    async def work(installed: Installation) -> dict[str, str]:
        async with installed.database.transaction() as connection:
            made, until = await make_setup_link(connection, base, installed.clock.now())
        return {"link": made, "expires_at": format_instant(until)}

    made = connected(context, work)
    if as_json:
        show_json(made)
        return
    show(made["link"])
    say(f"It holds until {made['expires_at']}, while nobody works here.")


@app.command("invite", epilog="Example: parcours user invite bo@example.com --role editor --language sv")
def invite_somebody(
    context: typer.Context,
    email: Email,
    *,
    role: Role = "viewer",
    language: Language = "en",
    url: Annotated[
        str | None, typer.Option(help="Where the server is reached; unset: PARCOURS_PUBLIC_URL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a link by which somebody makes an account. Hand it on yourself; it holds for some days."""
    client = remote(context)
    base = "" if client else (url or settings_of(context).base_url).rstrip("/")

    async def work(installed: Installation) -> Invitation:
        async with installed.database.transaction() as connection:
            return await invite(
                connection, email, role, base, at=installed.clock.now(), actor=actor(), language=language
            )  # fmt: skip

    if client is None:
        made = connected(context, work)
    else:
        wire = instants(client.invite(email, role, language=language))
        made = Invitation(
            wire["id"], wire["email"], wire["role"], _moved(wire["link"], url), wire["expires_at"]
        )
    if as_json:
        show_json(
            {"email": made.email, "role": made.role, "link": made.link, "expires_at": format_instant(made.expires_at)}
        )  # fmt: skip
        return
    show(made.link)
    say(f"It makes {made.email} {made.role}, until {format_instant(made.expires_at)}, once.")


@app.command("sign-out", epilog="Example: parcours user sign-out anna@example.com")
def sign_out(context: typer.Context, email: Email, *, as_json: AsJson = False) -> None:
    """End every session of a user."""

    async def work(installed: Installation) -> int:
        async with installed.database.transaction() as connection:
            now = installed.clock.now()
            known = await show_user(connection, email, now)
            return await end_sessions(connection, known["email"], at=now, actor=actor())

    client = remote(context)
    ended = connected(context, work) if client is None else client.sign_out(email)
    if as_json:
        show_json({"sessions": ended})
    else:
        show(f"{ended} sessions ended." if ended != 1 else "1 session ended.")


def _change(
    context: typer.Context, email: str, changes: dict[str, Any], reason: str | None, *, as_json: bool
) -> None:
    async def work(installed: Installation) -> dict[str, Any]:
        async with installed.database.transaction() as connection:
            return await change_user(
                connection, email, changes, at=installed.clock.now(), actor=actor(), reason=reason
            )  # fmt: skip

    client = remote(context)
    if client is None:
        row = _plain(connected(context, work))
    else:
        row = _plain(instants(client.change_user(email, reason=reason, **changes)))
    if as_json:
        show_json(row)
        return
    show(f"{row['email']} is {row['role']}{', and disabled' if row['disabled_at'] else ''}.")
    if changes.get("disabled") and row["keys"]:
        say(
            f"API keys made by this user still hold: {', '.join(row['keys'])}. parcours key revoke NAME ends one."
        )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    instants = ("created_at", "signed_in_at", "disabled_at")
    return {
        name: format_instant(value) if name in instants and value is not None else value
        for name, value in row.items()
    }


def _moved(link: str, url: str | None) -> str:
    """Return a link with another address of the server, where one is asked for."""
    path, _, token = link.rpartition("/")
    return link if url is None else f"{url.rstrip('/')}/{path.rpartition('/')[2]}/{token}"


def _ask_password(email: str) -> str:
    if sys.stdin.isatty():
        secret: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        secret = sys.stdin.readline().rstrip("\n")
    check_password(secret, email)
    return secret
