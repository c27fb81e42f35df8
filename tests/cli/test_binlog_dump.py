"""`unmoor binlog dump`: the exact output for the binlogs of fixtures/binlog, and how it ends.

The expected outputs are in the folder beside this file. To take over changed ones, run
UNMOOR_TEST_UPDATE=1 pytest cli/test_binlog_dump.py, and read the difference before keeping it. That
the values in them are those of the servers' own printers is what e2e/test_binlog_printers.py shows.
"""

import json
import os
import pathlib
import subprocess

import pytest

from harness import unmoor
from harness.unmoor import OK, OTHER, UNSUPPORTED, USAGE

pytestmark = pytest.mark.usefixtures("binary")

EXPECTED = pathlib.Path(__file__).with_name("binlog_dump")
UPDATE = os.environ.get("UNMOOR_TEST_UPDATE")

# Name of the expected file: exit code and arguments. A fixture stands for its file.
OUTPUTS = {
    "types-mysql-9.7.text": (OK, ["types-mysql-9.7"]),
    "types-mysql-5.6.json": (OK, ["types-mysql-5.6", "--format", "json"]),
    "mariadb-11.8.text": (UNSUPPORTED, ["mariadb-11.8"]),
    "stream-mysql-9.7.json": (OK, ["stream-mysql-9.7", "--format=json"]),
    "packed-mysql-9.7.text": (OK, ["packed-mysql-9.7", "--table", "fx.signs,packed.*", "--to", "9008"]),
    "packed-mariadb-11.8.json": (OK, ["packed-mariadb-11.8", "--format", "json", "--from", "8512", "--to", "9072"]),
    "statement-mysql-9.7.text": (OK, ["statement-mysql-9.7"]),
    "statement-mariadb-11.8.json": (OK, ["statement-mariadb-11.8", "--format", "json"]),
    "two-files.text": (OK, ["types-mysql-9.7", "types-mysql-5.6", "--from", "types-mysql-9.7.binlog:7500", "--to", "400"]),
}


def dump(tmp_path, fixtures, *args):
    files = {f.stem: f for f in (fixtures / "binlog").glob("*.binlog")}
    return unmoor.run(tmp_path, "binlog", "dump", *(files.get(a, a) for a in args))


@pytest.mark.parametrize("name", OUTPUTS)
def test_exact_output(name, tmp_path, fixtures):
    code, args = OUTPUTS[name]
    result = dump(tmp_path, fixtures, *args).expect(code)
    file = EXPECTED / name
    if UPDATE:
        file.write_text(result.stdout, "utf-8")
    assert result.stdout == file.read_text("utf-8")


def test_every_line_of_json_is_an_object(tmp_path, fixtures):
    for file in sorted((fixtures / "binlog").glob("*.binlog")):
        result = dump(tmp_path, fixtures, file, "--format", "json").expect(OK, UNSUPPORTED)
        events = [json.loads(line) for line in result.stdout.splitlines()]
        assert events and all(e["end"] > e["position"] and e["file"] == file.name for e in events)
        text = dump(tmp_path, fixtures, file).expect(OK, UNSUPPORTED).stdout
        assert len([line for line in text.splitlines() if not line.startswith(" ")]) == len(events)


def cut(file, tmp_path, size):
    short = tmp_path / "binlog.000001"
    short.write_bytes(file.read_bytes()[:size])
    return short


ENDS = {
    "nothing given": (USAGE, 1007, []),
    "file that is not there": (USAGE, 6050, ["nowhere"]),
    "folder": (USAGE, 6050, ["/"]),
    "no binlog": (OTHER, 6051, [__file__]),
    "format that does not exist": (USAGE, 1004, ["types-mysql-9.7", "--format", "xml"]),
    "option with a typing error": (USAGE, 1003, ["types-mysql-9.7", "--tabel", "a.b"]),
    "table without a schema": (USAGE, 1004, ["types-mysql-9.7", "--table", "orders"]),
    "no place": (USAGE, 1004, ["types-mysql-9.7", "--from", "yesterday"]),
    "place in another file": (USAGE, 6055, ["types-mysql-9.7", "--to", "binlog.000009:4"]),
    "place behind the end": (USAGE, 6055, ["types-mysql-9.7", "--from", "1000000"]),
    "GTID that never comes": (USAGE, 6055, ["types-mariadb-11.8", "--from", "0-1-1000000"]),
    "GTID of the other kind": (USAGE, 6055, ["types-mysql-9.7", "--from", "0-1-1"]),
    "rows that do not tell how to read them": (UNSUPPORTED, 6056, ["mariadb-11.8"]),
}


@pytest.mark.parametrize("name", ENDS)
def test_ends(name, tmp_path, fixtures):
    code, um, args = ENDS[name]
    result = dump(tmp_path, fixtures, *args).expect(code)
    assert f"error: UM-{um}: " in result.stderr and f"More: unmoor explain UM-{um}" in result.stderr
    assert "{" not in result.stderr


def test_what_comes_before_the_damage_is_printed(tmp_path, fixtures):
    whole = fixtures / "binlog" / "types-mysql-9.7.binlog"
    result = dump(tmp_path, fixtures, cut(whole, tmp_path, 1200)).expect(OTHER)
    assert f"UM-6052: '{tmp_path}/binlog.000001', offset 1085: the file ends within an event: 115 of its 179 bytes" in result.stderr
    assert result.stdout.splitlines()[-1].startswith("binlog.000001:949 ")

    bad = cut(whole, tmp_path, None)
    data = bytearray(bad.read_bytes())
    data[1100] ^= 1
    bad.write_bytes(data)
    result = dump(tmp_path, fixtures, bad, "--format", "json").expect(OTHER)
    assert f"UM-6053: '{tmp_path}/binlog.000001', offset 1085: WRITE_ROWS event" in result.stderr
    assert json.loads(result.stdout.splitlines()[-1])["position"] == 949

    data[0] = 0xfd
    bad.write_bytes(data)
    assert "UM-6054" in dump(tmp_path, fixtures, bad).expect(UNSUPPORTED).stderr


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_output_that_cannot_be_written(fmt, fixtures):
    """More than a pipe holds, so that the reader's going is noticed; and a disk without room."""
    file = fixtures / "binlog" / "packed-mysql-9.7.binlog"
    command = [str(unmoor.BINARY), "binlog", "dump", str(file), "--format", fmt]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=unmoor.environment())
    process.stdout.read(10)
    process.stdout.close()
    error = process.stderr.read().decode()
    assert process.wait(60) == OTHER and "UM-9002: the output cannot be written: Broken pipe" in error
    with open("/dev/full", "wb") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=unmoor.environment(), check=False)
    assert result.returncode == OTHER and b"UM-9002: the output cannot be written: No space left" in result.stderr
    # All of it in one buffer: the flush at the end is what fails.
    with open("/dev/full", "wb") as full:
        result = subprocess.run([*command, "--to", "300"], stdout=full, stderr=subprocess.PIPE, env=unmoor.environment(), check=False)
    assert result.returncode == OTHER and b"UM-9002" in result.stderr


def test_help_names_the_command(tmp_path):
    program = unmoor.run(tmp_path, "--help").expect(OK)
    assert "  binlog dump  print the events of binlog files\n" in program.stdout
    own = unmoor.run(tmp_path, "binlog", "dump", "--help").expect(OK)
    assert "Usage: unmoor binlog dump [options] FILE...\n" in own.stdout
    assert "--table PATTERNS" in own.stdout and "Examples:\n  unmoor binlog dump " in own.stdout
    assert "--source" not in own.stdout
