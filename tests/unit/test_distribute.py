"""How tables are placed on several nodes: from what the migrations say of each."""

from __future__ import annotations

from parcours.store.distribute import placing_statements
from parcours.store.migrate import migrations


def texts() -> dict[str, str]:
    return {table: statement.as_string() for table, statement in placing_statements().items()}


def test_people_are_spread_by_bucket_beside_their_lease_and_the_rest_is_on_every_node() -> None:
    assert texts()["lease"] == (
        "SELECT create_distributed_table('parcours.lease', 'bucket', colocate_with => 'none')"
    )
    assert texts()["participant"] == (
        "SELECT create_distributed_table('parcours.participant', 'bucket', colocate_with => 'parcours.lease')"
    )
    assert texts()["version"] == "SELECT create_reference_table('parcours.version')"


def test_every_table_has_its_place_in_an_order_that_can_be_carried_out() -> None:
    places = dict(pair for migration in migrations() for pair in migration.placements)
    order = list(texts())
    assert set(order) == {table for table, place in places.items() if place != "local"}
    assert order.index("journey") < order.index("version")
    people = [table for table in order if places[table] == "person(bucket)"]
    assert people[0] == "lease"
    assert order[-len(people) :] == people
