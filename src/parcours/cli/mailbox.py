"""`parcours mailbox …`: the mails that the built-in mailbox caught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from parcours.channels.mailbox import Mailbox, Summary
from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.session import remote, settings_of
from parcours.client import Client
from parcours.client.forms import MailLine
from parcours.domain.timing import format_instant
from parcours.wiring import mailbox_folder

__all__ = ["app"]

app = typer.Typer(help="Read the mail that the built-in mailbox caught.", invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.callback()
def mailbox(context: typer.Context) -> None:
    """Read the mail that the built-in mailbox caught.

    It catches all mail where no mail server is set. Without a command the newest mails are listed.
    """
    if context.invoked_subcommand is None:
        _list(context, 20, "", as_json=False)


@app.command("list", epilog="Example: parcours mailbox list --search anna@example.com")
def list_mails(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 20,
    search: Annotated[str, typer.Option(help="Only mails with this in recipient, sender or subject.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the newest mails."""
    _list(context, limit, search, as_json=as_json)


@app.command("show", epilog="Example: parcours mailbox show 12")
def show_mail(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="Its number in the list.", min=1)],
    *,
    part: Annotated[
        Literal["text", "html", "source"], typer.Option(help="What to show of it: text, html or source.")
    ] = "text",
    as_json: AsJson = False,
) -> None:
    """Show one mail: its headers, its text, and which files it carries."""
    client = remote(context)
    if client is not None:
        _show_there(client, number, part, as_json=as_json)
        return
    mail = _mailbox(context).show(number)
    source = mail.source.decode("utf-8", "replace")
    if as_json:
        files = [{"name": file.name, "type": file.type, "bytes": file.bytes} for file in mail.files]
        content = {"headers": mail.headers, "text": mail.text, "html": mail.html, "attachments": files}
        show_json(_plain(mail.summary) | content)
    elif part == "source":
        show(source)
    else:
        named = [(file.name, file.type, file.bytes) for file in mail.files]
        _show(mail.headers, mail.html if part == "html" else mail.text or mail.html or "", named)


@app.command(epilog="Example: parcours mailbox clear")
def clear(context: typer.Context) -> None:
    """Throw all mails away."""
    box = _mailbox(context)
    count = box.count()
    box.clear()
    show(f"{count} mails thrown away.")


def _list(context: typer.Context, limit: int, search: str, *, as_json: bool) -> None:
    client = remote(context)
    if client is not None:
        mails = [_line(one) for one in client.mailbox(search=search, limit=limit)]
        where, count = client.url, None
    else:
        box = _mailbox(context)
        mails = [_plain(mail) for mail in box.list(limit, search)]
        where, count = str(mailbox_folder(settings_of(context))), box.count()
    if as_json:
        show_json(mails)
        return
    if not mails:
        say("No mail matches." if search else f"The mailbox is empty ({where}).")
        return
    rows = [(mail["number"], mail["at"], ", ".join(mail["to"]), mail["subject"]) for mail in mails]
    show_table(("number", "at", "to", "subject"), rows, numbers=("number",))
    if len(mails) == limit and count is not None:
        say(f"{count} mails in all.")


def _line(mail: MailLine) -> dict[str, Any]:
    return {
        "number": mail["number"], "at": mail["at"], "to": mail["to"], "from": mail["sender"],
        "subject": mail["subject"], "bytes": mail["bytes"],
    }  # fmt: skip


def _show_there(client: Client, number: int, part: str, *, as_json: bool) -> None:
    """Show a mail of a server's mailbox."""
    if part == "source" and not as_json:
        show(client.mail_source(number).decode("utf-8", "replace"))
        return
    mail = client.mail(number)
    if as_json:
        content = {"headers": mail["headers"], "text": mail["text"], "html": mail["html"]}
        show_json(_line(mail) | content | {"attachments": mail["files"]})
        return
    headers = [(name, value) for name, value in mail["headers"]]
    files = [(file["name"], file["type"], file["bytes"]) for file in mail["files"]]
    _show(headers, mail["html"] if part == "html" else mail["text"] or mail["html"] or "", files)


def _show(
    headers: Sequence[tuple[str, str]], body: str | None, files: Sequence[tuple[str, str, int]]
) -> None:
    for name, value in headers:
        show(f"{name}: {value}")
    show()
    show(body if body is not None else "This part is not there.")
    for name, kind, size in files:
        show(f"Attached: {name} ({kind}, {size:,} bytes)")


def _mailbox(context: typer.Context) -> Mailbox:
    return Mailbox(mailbox_folder(settings_of(context)))


def _plain(mail: Summary) -> dict[str, Any]:
    return {
        "number": mail.number,
        "at": format_instant(mail.at),
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "bytes": mail.bytes,
    }
