"""`parcours mailbox …`: the mails that the built-in mailbox caught."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from parcours.channels.mailbox import KeptMail, Mailbox, Summary
from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.session import settings_of
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
    mail = _mailbox(context).show(number)
    source = mail.source.decode("utf-8", "replace")
    if as_json:
        files = [{"name": file.name, "type": file.type, "bytes": file.bytes} for file in mail.files]
        content = {"headers": mail.headers, "text": mail.text, "html": mail.html, "attachments": files}
        show_json(_plain(mail.summary) | content)
    elif part == "source":
        show(source)
    else:
        _show(mail, mail.html if part == "html" else mail.text or mail.html or "")


@app.command(epilog="Example: parcours mailbox clear")
def clear(context: typer.Context) -> None:
    """Throw all mails away."""
    box = _mailbox(context)
    count = box.count()
    box.clear()
    show(f"{count} mails thrown away.")


def _list(context: typer.Context, limit: int, search: str, *, as_json: bool) -> None:
    box = _mailbox(context)
    mails = box.list(limit, search)
    if as_json:
        show_json([_plain(mail) for mail in mails])
        return
    if not mails:
        say(
            "No mail matches."
            if search
            else f"The mailbox is empty ({mailbox_folder(settings_of(context))})."
        )
        return
    rows = [(mail.number, format_instant(mail.at), ", ".join(mail.to), mail.subject) for mail in mails]
    show_table(("number", "at", "to", "subject"), rows, numbers=("number",))
    if len(mails) == limit:
        say(f"{box.count()} mails in all.")


def _show(mail: KeptMail, body: str | None) -> None:
    for name, value in mail.headers:
        show(f"{name}: {value}")
    show()
    show(body if body is not None else "This part is not there.")
    for file in mail.files:
        show(f"Attached: {file.name} ({file.type}, {file.bytes:,} bytes)")


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
