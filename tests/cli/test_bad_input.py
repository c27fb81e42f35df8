"""Wrong configurations and situations: each has its own id, exit code and text (see cases.py)."""

import json
import os
import pathlib
import re

import pytest

from cases import CASES
from harness import unmoor
from harness.unmoor import environment

pytestmark = pytest.mark.usefixtures("binary")

EXPECTED = pathlib.Path(__file__).with_name("bad_input.expected")
UPDATE = os.environ.get("UNMOOR_TEST_UPDATE")


class Place:
    """Where a case happens: a folder, and for some a job between two servers."""

    def __init__(self, directory, job=None):
        self.directory, self.job = directory, job
        self.config = directory / "shop.yaml"
        self.env = environment()
        self.undo = []
        if job:
            self.config, self.source, self.target = job.path, job.source, job.target
        else:
            for side in ("source", "target"):
                secret = directory / f"{side}.password"
                secret.write_text("sesame-" + side + "\n")
                secret.chmod(0o600)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if not c.pair])
def test_without_servers(name, tmp_path):
    check(CASES[name], Place(tmp_path))


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c.pair])
def test_with_servers(name, two, new_job, fixtures):
    source, target = two(CASES[name].pair)
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"])
    place = Place(job.directory, job)
    try:
        check(CASES[name], place)
    finally:
        for server, sql in place.undo:
            if sql:
                server.script(sql)
            else:
                server()


def check(case, place):
    case.make(place)
    if place.job:
        place.job.write()
    args = list(case.command)
    if args and args[0] not in ("explain", "migrat"):
        args += ["--config", str(place.config)]
    planned = isinstance(case.um, str)
    if planned:
        args += ["--format", "json"]
    result = unmoor.run(place.directory, *args, env=place.env, seconds=120)
    assert result.code == case.code, str(result)
    if planned:
        blocks = [c for c in json.loads(result.stdout)["checks"] if c["level"] == "BLOCK"]
        assert sorted(c["id"] for c in blocks) == sorted(case.um.split(" + ")), str(result)
        blocks.sort(key=lambda c: not case.um.startswith(c["id"] + " ") and c["id"] != case.um)
        found = "{seen}\n{mend}".format(**blocks[0])
        assert blocks[0]["mend"], "nothing says what to do"
    else:
        match = re.search(r"(?ms)UM-(\d+): (.*?)\n  What to do: (.*?)\n  More: unmoor explain UM-\1", result.stderr)
        assert match, f"no error of the known form\n{result}"
        assert int(match[1]) == case.um, str(result)
        found = f"{match[2]}\n{match[3]}"
    compare(case, plain(found, place))


def plain(text, place):
    """What differs from run to run becomes a placeholder."""
    text = text.replace(str(place.directory), "{dir}").replace(str(unmoor.ROOT), "{project}")
    if place.job:
        for side in ("source", "target"):
            server = getattr(place, side)
            text = text.replace(str(server.directory), f"{{{side}_dir}}")
            text = text.replace(server.version, "{version}")
            text = re.sub(rf"\b{server.port}\b", f"{{{side}_port}}", text)
            uuid = server.query("SHOW VARIABLES LIKE 'server_uid'")
            text = text.replace(uuid[0][1], f"{{{side}_uid}}") if uuid else text
    # What the client library says in its own words depends on which one it is.
    text = re.sub(r"(error 2\d\d\d: |TLS/SSL error: ).*?(?= \((?:source|target)\.tls|$)", r"\1{words}", text, flags=re.M)
    text = re.sub(r"binlog\.\d{6}(:\d+)?", "{position}", text)
    text = re.sub(r"\b\d+-\{?\w+\}?-\d+\b", "{gtid}", text)
    return text.strip()


# ---- the file of expected texts ----------------------------------------------------------------------

def read_expected():
    found = {}
    if EXPECTED.exists():
        for part in re.split(r"(?m)^=== ", EXPECTED.read_text("utf-8"))[1:]:
            head, _, text = part.partition("\n")
            found[head.rsplit(" · ", 2)[0]] = text.strip()
    return found


def write_expected(texts):
    with open(EXPECTED, "w", encoding="utf-8") as file:
        for name, case in CASES.items():
            if name in texts:
                um = case.um if isinstance(case.um, str) else f"UM-{case.um}"
                file.write(f"=== {name} · exit {case.code} · {um}\n{texts[name]}\n\n")


def compare(case, found):
    texts = read_expected()
    if UPDATE:
        texts[case.name] = found
        write_expected(texts)
    assert texts.get(case.name) == found


def test_the_table_is_whole():
    assert len(CASES) >= 40
    assert UPDATE or set(read_expected()) == set(CASES)
