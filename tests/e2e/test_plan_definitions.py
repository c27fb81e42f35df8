"""Definitions that the target cannot hold are blocked by the plan, by name; what it lets pass can be made there."""

import pytest

from harness import blocked_page, definitions, oracle
from harness.servers import MARIADB118, MYSQL97
from harness.unmoor import BLOCKED, OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = [(MARIADB118, MARIADB118), (MARIADB118, MYSQL97), (MYSQL97, MARIADB118), (MYSQL97, MYSQL97)]


@pytest.mark.parametrize("source_kind, target_kind", PAIRS, ids=lambda kind: kind)
def test_every_definition(source_kind, target_kind, pool, new_job):
    source, target = pool.get(f"src-{source_kind}", source_kind), pool.get(f"dst-{target_kind}", target_kind)
    source.reset()
    target.reset()
    source.script("CREATE DATABASE defs CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", "CREATE DATABASE outside")
    made = {f"d{i:02}": d for i, d in enumerate(definitions.ALL) if d.exists_on(source)}
    for name, definition in made.items():
        source.script(*definition.create.replace("{}", name).split(";;"), database="defs")
    job = new_job(source, target, ["defs.*"])
    plan = job.run("plan", "--format", "json")
    found = blocked_page.definitions_found(plan.json, made)
    wanted = {name for name, d in made.items() if not d.fits_on(target)}
    assert set(found) == wanted, f"not expected: {sorted(set(found) - wanted)}, not blocked: {sorted(wanted - set(found))}"
    plan.expect(BLOCKED if wanted else OK)
    job.set("tables.exclude", [f"defs.{name}*" for name in sorted(wanted)])
    job.write()
    if wanted != set(made):
        job.run("migrate", "--until", "synced").expect(OK)
        held = {row[0] for row in target.query("SELECT table_name FROM information_schema.tables WHERE table_schema='defs'")}
        assert set(made) - wanted <= held
    blocked_page.check_definitions(source, target, made, found)


STOPS = [
    (MYSQL97, MARIADB118, "JSON", "CONCAT(REPEAT('[', 32), REPEAT(']', 32))", "32 levels"),
    (MYSQL97, MARIADB118, "VECTOR(3)", "x'0000803f'", "shorter ones"),
    (MARIADB118, MYSQL97, "JSON", "'1e999'", "1e999"),
    (MARIADB118, MYSQL97, "TIME(2)", "'838:59:59.99'", "838:59:59"),
]


@pytest.mark.parametrize("source_kind, target_kind, kind, value, told", STOPS, ids=["deep-json", "short-vector", "large-number", "long-time"])
def test_values_that_stop(source_kind, target_kind, kind, value, told, pool, new_job):
    """The plan warns once; the value stops the job, and the text has where it is."""
    source, target = pool.get(f"src-{source_kind}", source_kind), pool.get(f"dst-{target_kind}", target_kind)
    source.reset()
    target.reset()
    source.script("CREATE DATABASE stops CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                  f"CREATE TABLE stops.t (id INT PRIMARY KEY, v {kind}, w {kind})", f"INSERT INTO stops.t (id, v) VALUES (7, NULL), (8, {value})")
    job = new_job(source, target, ["stops.*"])
    plan = job.run("plan", "--format", "json").expect(OK).json
    (check,) = [c for c in plan["checks"] if c["id"] == "tables.target" and told in c["seen"]]
    assert check["level"] == "WARN" and "stops.t column v, stops.t column w" in check["seen"]
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-5002" in result.stderr and "`stops`.`t`, chunk 1 (all its rows)" in result.stderr, str(result)
    assert not target.value("SELECT COUNT(*) FROM stops.t")
    source.script("DELETE FROM stops.t WHERE id=8")
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.compare_rows(source, target, "stops")
