"""Measures traillake beside its peers over the same events; see run.sh.

Prints one page of Markdown: the machine and the versions, what an import takes, and for each query the median times
of traillake, of DuckDB over its own table, and of DuckDB, Polars and DataFusion over the Parquet files of a store.
DuckDB must give the same answers. A peer that cannot answer a query, or answers otherwise, has no time there.
"""

import argparse
import glob
import gzip
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import datafusion
import duckdb
import polars
from measured import measured, size

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = [os.path.join(HERE, "../../queries/bench"), os.path.join(HERE, "queries/lake")]
TRAILLAKE = os.environ["TRAILLAKE"]
# Queries that give whole events, of which the ids are compared.
WIDE = {"04-event-by-id", "10-last-100-wide", "11-rare-event"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("events", nargs="?", type=int, default=500_000)
    parser.add_argument("--principals", choices=["few", "many"], default="few",
                        help="many: each seen once or twice, as short sessions make them")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", help="folder for the data, which is removed otherwise")
    return parser.parse_args()


def seconds(run):
    """Times one call; returns seconds and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def make_events(args, folder):
    """Writes the log files, and returns their folder."""
    few = os.path.join(folder, "few")
    if not os.path.isdir(few):
        subprocess.run([TRAILLAKE, "synth", "--events", str(args.events), "--out", few], check=True,
                       stdout=subprocess.DEVNULL)
    if args.principals == "few":
        return few
    many = os.path.join(folder, "many")
    if not os.path.isdir(many):
        spread(few, many)
    return many


def spread(source, target):
    """Copies log files such that an identity is seen once, seldom more often, as short sessions make them."""
    os.makedirs(target)
    session, left = 0, 0
    for number, file in enumerate(sorted(glob.glob(f"{source}/**/*.json.gz", recursive=True))):
        with gzip.open(file) as log:
            records = json.load(log)
        for record in records.get("Records", []):
            identity = record.get("userIdentity") or {}
            if not identity.get("arn"):
                continue
            if left == 0:
                session, left = session + 1, 1 + session % 3
            left -= 1
            name = f"s{session * 2654435761 % 2**32:08x}"
            identity["arn"] = identity["arn"].rsplit("/", 1)[0] + "/" + name
            identity["principalId"] = (identity.get("principalId") or "A").split(":")[0] + ":" + name
        with gzip.open(f"{target}/{number:06}.json.gz", "wt", compresslevel=6) as log:
            json.dump(records, log, separators=(",", ":"))


# The members of a record that DuckDB is told the types of; the rest of the import is its own.
DUCKDB = """
import sys
import duckdb
record = '''STRUCT(eventVersion VARCHAR, userIdentity JSON, eventTime TIMESTAMP, eventSource VARCHAR, eventName VARCHAR,
    awsRegion VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR,
    requestParameters JSON, responseElements JSON, additionalEventData JSON, requestID VARCHAR, eventID VARCHAR,
    readOnly BOOLEAN, resources JSON, eventType VARCHAR, managementEvent BOOLEAN, recipientAccountId VARCHAR,
    eventCategory VARCHAR, tlsDetails JSON)[]'''
with duckdb.connect(sys.argv[1]) as connection:
    connection.execute(f"CREATE TABLE t AS SELECT unnest(Records, recursive := true) FROM "
                       f"read_json('{sys.argv[2]}/**/*.json.gz', columns = {{Records: '{record}'}}, "
                       "maximum_object_size = 1000000000)")
"""

# The members that chDB keeps in columns, beside the text of the record.
CHDB = """
import sys
from chdb import session
texts = ["eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "requestID", "eventID",
         "recipientAccountId"]
columns = ", ".join(f"JSONExtractString(record, '{name}') AS {name}" for name in texts)
chdb = session.Session(sys.argv[1])
chdb.query("CREATE DATABASE lake")
chdb.query("CREATE TABLE lake.events ENGINE = MergeTree ORDER BY eventTime AS "
           "SELECT parseDateTimeBestEffort(JSONExtractString(record, 'eventTime')) AS eventTime, "
           f"{columns}, JSONExtractString(record, 'userIdentity', 'arn') AS arn, record "
           "FROM (SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS record "
           f"FROM file('{sys.argv[2]}/**/*.json.gz', JSONAsString))")
if int(str(chdb.query("SELECT count() FROM lake.events"))) == 0:
    sys.exit("chDB read no record")
"""


def imports(args, events, folder):
    """Times the ways in; returns rows of the table, and the lake."""
    files = sorted(glob.glob(f"{events}/**/*.json.gz", recursive=True))
    rows = []
    lake = os.path.join(folder, "lake")
    for run in range(3):
        shutil.rmtree(lake, ignore_errors=True)
        rows.append(measured([TRAILLAKE, "import", "--lake", lake, events]))
    source = sum(os.path.getsize(file) for file in files)
    mine = (statistics.median(row[0] for row in rows), max(row[2] for row in rows), size(lake))
    unpacking = []
    for _ in range(3):
        unpacking.append(seconds(lambda: subprocess.run(["xargs", "-0", "gzip", "-dc"], stdout=subprocess.DEVNULL,
                                                        input="\0".join(files).encode(), check=True))[0])
    target = os.path.join(folder, "typed.duckdb")
    if os.path.exists(target):
        os.remove(target)
    took, _, peak = measured([sys.executable, "-c", DUCKDB, target, events])
    merge_tree = os.path.join(folder, "chdb")
    shutil.rmtree(merge_tree, ignore_errors=True)
    chdb_took, _, chdb_peak = measured([sys.executable, "-c", CHDB, merge_tree, events])
    table = [
        ("traillake, ORC, record kept", *mine),
        ("gzip -dc, one thread", statistics.median(unpacking), None, source),
        ("DuckDB, 22 members of a record typed", took, peak, os.path.getsize(target)),
        ("chDB, 11 members of a record and its text", chdb_took, chdb_peak, size(merge_tree)),
    ]
    os.remove(target)
    shutil.rmtree(merge_tree)
    return table, lake, source


def duckdb_tables(folder, lake, events):
    """Makes DuckDB's own table, sorted by time, of the same columns; and returns it with the Parquet files."""
    subprocess.run([TRAILLAKE, "store", "create", "parquet", "--format", "parquet", "--lake", lake], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([TRAILLAKE, "import", "--lake", lake, "--store", "parquet", events], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shown = subprocess.run([TRAILLAKE, "store", "show", "parquet", "--json", "--lake", lake], check=True,
                           capture_output=True, text=True)
    parquet = json.loads(shown.stdout)["folder"] + "/**/*.parquet"
    native = os.path.join(folder, "native.duckdb")
    if os.path.exists(native):
        os.remove(native)
    with duckdb.connect(native) as connection:
        connection.execute("CREATE TABLE event_data_store AS SELECT * FROM "
                           f"read_parquet('{parquet}', hive_partitioning=false) ORDER BY eventtime")
    return native, parquet


def statement_of_peers(query, parameters):
    with open(os.path.join(HERE, "queries/peers", f"{query}.sql")) as file:
        sql = file.read().strip().rstrip(";")
    for name, value in parameters.items():
        sql = sql.replace("{" + name + "}", "'" + value.replace("'", "''") + "'")
    return sql


def sessions(native, parquet):
    """The peers by name, each a function from a statement to the names of its columns and its rows."""

    def duckdb_session(connection):
        def run(sql):
            cursor = connection.execute(sql)
            return [column[0] for column in cursor.description], cursor.fetchall()
        return run

    over_parquet = duckdb.connect()
    over_parquet.execute("CREATE VIEW event_data_store AS SELECT * FROM "
                         f"read_parquet('{parquet}', hive_partitioning=false)")
    frames = polars.SQLContext(event_data_store=polars.scan_parquet(parquet, hive_partitioning=False))
    stock = datafusion.SessionContext(datafusion.SessionConfig().set("datafusion.sql_parser.dialect", "duckdb"))
    stock.register_parquet("event_data_store", parquet.split("/**")[0])

    def polars_session(sql):
        frame = frames.execute(sql).collect()
        return frame.columns, frame.rows()

    def datafusion_session(sql):
        table = stock.sql(sql).to_arrow_table()
        return table.column_names, list(zip(*(column.to_pylist() for column in table.columns)))

    return {
        "DuckDB's table": duckdb_session(duckdb.connect(native, read_only=True)),
        "DuckDB": duckdb_session(over_parquet),
        "Polars": polars_session,
        "DataFusion": datafusion_session,
    }


def plain(value):
    """A value as both write it: times without zone, whole numbers without a point."""
    if value is None or value == "":
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def answer(query, labels, rows):
    """What is compared of an answer, whatever its order."""
    if query in WIDE and rows:
        place = [label.lower() for label in labels].index("eventid")
        rows = [[row[place]] for row in rows]
    return sorted([plain(value) for value in row] for row in rows)


def answer_of_lake(lake, query):
    out = subprocess.run([TRAILLAKE, "query", "--lake", lake, "--store", "default", "--format", "json", query["sql"]],
                         check=True, capture_output=True, text=True)
    rows = json.loads(out.stdout)
    return answer(query["name"], list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def warm(peer, run, sql, query, expected, runs):
    """The median of a peer's times in milliseconds; None where it does not answer as expected."""
    try:
        if answer(query, *run(sql)) != expected:
            raise ValueError("another answer")
    except Exception as error:  # each peer raises its own kinds
        print(f"{peer}, {query}: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    return statistics.median(seconds(lambda: run(sql))[0] for _ in range(runs)) * 1000


COLD = ("import duckdb,sys,time; sql=open(sys.argv[2]).read(); s=time.perf_counter(); "
        "c=duckdb.connect(sys.argv[1],read_only=True); c.execute(sql).fetchall(); print(time.perf_counter()-s)")


def main():
    args = arguments()
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)
        sys.exit(measure(args, args.keep))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(measure(args, folder))


def measure(args, folder):
    """Measures all and prints the page; returns 1 where DuckDB's answers are not ours, else 0."""
    events = make_events(args, folder)
    table, lake, source = imports(args, events, folder)
    native, parquet = duckdb_tables(folder, lake, events)
    report = os.path.join(folder, "bench.json")
    suites = [option for suite in SUITES for option in ("--queries", suite)]
    subprocess.run([TRAILLAKE, "bench", "--lake", lake, "--store", "default", "--formats", "orc", "--warm", "--concurrency", "0",
                    "--runs", str(args.runs), "--json", report, "--force", *suites], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(report) as file:
        bench = json.load(file)
    peers = sessions(native, parquet)
    statement = os.path.join(folder, "query.sql")
    ours = [TRAILLAKE, "query", "--lake", lake, "--store", "default", "--format", "csv", "-f", statement]
    rows = []
    for query in bench["queries"]:
        expected = answer_of_lake(lake, query)
        sql = statement_of_peers(query["name"], bench["parameters"])
        theirs = [warm(peer, run, sql, query["name"], expected, args.runs) for peer, run in peers.items()]
        with open(statement, "w") as file:
            file.write(query["sql"])
        cold = statistics.median(measured(ours)[0] for _ in range(args.runs))
        with open(statement, "w") as file:
            file.write(sql)
        cold_theirs = statistics.median(
            float(subprocess.run([sys.executable, "-c", COLD, native, statement], check=True, capture_output=True,
                                 text=True).stdout) for _ in range(args.runs))
        rows.append((query["name"], query["results"][0]["median_ms"], theirs, cold * 1000, cold_theirs * 1000))
    print_page(args, table, source, list(peers), rows)
    return int(any(row[2][0] is None for row in rows))


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def print_page(args, table, source, peers, rows):
    version = subprocess.run([TRAILLAKE, "--version"], capture_output=True, text=True).stdout.strip()
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    versions = ", ".join(f"{name} {metadata.version(name.lower())}"
                         for name in ["DuckDB", "chDB", "Polars", "DataFusion"])
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}; {version} ({commit.stdout.strip()}), {versions}; "
          f"{args.events:,} events, {args.principals} principals; medians of {args.runs} runs\n")
    print("| import | s | peak MB | bytes | of the source |\n|---|---:|---:|---:|---:|")
    for name, took, peak, held in table:
        memory = f"{peak:,.0f}" if peak else ""
        print(f"| {name} | {took:.2f} | {memory} | {held:,} | {held / source:.2f} |")
    print("\nMilliseconds, and how many times the peer's time ours is. The peers but the first read Parquet.\n")
    print("| query | warm | " + " | ".join(f"{peer} | ratio" for peer in peers) + " | cold | DuckDB's table | ratio |")
    print("|---|" + "---:|" * (2 * len(peers) + 4))
    for name, ours, theirs, cold, cold_theirs in rows:
        cells = [f"{peer:.2f} | {ours / peer:.2f}" if peer else " | " for peer in theirs]
        print(f"| {name} | {ours:.2f} | {' | '.join(cells)} | {cold:.1f} | {cold_theirs:.1f} "
              f"| {cold / cold_theirs:.2f} |")
    means = [mean([row[1] / row[2][peer] for row in rows if row[2][peer]]) for peer in range(len(peers))]
    print("| geometric mean | | " + " | ".join(f"| {value:.2f}" for value in means)
          + f" | | | {mean([row[3] / row[4] for row in rows]):.2f} |")


if __name__ == "__main__":
    main()
