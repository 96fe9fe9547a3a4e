"""The statements of the gold answers: functions.txt, matrices.txt, and statements/*.sql.

usage: statements.py      prints {"set", "of", "sql"} as JSON lines; "of" is the function asked, where one is
"""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
WRONG, MORE = ["true", "ROW(1)"], "X'7a'"


def split(text, separator):
    """Splits where `separator` stands outside quotes and brackets."""
    parts, depth, quoted, last = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        if quoted:
            continue
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and text.startswith(separator, at):
            parts.append(text[last:at].strip())
            last = at + len(separator)
    return [*parts, text[last:].strip()]


def is_ordered(sql):
    """Whether ORDER BY stands outside all brackets and quotes."""
    bare = re.sub(r"'[^']*'", "", sql)
    while (less := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = less
    return "ORDER BY" in bare.upper()


def sections(file):
    """Yields (heading, lines) of a file with [headings]."""
    lines = [l for l in (HERE / file).read_text("utf-8").splitlines() if l.strip() and l[0] != "#"]
    starts = [at for at, line in enumerate(lines) if line[0] == "["]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        yield lines[start].strip("[]"), lines[start + 1 : end]


def wrong(name, args, first):
    """NULL for each argument; the first time of a name, also a wrong type for each, one fewer and one more."""
    others = ["NULL", WRONG[len(name) % 2]] if first else ["NULL"]
    for at in range(len(args)):
        for other in others:
            yield f"{name}({', '.join([*args[:at], other, *args[at + 1:]])})"
    if first and args:
        yield f"{name}({', '.join(args[:-1])})"
    if first:
        yield f"{name}({', '.join([*args, MORE])})"


def table(rows, columns):
    return f"(VALUES {', '.join('(' + ', '.join(row) + ')' for row in rows)}) AS t({', '.join(columns)})"


def scalar(name, lists, first):
    for args in lists:
        yield f"SELECT {name}({', '.join(args)})"
    yield from (f"SELECT {call}" for call in wrong(name, lists[0], first))
    # The same over columns; lambdas cannot be values of a table, so they are those of the first list.
    held = [at for at, arg in enumerate(lists[0]) if "->" not in arg]
    rows = [[args[at] for at in held] for args in lists if len(args) == len(lists[0])]
    args = [f"c{at}" if at in held else arg for at, arg in enumerate(lists[0])]
    if held:
        rows = table([*rows, ["NULL"] * len(held)], [f"c{at}" for at in held])
        yield f"SELECT TRY({name}({', '.join(args)})) FROM {rows}"


def aggregate(name, lists, first):
    columns = [f"c{at}" for at in range(len(lists[0]))]
    rows = table([[str(k), *row] for k, row in enumerate(lists)], ["k", *columns])
    call = f"{name}({', '.join(columns)})"
    yield f"SELECT {call} FROM {rows}"
    yield f"SELECT {call} FROM {rows} WHERE k < 0"
    yield f"SELECT {call} FROM {rows} WHERE c0 IS NULL"
    # What depends on the order of the rows is asked in one.
    if name != "map_union":
        order = f" ORDER BY {', '.join(columns)}" if name in ("array_agg", "map_agg", "multimap_agg") else ""
        yield f"SELECT {name}(DISTINCT {', '.join(columns)}{order}) FROM {rows}"
    yield f"SELECT k % 2, {call} FROM {rows} GROUP BY k % 2"
    yield f"SELECT {call} FILTER (WHERE k > 0) FROM {rows}"
    yield f"SELECT k, {call} OVER (ORDER BY k) FROM {rows}"
    yield from (f"SELECT {call}" for call in wrong(name, lists[0], first))


def window(name, lists, first):
    rows = table(
        [row.split() for row in ["1 1 5 'a'", "1 2 NULL 'b'", "1 3 5 NULL", "1 4 9 'd'", "2 1 NULL NULL", "2 2 7 'z'"]],
        ["g", "k", "x", "s"],
    )
    call = f"{name}({', '.join(lists[0])})"
    # Rows that tie in x are told apart unless ranks are asked.
    ties = "" if name.endswith(("rank", "dist")) else ", g, k"
    overs = ["PARTITION BY g ORDER BY k", f"ORDER BY x{ties}", "ORDER BY g DESC, k DESC"]
    if lists[0]:
        overs += ["PARTITION BY g", "ORDER BY g, k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"]
        yield f"SELECT g, k, {call} IGNORE NULLS OVER (ORDER BY g, k) FROM {rows}"
    for over in overs:
        yield f"SELECT g, k, {call} OVER ({over}) FROM {rows}"
    yield f"SELECT {call} FROM {rows}"
    yield from (f"SELECT {call} OVER (ORDER BY k) FROM {rows}" for call in wrong(name, lists[0], first))


def functions():
    for family, lines in sections("functions.txt"):
        ask, seen = {"Aggregate": aggregate, "Window": window}.get(family, scalar), set()
        for line in lines:
            name, kind, rest = re.fullmatch(r"(\w+) ([|=@*])(.*)", line).groups()
            if kind == "=":
                asked = [f"SELECT {whole}" for whole in split(rest, " | ")]
            elif kind == "@":
                call = f"{name}({rest.strip()})"
                asked = [
                    f"SELECT eventid, {call} FROM event_data_store{some} LIMIT 5"
                    for some in [f" WHERE {call} IS NOT NULL ORDER BY eventid", " ORDER BY eventid DESC"]
                ]
            elif kind == "|":
                lists = [[arg for arg in split(args, ",") if arg] for args in split(rest, " | ")]
                asked = ask(name, lists, name not in seen)
                seen.add(name)
            else:
                asked = []
            for sql in asked:
                yield {"set": family, "of": name, "sql": sql}


def matrices():
    for heading, lines in sections("matrices.txt"):
        name, expression = heading.split(": ", 1)
        left, right = split(lines[0], " | "), split(lines[-1], " | ")
        for a in left:
            for b in right:
                yield {"set": "Operators and casts", "sql": "SELECT " + expression.replace("$a", a).replace("$b", b)}


def queries():
    for file in sorted((HERE / "statements").glob("*.sql")):
        text = re.sub(r"^--.*\n", "", file.read_text("utf-8"), flags=re.M)
        for sql in map(str.strip, text.split(";\n")):
            if sql:
                yield {"set": file.stem, "sql": sql}


def statements():
    """Each statement once."""
    return {s["sql"]: s for s in [*functions(), *matrices(), *queries()]}.values()


if __name__ == "__main__":
    for statement in statements():
        print(json.dumps(statement, ensure_ascii=False))
