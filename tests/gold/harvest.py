"""Asks a real Trino the gold statements, and writes its answers to answers/*.jsonl.

usage: harvest.py FOLDER                 fetches Trino 476 with Maven into FOLDER, starts it, asks, stops it
       harvest.py --url http://HOST:PORT asks a Trino that runs, with a `memory` catalog

The server runs under Debian's `faketime`, whose clock begins at the moment in asked-at.txt and goes on from there:
a few answers tell the day, and the test asks the engine at the same moment. Write another moment there to ask anew.
A server of --url must have been started so, too; one whose day is another is refused.

Needs `faketime`, Maven and a JDK of version 24 or later: JAVA_HOME, or one beside the others of the system. An answer is
{"of", "sql", "ordered", "names", "types", "rows"} as in Trino's client protocol, or {"of", "sql", "error": {name,
message, line, column}}. "of" is the function asked, if one is; "ordered" rows come in the order that the statement
asks for, others are sorted by their text. Trino's table `event_data_store` is filled from `testdata` by events.py,
which reads records as docs/events.md tells, apart from the importer.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import time
import urllib.request

sys.dont_write_bytecode = True  # leave nothing beside the sources
import events  # noqa: E402
import statements  # noqa: E402

VERSION, PORT = "476", 18476
HERE = pathlib.Path(__file__).parent
ASKED_AT = (HERE / "asked-at.txt").read_text().strip()
PLUGINS = ("memory", "teradata-functions")
HEADERS = {
    "X-Trino-User": "gold",
    "X-Trino-Catalog": "memory",
    "X-Trino-Schema": "gold",
    "X-Trino-Time-Zone": "UTC",
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
}
CONFIG = {
    "node.properties": "node.environment=gold\nnode.id=gold\nnode.data-dir={folder}/data\nnode.bind-ip=127.0.0.1\n"
    "node.internal-address=127.0.0.1\n",
    "jvm.config": "-Xmx3G\n-Djdk.attach.allowAttachSelf=true\n--enable-native-access=ALL-UNNAMED\n"
    "--sun-misc-unsafe-memory-access=allow\n",
    "config.properties": "coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port={port}\n"
    "discovery.uri=http://127.0.0.1:{port}\n",
    "catalog/memory.properties": "connector.name=memory\n",
    "log.properties": "io.trino=WARN\n",
}


def ask(url, sql):
    request = urllib.request.Request(f"{url}/v1/statement", sql.encode(), HEADERS)
    names, types, rows = [], [], []
    while True:
        with urllib.request.urlopen(request, timeout=300) as response:
            page = json.load(response)
        if "error" in page:
            error, at = page["error"], page["error"].get("errorLocation") or {}
            line, column = at.get("lineNumber"), at.get("columnNumber")
            told = {"name": error["errorName"], "message": error["message"], "line": line, "column": column}
            return {"error": told}
        if "columns" in page:
            names, types = [c["name"] for c in page["columns"]], [c["type"] for c in page["columns"]]
        rows += page.get("data") or []
        if "nextUri" not in page:
            return {"names": names, "types": types, "rows": rows}
        request = urllib.request.Request(page["nextUri"], headers=HEADERS)


def must(url, sql):
    answer = ask(url, sql)
    if "error" in answer:
        sys.exit(f"{answer['error']['message']}\n{sql[:300]}")
    return answer["rows"]


def jdk():
    homes = [os.environ.get("JAVA_HOME", ""), *map(str, pathlib.Path("/usr/lib/jvm").glob("*"))]
    for home in filter(None, homes):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            told = subprocess.run([f"{home}/bin/java", "-version"], capture_output=True, text=True, check=True).stderr
            if int(re.search(r'version "(\d+)', told)[1]) >= 24:
                return home
    sys.exit("Trino needs a JDK of version 24 or later; set JAVA_HOME to one")


def fetch(folder):
    """Unpacks the server, with the plugins that are needed."""
    server = folder / f"trino-server-{VERSION}"
    if not server.exists():
        artifact = f"io.trino:trino-server:{VERSION}:tar.gz"
        copy = ["mvn", "-q", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        subprocess.run(copy, check=True)
        with tarfile.open(folder / f"trino-server-{VERSION}.tar.gz") as archive:
            wanted = [m for m in archive if "/plugin/" not in m.name or m.name.split("/")[2] in PLUGINS]
            archive.extractall(folder, wanted, filter="tar")
    for name, text in CONFIG.items():
        path = server / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(folder=folder, port=PORT))
    return server


@contextlib.contextmanager
def running(folder):
    """Yields the address of a server of our own."""
    home, server, url = jdk(), fetch(folder), f"http://127.0.0.1:{PORT}"
    env = {**os.environ, "JAVA_HOME": home, "PATH": f"{home}/bin:{os.environ['PATH']}"}
    with open(folder / "trino.log", "w") as log:
        # faketime reads the moment in the zone of TZ.
        moment = ASKED_AT.replace("T", " ").removesuffix("Z")
        env |= {"TZ": "UTC", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        process = subprocess.Popen(["faketime", "-f", f"@{moment}", f"{server}/bin/launcher", "run"], env=env, stdout=log, stderr=log)
    try:
        for _ in range(120):
            time.sleep(1)
            with contextlib.suppress(OSError):
                info = json.load(urllib.request.urlopen(f"{url}/v1/info"))
                if not info["starting"] and "rows" in ask(url, "SELECT 1"):
                    break
        else:
            sys.exit(f"Trino does not start; see {folder}/trino.log")
        yield url
    finally:
        process.terminate()
        process.wait()


def load(url):
    must(url, "CREATE SCHEMA IF NOT EXISTS memory.gold")
    must(url, "DROP TABLE IF EXISTS event_data_store")
    columns = ", ".join(f"{name} {kind}" for name, kind in events.COLUMNS)
    must(url, f"CREATE TABLE event_data_store ({columns})")
    # JSON casts to rows of any depth, though not to timestamps; text casts to those.
    text = columns.replace(events.TIME, "varchar")
    rows = list(events.read(HERE.parent.parent / "testdata"))
    for at in range(0, len(rows), 100):
        quoted = ", ".join("('" + json.dumps(row).replace("'", "''") + "')" for row in rows[at : at + 100])
        cast = f"CAST(CAST(json_parse(j) AS row({text})) AS row({columns}))"
        must(url, f"INSERT INTO event_data_store SELECT {cast}.* FROM (VALUES {quoted}) AS t(j)")
    print(f"{must(url, 'SELECT count(*) FROM event_data_store')[0][0]} events of {len(rows)}")


def harvest(url):
    day = must(url, "SELECT CAST(current_date AS varchar)")[0][0]
    if not ASKED_AT.startswith(day):
        sys.exit(f"Trino's day is {day}, not that of {ASKED_AT}: start it under faketime")
    load(url)
    asked = list(statements.statements())
    sets = {}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for case, answer in zip(asked, pool.map(lambda case: ask(url, case["sql"]), asked)):
            # Where Trino itself breaks there is nothing to agree with.
            if answer.get("error", {}).get("name") == "GENERIC_INTERNAL_ERROR":
                continue
            if "rows" in answer and statements.is_ordered(case["sql"]):
                case["ordered"] = True
            elif "rows" in answer:
                answer["rows"].sort(key=json.dumps)
            name = re.sub(r"\W+", "-", case.pop("set").lower())
            line = json.dumps({**case, **answer}, ensure_ascii=False, separators=(",", ":"))
            sets.setdefault(name, []).append(line)
    folder = HERE / "answers"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    for name, lines in sets.items():
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{len(lines):5d} {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--url")
    options = parser.parse_args()
    if options.url:
        harvest(options.url)
    elif options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        with running(options.folder.resolve()) as url:
            harvest(url)
    else:
        parser.error("where to?")
