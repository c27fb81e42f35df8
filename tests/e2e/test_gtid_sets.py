"""GTID sets: our arithmetic against the server's own functions, on sets made at random."""

import random
import subprocess

import pytest

from harness import unmoor
from harness.servers import MYSQL56, MYSQL97

pytestmark = pytest.mark.usefixtures("binary")

SOURCES = ["00000000-0000-0000-0000-000000000001", "3e11fa47-71ca-11e1-9e33-c80aa9429562", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
LAST = 2**63 - 2


def interval(rnd):
    first = rnd.choice([rnd.randrange(1, 12), rnd.randrange(1, 2000), 1, LAST - 3, 2**31, 2**32])
    return str(first) if rnd.random() < 0.4 else f"{first}-{min(LAST, first + rnd.randrange(12))}"


def gtid_set(rnd, tags):
    """In any order, overlapping, with blanks and upper case: as somebody may write it."""
    parts = []
    for _ in range(rnd.randrange(4)):
        source = rnd.choice(SOURCES)
        part = source.upper() if rnd.random() < 0.2 else source
        for _ in range(rnd.randrange(1, 3)):
            if tags and rnd.random() < 0.6:
                part += ":" + rnd.choice(["blue", "green", "a_1", "x" * 32])
            part += "".join(":" + interval(rnd) for _ in range(rnd.randrange(1, 4)))
        parts.append(part)
    return rnd.choice([",", ", ", " , "]).join(parts)


def ours(lines):
    tool = unmoor.BINARY.parents[1] / "tests" / "tools" / "gtid_sets"
    result = subprocess.run([tool], input="".join("\t".join(line) + "\n" for line in lines), text=True, capture_output=True,
                            env=unmoor.environment(), check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n")[:-1]


def server_says(server, operation, a, b):
    if operation == "subset":
        return str(server.value("SELECT GTID_SUBSET(%s, %s)", (a, b)))
    if operation == "subtract":
        return server.value("SELECT GTID_SUBTRACT(%s, %s)", (a, b)).replace("\n", "")
    # What is not in either is in neither: the server has no union, but prints one canonically.
    both = ",".join(part for part in (a, b) if part.strip())
    return server.value("SELECT GTID_SUBTRACT(%s, '')", (both,)).replace("\n", "")


@pytest.mark.parametrize("kind", [MYSQL56, MYSQL97])
def test_arithmetic_is_the_servers(kind, pool, test_seed):
    server, rnd = pool.get(f"src-{kind}", kind), random.Random(test_seed)
    tags = kind == MYSQL97
    cases = [(operation, gtid_set(rnd, tags), gtid_set(rnd, tags)) for _ in range(400) for operation in ("union", "subtract", "subset")]
    for case, got in zip(cases, ours(cases), strict=True):
        assert got == server_says(server, *case), case


def test_bad_sets_are_refused_by_both(pool):
    server, good = pool.get(f"src-{MYSQL97}", MYSQL97), SOURCES[1]
    bad = [good, f"{good}:", f"{good}:0", f"{good}:5-", f"{good}:-5", f"{good}:1:x y", f"{good[:-1]}:1", f"{good}g:1", f"{good}:1;2",
           f"{good}:{2**63 - 1}", f"{good}:{2**64}", f"{good}:1-{2**63}", f"{good}:" + "x" * 33 + ":1", f"{good}:1tag:1"]
    for text, answer in zip(bad, ours([("print", text, "") for text in bad]), strict=True):
        try:
            printed = server.value("SELECT GTID_SUBTRACT(%s, '')", (text,))
        except Exception:
            printed = None
        # The server takes an empty interval list; a position never has one.
        assert answer.startswith("error") == (printed is None) or printed == "", (text, answer, printed)
