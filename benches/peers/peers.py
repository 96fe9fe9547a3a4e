"""Measures traillake beside DuckDB and gzip over the same events; see run.sh.

Prints one page of Markdown: the machine and the versions, what an import takes, and for each query the median time
of traillake and of DuckDB over its own table and over Parquet, with the ratio. Answers are compared first.
"""

import argparse
import glob
import gzip
import json
import math
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
SUITES = [os.path.join(HERE, "../../queries/bench"), os.path.join(HERE, "queries/lake")]
TRAILLAKE = os.environ["TRAILLAKE"]
# Queries that give whole events, of which the ids are compared.
WIDE = {"04-event-by-id", "10-last-100-wide", "11-rare-event"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("events", nargs="?", type=int, default=500_000)
    parser.add_argument("--principals", choices=["few", "many"], default="few",
                        help="many: sessions of one to three calls, each a principal of its own")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", help="folder for the data, which is removed otherwise")
    return parser.parse_args()


def timed(command, **options):
    """Runs a command; returns seconds, and the peak of its memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, (peak if peak > before else before) / 1024


def measured(command):
    """Runs a command in a process of its own that tells its peak, so that peaks before do not count."""
    code = ("import json,resource,subprocess,sys,time; s=time.perf_counter(); "
            "subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL); "
            "print(json.dumps([time.perf_counter()-s,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024]))")
    out = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def size(path):
    return sum(os.path.getsize(file) for file in glob.glob(f"{path}/**/*", recursive=True) if os.path.isfile(file))


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
    """Copies log files such that each identity is seen once to three times, as short sessions make them."""
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
RECORD = """STRUCT(eventVersion VARCHAR, userIdentity JSON, eventTime TIMESTAMP, eventSource VARCHAR, eventName VARCHAR,
 awsRegion VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR,
 requestParameters JSON, responseElements JSON, additionalEventData JSON, requestID VARCHAR, eventID VARCHAR,
 readOnly BOOLEAN, resources JSON, eventType VARCHAR, managementEvent BOOLEAN, recipientAccountId VARCHAR,
 eventCategory VARCHAR, tlsDetails JSON)[]"""


def imports(args, events, folder):
    """Times the ways in; returns rows of the table, and the lake."""
    files = sorted(glob.glob(f"{events}/**/*.json.gz", recursive=True))
    rows = []
    lake = os.path.join(folder, "lake")
    for run in range(3):
        shutil.rmtree(lake, ignore_errors=True)
        rows.append(measured([TRAILLAKE, "import", "--lake", lake, events]))
    source = sum(os.path.getsize(file) for file in files)
    mine = (statistics.median(row[0] for row in rows), max(row[1] for row in rows), size(lake))
    unpacking = []
    for _ in range(3):
        start = time.perf_counter()
        with open(os.devnull, "wb") as nowhere:
            subprocess.run(["xargs", "-0", "gzip", "-dc"], input="\0".join(files).encode(), stdout=nowhere, check=True)
        unpacking.append(time.perf_counter() - start)
    typed = ("import duckdb,sys; c=duckdb.connect(sys.argv[1]); c.execute(\"CREATE TABLE t AS SELECT unnest(Records,recursive:=true) "
             "FROM read_json('\" + sys.argv[2] + \"/**/*.json.gz', columns={Records: '\" + sys.argv[3] + \"'}, "
             "maximum_object_size=1000000000)\"); c.close()")
    target = os.path.join(folder, "typed.duckdb")
    if os.path.exists(target):
        os.remove(target)
    theirs = measured([sys.executable, "-c", typed, target, events, RECORD.replace("\n", "")])
    table = [
        ("traillake, ORC, record kept", *mine),
        ("gzip -dc, one thread", statistics.median(unpacking), None, source),
        ("DuckDB, 22 members of a record typed", theirs[0], theirs[1], os.path.getsize(target)),
    ]
    os.remove(target)
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


def peers(query, parameters):
    with open(os.path.join(HERE, "queries/duckdb", f"{query}.sql")) as file:
        sql = file.read()
    for name, value in parameters.items():
        sql = sql.replace("{" + name + "}", "'" + value.replace("'", "''") + "'")
    return sql


def plain(value):
    """A value as both write it: times without zone, whole numbers without a point."""
    if value is None or value == "":
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def answers(lake, bench, connection, parameters):
    """Names the queries whose answers are not the same."""
    wrong = []
    for query in bench["queries"]:
        name, sql = query["name"], query["sql"]
        out = subprocess.run([TRAILLAKE, "query", "--lake", lake, "--store", "default", "--format", "json", sql],
                             check=True, capture_output=True, text=True)
        mine = [[plain(value) for value in row.values()] for row in json.loads(out.stdout)]
        cursor = connection.execute(peers(name, parameters))
        labels = [column[0].lower() for column in cursor.description]
        theirs = [[plain(value) for value in row] for row in cursor.fetchall()]
        if name in WIDE:
            mine = [[row["eventID"] if "eventID" in row else row["eventid"]] for row in json.loads(out.stdout)]
            theirs = [[row[labels.index("eventid")]] for row in theirs]
        if sorted(mine) != sorted(theirs):
            wrong.append(name)
    return wrong


COLD = ("import duckdb,sys,time; sql=open(sys.argv[2]).read(); s=time.perf_counter(); "
        "c=duckdb.connect(sys.argv[1],read_only=True); c.execute(sql).fetchall(); print(time.perf_counter()-s)")


def main():
    args = arguments()
    folder = args.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    events = make_events(args, folder)
    table, lake, source = imports(args, events, folder)
    native, parquet = duckdb_tables(folder, lake, events)
    report = os.path.join(folder, "bench.json")
    suites = [option for suite in SUITES for option in ("--queries", suite)]
    subprocess.run([TRAILLAKE, "bench", "--lake", lake, "--store", "default", "--formats", "orc", "--concurrency", "0",
                    "--runs", str(args.runs), "--json", report, "--force", *suites], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(report) as file:
        bench = json.load(file)
    connection = duckdb.connect(native, read_only=True)
    wrong = answers(lake, bench, connection, bench["parameters"])
    over_parquet = duckdb.connect()
    over_parquet.execute("CREATE VIEW event_data_store AS SELECT * FROM "
                         f"read_parquet('{parquet}', hive_partitioning=false)")
    rows = []
    for query in bench["queries"]:
        sql = peers(query["name"], bench["parameters"])
        warm = {}
        for engine, session in [("table", connection), ("parquet", over_parquet)]:
            session.execute(sql).fetchall()
            times = []
            for _ in range(args.runs):
                start = time.perf_counter()
                session.execute(sql).fetchall()
                times.append((time.perf_counter() - start) * 1000)
            warm[engine] = statistics.median(times)
        statement = os.path.join(folder, "query.sql")
        with open(statement, "w") as file:
            file.write(query["sql"])
        mine = [timed([TRAILLAKE, "query", "--lake", lake, "--store", "default", "--format", "csv", "-f", statement])[0]
                for _ in range(args.runs)]
        with open(statement, "w") as file:
            file.write(sql)
        theirs = [float(subprocess.run([sys.executable, "-c", COLD, native, statement], check=True,
                                       capture_output=True, text=True).stdout) for _ in range(args.runs)]
        rows.append((query["name"], query["results"][0]["median_ms"], warm["table"], warm["parquet"],
                     statistics.median(mine) * 1000, statistics.median(theirs) * 1000))
    print_page(args, table, source, rows, wrong)
    if not args.keep:
        shutil.rmtree(folder)
    sys.exit(1 if wrong else 0)


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def print_page(args, table, source, rows, wrong):
    version = subprocess.run([TRAILLAKE, "--version"], capture_output=True, text=True).stdout.strip()
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}; {version} ({commit.stdout.strip()}), DuckDB {duckdb.__version__}; "
          f"{args.events:,} events, {args.principals} principals; medians of {args.runs} runs\n")
    print("| import | s | peak MB | bytes | of the source |\n|---|---:|---:|---:|---:|")
    for name, seconds, peak, held in table:
        memory = f"{peak:,.0f}" if peak else ""
        print(f"| {name} | {seconds:.2f} | {memory} | {held:,} | {held / source:.2f} |")
    print("\n| query, ms | warm | DuckDB's table | ratio | DuckDB, Parquet | cold | DuckDB's table | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, warm, theirs, parquet, cold, cold_theirs in rows:
        mark = " (answers differ)" if name in wrong else ""
        print(f"| {name}{mark} | {warm:.2f} | {theirs:.2f} | {warm / theirs:.2f} | {parquet:.2f} "
              f"| {cold:.1f} | {cold_theirs:.1f} | {cold / cold_theirs:.2f} |")
    print(f"| geometric mean | | | {mean([row[1] / row[2] for row in rows]):.2f} | | | "
          f"| {mean([row[4] / row[5] for row in rows]):.2f} |")


if __name__ == "__main__":
    main()
