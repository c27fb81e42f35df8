"""A row whose AUTO_INCREMENT number is 0 keeps it, whatever else the statement that copies it has to do."""

import pytest

from harness import oracle
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97"])
def test_zero_beside_columns_that_are_set(pair, two, new_job):
    """ENUM and SET go through variables; the counter's column is the first, in the middle, of another type, or alone."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO'",
                  "CREATE TABLE d.a (id INT AUTO_INCREMENT PRIMARY KEY, e ENUM('', 'x'), s SET('p', 'q'))", "INSERT INTO d.a VALUES (0, 1, 0), (1, 2, 3), (2, NULL, NULL)",
                  "CREATE TABLE d.b (e ENUM('', 'x'), id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY)", "INSERT INTO d.b VALUES (1, 0), (2, 7), (2, 18446744073709551613)",
                  "CREATE TABLE d.c (s SET('p'), id TINYINT AUTO_INCREMENT PRIMARY KEY)", "INSERT INTO d.c VALUES (1, -1), (0, 0)",
                  "CREATE TABLE d.d (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "INSERT INTO d.d VALUES (0, 0)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
