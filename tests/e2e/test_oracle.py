"""The oracle itself must see the smallest difference, or it proves nothing."""

import pytest

from harness import oracle

SPOIL = {
    "one byte of a blob": "UPDATE setting SET blob_value=X'00FE' WHERE name='a'",
    "a trailing space": "UPDATE setting SET value='lower ' WHERE name='a'",
    "NULL for empty": "UPDATE `order` SET `group by`=NULL WHERE `group by`=''",
    "the last bit of a float": "UPDATE customer SET score=score*(1+1e-7) WHERE customer_id=1001",
    "one microsecond": "UPDATE customer SET changed=changed + INTERVAL 1 MICROSECOND WHERE customer_id=1001",
    "a bit": "UPDATE customer SET flags=flags^1, changed=changed WHERE customer_id=1002",
    "letter case": "UPDATE country SET iso='at' WHERE iso='AT'",
    "a row too few": "DELETE FROM visit LIMIT 1",
    "a row too many": "INSERT INTO category (category_id, name) VALUES (99, 'new')",
    "a sign": "UPDATE film SET gross=-gross WHERE film_id=3",
    "an index": "ALTER TABLE rental DROP INDEX idx_fk_staff, ADD INDEX idx_fk_staff (staff_id, return_date)",
    "a missing index": "ALTER TABLE film DROP INDEX idx_title",
    "an index prefix": "ALTER TABLE city DROP INDEX idx_city_prefix, ADD INDEX idx_city_prefix (city(6))",
    "a unique index": "ALTER TABLE `order` DROP INDEX `un``ique`, ADD INDEX `un``ique` (`we``ird`)",
    "a foreign key": "ALTER TABLE film_category DROP FOREIGN KEY fk_fc_film",
    "a rule of a foreign key": "ALTER TABLE film_category DROP FOREIGN KEY fk_fc_film, ADD CONSTRAINT fk_fc_film2"
                               " FOREIGN KEY (film_id) REFERENCES film (film_id)",
    "a counter": "ALTER TABLE actor AUTO_INCREMENT=5001",
    "a default": "ALTER TABLE visit ALTER COLUMN hits SET DEFAULT 2",
    "a comment": "ALTER TABLE language COMMENT='other'",
    "a column's collation": "ALTER TABLE actor MODIFY last_name VARCHAR(45) COLLATE utf8mb4_general_ci NOT NULL",
    "a partition": "ALTER TABLE visit COALESCE PARTITION 1",
    "a trigger": "DROP TRIGGER customer_before_insert",
    "a procedure": "DROP PROCEDURE rent",
    "a view": "CREATE OR REPLACE VIEW cheap_film AS SELECT film_id, title, rental_rate FROM film WHERE rental_rate < 2",
    "an event": "DROP EVENT tick",
}


@pytest.fixture(scope="module")
def both(pool, fixtures):
    from conftest import PAIRS
    servers = [pool.get(f"{role}-{kind}", kind) for role, kind in zip(("src", "dst"), PAIRS["mariadb-mariadb"])]
    for server in servers:
        server.reset()
        server.load(fixtures / "sakila_like.sql", "film")
    yield servers
    for server in servers:
        server.reset()


def test_equal_copies_are_equal(both):
    oracle.assert_equal(*both, ["film"])


@pytest.mark.parametrize("what", SPOIL)
def test_a_difference_is_seen(both, fixtures, what):
    source, target = both
    target.script("SET foreign_key_checks=0", SPOIL[what], database="film")
    with pytest.raises(oracle.Different):
        oracle.assert_equal(source, target, ["film"])
    target.script("SET foreign_key_checks=0; DROP DATABASE film")
    target.load(fixtures / "sakila_like.sql", "film")


def test_an_enabled_event_is_seen(both):
    assert oracle.enabled_events(both[0], "film") == ["cleanup_audit"]
