"""docs/reference/blocked.md: what the plan says of each type and collation, between each pair of servers.

The page is what the plan said: a run with UNMOOR_TEST_UPDATE=1 writes a pair's section anew, any
other one compares it.
"""

import fnmatch
import os
import re

from .collations import modern, near
from .servers import ROOT

PAGE = ROOT / "docs" / "reference" / "blocked.md"
HEAD = """# What the target cannot hold as it is

<!-- Made by tests/e2e/test_types.py with UNMOOR_TEST_UPDATE=1, from what the plan says. -->

Unmoor moves a value exactly or not at all. For each pair of servers below, all types with their edge
values, and all collations that the source knows, were put before `unmoor plan`; this is what it said.
BLOCK keeps the job from starting, and names each column and what mends it. WARN lets it start: rows
and constraints are the same, something else is not. Types and collations that are not listed are held
as they are.

What a table's definition is made of besides (indexes, checks, expressions, partitions) is without end:
the sections "Definitions" have one of each kind that the plan knows to block. Functions stand for all
those that the target lacks. A definition that the plan does not know is refused by the target when its
table is created, before anything is copied, or when its indexes are built.

Some things only a value can tell. It stops the job, with the table, the keys that it lies between, or
the position, and nothing of it is written; the plan warns of columns where it can happen, but for the
last two kinds: a TIMESTAMP after 2038 (MariaDB 11.5 and later have them) on a target that ends there; a
TIME of 838:59:59 and a fraction from MariaDB on MySQL; JSON nested 32 levels deep or deeper, and a
VECTOR(n) of fewer than n dimensions, from MySQL on MariaDB; a number beyond the range of DOUBLE (1e999)
in a JSON document from MariaDB on MySQL; a value that is not rounded to D decimals in a column of
FLOAT(M,D) or DOUBLE(M,D) (the plan looks for those, in large tables for a few seconds only); bytes that
are no character of their charset on a target that checks them; and a row whose generated columns, or
checks, only a session without a strict sql_mode computes (a text cut off, '12abc' as a number).

A generated column is computed by the target, and not copied. What it hangs on besides its row is told by
the checks `tables.generated_times` and `tables.generated_sessions`; what MySQL and MariaDB compute each in
its own way is blocked where it is known to differ, and warned of where it may. `unmoor verify` compares
what came of it.
"""
PATTERNS = ["*_0900_*", "*_uca1400_*", "*_nopad_*", "utf*_croatian_ci", "gb18030_*"]


class Section:
    def __init__(self, plan, source, target, groups, texts):
        self.title = f"## {name_of(source)} to {name_of(target)}\n"
        self.source, self.target, self.texts = source, target, texts
        self.groups = {name: group for group in groups for name in (group.name, group.bare)}
        self.findings = sorted({row for check in plan["checks"] if check["id"] == "tables.target"
                                for row in self.finding(check)})

    def finding(self, check):
        places, _, what = check["seen"].partition(": ")
        found = set()
        for table, column in re.findall(r"\bmatrix\.(\w+)(?: column v(\d+))?", places):
            kinds = self.groups[table].kinds
            found |= {base_type(kinds[int(column)])} if column else {kind.extra or base_type(kind) for kind in kinds}
        if found:
            yield check["level"], shortened(what), ", ".join(f"`{name}`" for name in sorted(found))

    def lines(self):
        yield self.title
        if self.findings:
            yield "| plan | what | seen with |\n|---|---|---|"
            for level, what, declared in self.findings:
                yield f"| {level} | {what} | {declared} |"
            yield ""
        for heading, items in (("Held under another type", self.other_types()),
                               ("Collations that the target lacks (BLOCK)", self.patterns(name for name, _ in self.texts.blocked)),
                               ("Collations taken for those of another Unicode version (WARN)", self.patterns(self.near_ones())),
                               ("Collations that have another name there", self.other_names())):
            if items:
                yield f"{heading}: {', '.join(items)}.\n"
        if not (self.findings or self.texts.blocked):
            yield "Nothing is blocked.\n"

    def other_types(self):
        """From what the target's own catalogue says when all is done."""
        def types(server):
            return {row[:2]: row[2] for row in server.query("SELECT table_name, column_name, data_type FROM information_schema.columns"
                                                            " WHERE table_schema='matrix' AND column_name LIKE 'v%'")}
        ours, theirs = types(self.source), types(self.target)
        return sorted({f"`{ours[name]}` as `{theirs[name]}`" for name in theirs if ours[name] != theirs[name]})

    def near_ones(self):
        return [name for name in self.texts.expected if near(name, self.source, self.target) and self.texts.expected[name]]

    def other_names(self):
        return sorted(f"`{modern(name)}` is `{modern(other)}`" for name, other in self.texts.expected.items()
                      if other and modern(name) != modern(other))

    def patterns(self, names):
        """The names; a pattern where all that the source has are among them."""
        names, found, covered = set(names), [], set()
        for pattern in PATTERNS + sorted({re.sub("(_0900_).*", r"\1*", name) for name in names if "_0900_" in name}):
            matching = set(fnmatch.filter(self.texts.expected, pattern))
            if len(matching) > 1 and matching <= names and not matching <= covered:
                found.append(f"`{pattern}`")
                covered |= matching
        return found + [f"`{name}`" for name in sorted(names - covered)]

    def check(self):
        check_section(self.title, "\n".join(self.lines()).rstrip() + "\n")


def check_section(title, wanted):
    text = PAGE.read_text() if PAGE.exists() else HEAD
    sections = dict(re.findall(r"(?ms)^(## [^\n]*\n)(.*?)(?=^## |\Z)", text))
    there = title + sections.get(title, "").rstrip() + "\n"
    if os.environ.get("UNMOOR_TEST_UPDATE"):
        sections[title] = wanted[len(title):]
        PAGE.write_text(HEAD + "".join(f"\n{name}{body.rstrip()}\n" for name, body in sorted(sections.items())))
    else:
        assert there == wanted, f"{PAGE} is not what the plan says (UNMOOR_TEST_UPDATE=1 writes it):\n{wanted}"
        assert text.startswith(HEAD), f"{PAGE} has another beginning"


def definitions_found(plan, made):
    """The words of what blocks each table."""
    found = {}
    for check in plan["checks"]:
        if check["level"] == "BLOCK":
            for name in re.findall(r"\bdefs\.(d\d\d)", check["seen"]):
                words = check["seen"].partition(": ")[2] if check["id"] == "tables.target" else check["title"]
                found.setdefault(name, set()).add(words)
    return found


def check_definitions(source, target, made, found):
    title = f"## Definitions: {name_of(source)} to {name_of(target)}\n"
    lines = [title, "| what | seen with |\n|---|---|"] if found else [title, "Nothing is blocked."]
    for name in sorted(found):
        what = "; ".join(sorted(shortened(words) for words in found[name]))
        lines.append(f"| {what} | {shortened(made[name].shown)} |")
    check_section(title, "\n".join(lines) + "\n")


def base_type(kind):
    return re.split(r"[ (]", kind.declaration)[0]


def name_of(server):
    flavour, _, version = server.kind.rpartition("-")
    return {"mysql": "MySQL", "mariadb": "MariaDB"}[flavour] + " " + version


def shortened(text):
    """The series is enough of a version; what is counted in one table differs in the next; and a row is one line."""
    text = re.sub(r"at least \d+", "more", text)
    text = re.sub(r"\b(MySQL|MariaDB) (\d+\.\d+)\.\d+", r"\1 \2", text)
    return text.replace("\n", " ").replace("|", "\\|")
