"""Every screen, dialog and menu of the application as tables, and a room in which each has something to show."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Locator, expect

from browser.room import PATIENCE, STEPS, Room, Screen
from support.worker import Document

__all__ = ["OPENINGS", "PLACES", "Opening", "furnish", "opened", "settled", "told"]

LETTER: Document = {
    "hello": {"email": {"subject": "Hello", "text": "Hi."}},
    **STEPS,
}  # fmt: skip
NEXT: Document = {"pause": {"label": "A shorter rest", "wait": {"for": "3d"}}, "end": {"end": {}}}

# Every address that the router knows, by the part of the application that it belongs to.
PLACES: dict[str, tuple[str, ...]] = {
    "journeys": (
        "/", "/?view=tiles", "/?search=nothing-like-it", "/journeys/shown", "/journeys/shown/participants",
        "/journeys/shown/participants/shown1", "/journeys/shown/participants/never-seen",
        "/journeys/shown/reports", "/journeys/shown/messages", "/journeys/shown/activity",
        "/journeys/shown/settings", "/journeys/changed/plan", "/journeys/changed/plan/2?people=move",
    ),
    "people": (
        "/people", "/people?search=nobody", "/people/shown1", "/people/shown1?tab=journeys",
        "/people/shown1?tab=messages", "/people/shown1?tab=events", "/people/shown1?tab=consent", "/people/nobody",
        "/events", "/imports", "/imports/new", "/imports/1", "/audiences", "/audiences/picked", "/audiences/met",
        "/audiences/missing", "/new-audience",
    ),
    "house": (
        "/activity", "/mailbox", "/settings", "/settings/users", "/settings/keys", "/settings/senders",
        "/settings/subscriptions", "/settings/suppressions", "/settings/rules", "/settings/retention",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """What is opened, where, and by which presses: each a role and the key of the text on it."""

    where: str
    presses: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.where} {' > '.join(self.presses)}"


def _of(where: str, *presses: str) -> Opening:
    return Opening(where, presses)


OPENINGS: dict[str, tuple[Opening, ...]] = {
    "journeys": (
        _of("/?search=shown", "button home.more"),
        _of("/?search=shown", "button home.more", "menuitem settings.move.label"),
        _of("/?search=shown", "button home.more", "menuitem command.duplicate.label"),
        _of("/?search=shown", "button home.more", "menuitem command.new_version.label"),
        _of("/?search=shown", "button home.more", "menuitem command.close.label"),
        _of("/", "combobox home.status"),
        _of("/", "combobox home.folder"),
        _of("/", "combobox home.sort"),
        _of("/", "button app.language"),
        _of("/", "button sending.hold"),
        _of("/journeys/shown", "button journey.commands"),
        _of("/journeys/shown", "button journey.commands", "menuitem command.pause.label"),
        _of("/journeys/shown", "button journey.commands", "menuitem command.stop.label"),
        _of("/journeys/changed", "combobox journey.version"),
        _of("/journeys/resting", "button journey.commands", "menuitem command.resume.label"),
        _of("/journeys/over", "button journey.commands", "menuitem command.restart.label"),
        _of("/journeys/over", "button journey.commands", "menuitem command.delete.label"),
        _of("/journeys/fresh", "button journey.commands", "menuitem command.publish.label"),
        _of("/journeys/shown/participants", "combobox people.status"),
        _of("/journeys/shown/participants", "button people.add"),
        _of("/journeys/shown/participants", "button people.remove"),
        _of("/journeys/shown/participants", "button audience.saveAs"),
        _of("/journeys/shown/reports", "button audience.saveOf"),
        _of("/journeys/shown/reports", "button audience.saveOf", "menuitem audience.count.entered"),
        _of("/journeys/shown/activity", "combobox settings.activity.what"),
        _of("/journeys/shown/settings", "combobox home.folder"),
        _of("/journeys/shown/settings", "button settings.later.add"),
        _of("/journeys/shown/settings", "button settings.later.remove"),
    ),
    "people": (
        _of("/people", "combobox person.inAudience"),
        _of("/events", "combobox debugger.result"),
        _of("/people/shown1", "button person.export.label"),
        _of("/people/shown1", "button erase.label"),
        _of("/people/shown1?tab=journeys", "combobox person.whyNot"),
        _of("/people/shown1?tab=consent", "button consent.say.in"),
        _of("/people/shown1?tab=consent", "button consent.address.add"),
        _of("/audiences/picked", "button audience.add"),
        _of("/audiences/picked", "button audience.remove"),
        _of("/audiences/picked", "button audience.rename"),
        _of("/audiences/picked", "button audience.delete"),
        _of("/audiences/met", "button audience.delete"),
        _of("/new-audience", "combobox condition.compared"),
    ),
    "house": (
        _of("/activity", "combobox settings.activity.what"),
        _of("/activity", "combobox settings.activity.journey"),
        _of("/settings", "combobox app.language"),
        _of("/settings", "button settings.account.everywhere"),
        _of("/settings/users", "button settings.users.invite"),
        _of("/settings/users", "button settings.users.more"),
        _of("/settings/users", "button settings.users.more", "menuitem settings.users.changeRole"),
        _of("/settings/users", "button settings.users.more", "menuitem settings.users.disable"),
        _of("/settings/users", "button settings.users.more", "menuitem settings.users.link"),
        _of("/settings/keys", "button settings.keys.make"),
        _of("/settings/keys", "button settings.sources.make"),
        _of("/settings/keys", "button settings.keys.revoke"),
        _of("/settings/senders", "button settings.senders.add"),
        _of("/settings/senders", "button settings.change"),
        _of("/settings/suppressions", "button settings.suppressions.add"),
        _of("/settings/suppressions", "button settings.suppressions.remove"),
        _of("/settings/subscriptions", "button settings.subscriptions.add"),
        _of("/settings/subscriptions", "button settings.change"),
        _of("/settings/subscriptions", "button settings.delete"),
        _of("/settings/retention", "textbox settings.retention.events.label", "button settings.save"),
    ),
}  # fmt: skip


def furnish(room: Room) -> None:
    """Put something to see behind every address of `PLACES` and every press of `OPENINGS`."""
    known: Document = {"first_name": "Anna", "last_name": "Berg", "email": "anna@example.com", "vip": True}
    room.feed({"type": "identify", "userId": "shown1", "traits": known})
    mail = {"from": "Anna <anna@example.com>", "reply_to": "anna@example.com", "transactional": True}
    room.journey("shown", ["shown1", "shown2"], steps=LETTER, email=mail, folder="Care", tags=["spring"])
    room.feed(
        {"type": "track", "userId": "shown1", "event": "Seen", "properties": {"n": 1}, "messageId": "s1"}
    )
    room.journey("changed", ["shown1"])
    changed = {"journey": "changed", "name": "Journey changed", "entry": {"triggers": [{"manual": True}]}}
    room.ask("PUT", "/api/journeys/changed/draft", {**changed, "steps": NEXT}, **{"if-none-match": "*"})
    for key, command in (("resting", "pause"), ("over", "stop")):
        room.journey(key, ["shown2"])
        room.command(key, command)
    room.journey("fresh", publish=False)
    room.ask("PUT", "/api/audiences/met", {"name": "Met", "where": {"field": "profile.vip", "is": True}})
    room.journey("asks", entry={"triggers": [{"manual": True}], "filter": {"audience": "met"}})
    room.ask("PUT", "/api/audiences/picked", {"name": "Picked"})
    room.ask("POST", "/api/audiences/picked/members", {"op": "add", "user_ids": ["shown1"]})
    room.ask("PUT", "/api/subscriptions/news", {"default": "out", "names": {"en": "News"}})
    room.ask("PUT", "/api/senders/shop", {"address": "shop@example.com", "name": "The shop", "default": True})
    room.ask("POST", "/api/suppressions", {"addresses": ["blocked@example.com"]})
    room.ask("POST", "/api/keys", {"name": "shop", "scopes": ["read"]})
    room.ask("POST", "/api/sources", {"name": "web"})
    room.ask("POST", "/api/invitations", {"email": "bo@example.com", "role": "viewer", "language": "sv"})
    room.ask("POST", "/api/journeys/shown/commands/pause", {"at": "2031-05-01T08:00"})


def _named(screen: Screen, key: str) -> re.Pattern[str]:
    """A text as part of a name; what is filled in may be anything."""
    return re.compile(r".*".join(re.escape(part) for part in re.split(r"\{\{\w+\}\}", screen.text(key))))


async def settled(screen: Screen) -> None:
    """Wait until what the address shows is there: its title, and nothing that stands for something else."""
    page = screen.page
    await expect(page.locator("main h1, main h2, main [data-missing]").first).to_be_visible(timeout=PATIENCE)
    await expect(page.locator("main .mantine-Skeleton-root, main [aria-busy=true], .coming")).to_have_count(
        0, timeout=PATIENCE
    )


async def opened(screen: Screen, opening: Opening) -> Locator:
    """Open something at the place that is shown; return what has the focus again when it is closed."""
    page = screen.page
    opener: Locator | None = None
    for press in opening.presses:
        role, _, key = press.partition(" ")
        found = page.get_by_role(role, name=_named(screen, key)).first  # type: ignore[arg-type]
        await found.wait_for(timeout=PATIENCE)
        if role == "textbox":
            await found.fill("30")
        else:
            await found.click()
        if role != "menuitem":  # a menu is gone by then
            opener = found
    awaited = {"combobox": "[role=listbox]", "menuitem": "[role=dialog]"}.get(opening.presses[-1].split()[0])
    awaited = awaited or "[role=dialog], [role=menu]"
    await expect(page.locator(awaited).locator("visible=true").first).to_be_visible(timeout=PATIENCE)
    await expect(
        page.locator(f":is({awaited}) .mantine-Skeleton-root, [role=dialog] .mantine-Loader-root")
    ).to_have_count(0, timeout=PATIENCE)
    assert opener is not None
    return opener


async def told(screen: Screen, where: str) -> list[str]:
    """What axe finds in the page as it is."""
    try:
        await screen.accessible(where)
    except AssertionError as found:
        return [str(found).split("\nassert")[0]]
    return []
