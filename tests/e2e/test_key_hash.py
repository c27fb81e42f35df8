"""Keys as numbers: whatever a server takes for equal has one hash, or none. Asked of real servers, for each of their collations."""

import collections
import random
import subprocess

import pytest

from harness import unmoor
from harness.servers import MARIADB, MARIADB118, MYSQL56, MYSQL97

pytestmark = pytest.mark.usefixtures("binary")

PRINTABLE = [chr(c) for c in range(32, 127)]
BEYOND = list("àÀåäÄæÆçéöØßſıİıŁñÑþÐ¡²½ªK" + "ａＡﬁ漢ⓐ①…") + ["e\u0301", "a\u00ad", "\u200ba", "\u00a0", "n\u0303"]
CONTROL = ["", "a\0", "a\t", "a\x01", "a\x7f", "\x01a", "\0", "a\n", "\t"]


def random_texts(rnd):
    """Short, of few letters: in other cases, with spaces behind, and with what may be nothing or two letters between."""
    pool = "abcefhijlmnostuyz0 -_.'"
    texts = []
    for _ in range(80):
        word = "".join(rnd.choices(pool, k=rnd.randint(1, 4)))
        texts += [word, word.upper(), word.swapcase() + " ", word + "  "]
    return texts + ["ae", "AE", "oe", "ss", "SS", "ch", "cH", "Ch", "ll", "lj", "nj", "dz", "ij", "th", "aa", "AA", "gb", "kp", "cs", "ccs", "dzs", "ue"]


def ours(keys):
    """For (collation, prefix, bytes) each."""
    tool = unmoor.BINARY.parents[1] / "tests" / "tools" / "key_hash"
    lines = "".join(f"{collation}\t{prefix}\t{encoded.hex()}\n" for collation, prefix, encoded in keys)
    result = subprocess.run([tool], input=lines, text=True, capture_output=True, env=unmoor.environment(), check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n")[:-1]


def store(cursor, collation, charset, texts):
    """Each text as the column has it."""
    cursor.execute("DROP TEMPORARY TABLE IF EXISTS t")
    cursor.execute(f"CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, t VARCHAR(10) CHARACTER SET {charset} COLLATE {collation}) ENGINE=MEMORY")
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(texts)))
    cursor.execute("SELECT HEX(t) FROM t ORDER BY id")
    return [bytes.fromhex(h) for (h,) in cursor.fetchall()]


def classes(cursor, prefix):
    """Texts, by their numbers, that the server takes for equal."""
    cursor.execute(f"SELECT GROUP_CONCAT(id) FROM t GROUP BY {f'LEFT(t, {prefix})' if prefix else 't'}")
    return [[int(i) for i in ids.split(",")] for (ids,) in cursor.fetchall()]


def known_collations(cursor):
    """Those that are not wild for everything; the server's name and the character set for it."""
    cursor.execute("SELECT collation_name, character_set_name FROM information_schema.collation_character_set_applicability"
                   " WHERE character_set_name IS NOT NULL ORDER BY 1, 2")
    found = [row for row in cursor.fetchall() if row[0] != "binary" and row[1] not in ("ucs2", "utf16", "utf16le", "utf32", "filename")]
    some = ours([(full_name(*c), 0, b"a") for c in found])
    return [c for c, value in zip(found, some, strict=True) if value != "wild"]


def full_name(collation, charset):
    """MariaDB's list leaves the character set out where a collation is there for several."""
    return collation if collation.startswith(charset) else f"{charset}_{collation}"


@pytest.mark.parametrize("kind", [MYSQL97, MARIADB, MARIADB118, MYSQL56])
def test_never_finer_than_the_server(kind, pool, test_seed):
    server, rnd = pool.get(f"src-{kind}", kind), random.Random(test_seed)
    server.reset()
    server.script("CREATE DATABASE d")
    texts = list(dict.fromkeys(PRINTABLE + BEYOND + CONTROL + random_texts(rnd)))
    connection, keys, found, wrong, hashed = server.connect("d"), [], [], [], collections.Counter()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION group_concat_max_len=1000000")
        collations = known_collations(cursor)
        assert len(collations) > 10
        for name, charset in collations:
            collation = full_name(name, charset)
            stored = store(cursor, collation, charset, texts)
            for prefix in (0, 2):
                keys += [(collation, prefix, encoded) for encoded in stored]
                found.append((collation, prefix, classes(cursor, prefix)))
    connection.close()
    values = iter(ours(keys))
    for collation, prefix, equal in found:
        hashes = [next(values) for _ in texts]
        hashed[collation] += sum(h != "wild" for h in hashes)
        for those in equal:
            several = {hashes[i]: texts[i] for i in those if hashes[i] != "wild"}
            if len(several) > 1:
                wrong.append((collation, prefix, list(several.values())))
    print(f"{kind}: {len(collations)} collations")
    assert not wrong, f"seed {test_seed}: equal for the server, and not for us: {wrong[:20]} ({len({w[0] for w in wrong})} collations)"
    # Wild for all would be right and of no use.
    assert all(hashed[full_name(*c)] > len(PRINTABLE) for c in collations), hashed
