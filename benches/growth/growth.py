"""Measures how costs grow; see run.sh.

Prints two tables in Markdown, one with more and more events at a constant rate a day, one with the same events in more
and more files, and draws both into an SVG file.
"""

import argparse
import glob
import gzip
import json
import os
import shutil
import subprocess
import tempfile
import time

import matplotlib
from measured import measured, size

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TRAILLAKE = os.environ["TRAILLAKE"]
EVENTS_A_DAY = 16_000
# By name, small queries whose costs should not grow. {id} is an event's, {hour} an hour in the middle.
QUERIES = {
    "event by id": "SELECT * FROM event_data_store WHERE eventID = '{id}'",
    "one hour": "SELECT eventName, count(*) FROM event_data_store WHERE eventTime >= timestamp '{hour}' "
                "AND eventTime < timestamp '{hour}' + INTERVAL '1' HOUR GROUP BY 1 ORDER BY 2 DESC, 1",
    "last 100, wide": "SELECT * FROM event_data_store WHERE userAgent LIKE '%Boto3%' "
                      "ORDER BY eventTime DESC, eventID LIMIT 100",
}
PARAMETERS = """SELECT min(eventID) AS id, date_trunc('hour', date_add('second',
    date_diff('second', min(eventTime), max(eventTime)) / 2, min(eventTime))) AS hour
    FROM event_data_store WHERE eventID >= '8'"""
REPEATED = 20


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=numbers, default=numbers("100000,500000,1000000,5000000,20000000"))
    parser.add_argument("--files", type=numbers, default=numbers("1,10,100,1000,10000,100000"))
    parser.add_argument("--svg", default="growth.svg", help="file for the plot")
    parser.add_argument("--keep", help="folder for the data, which is removed otherwise")
    return parser.parse_args()


def run(*command):
    subprocess.run([TRAILLAKE, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measured_import(lake, events):
    """Imports into a new lake."""
    shutil.rmtree(lake, ignore_errors=True)
    return measured([TRAILLAKE, "import", "--lake", lake, events])


def make_events(folder, count):
    events = os.path.join(folder, f"events-{count}")
    if not os.path.isdir(events):
        run("synth", "--events", str(count), "--days", str(max(1, count // EVENTS_A_DAY)), "--out", events)
    return events


def asked(lake, *options):
    command = [TRAILLAKE, "query", "--lake", lake, "--format", "json", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def query_times(folder, lake):
    """What a repeated query costs in a session that has run it before, in milliseconds."""
    parameters = json.loads(asked(lake, PARAMETERS))[0]
    statements = os.path.join(folder, "statements.sql")
    times = []
    for sql in QUERIES.values():
        sql = sql.format(**parameters)
        took = {}
        for copies in (2, 2 + REPEATED):
            with open(statements, "w") as file:
                file.write(f"{sql};\n" * copies)
            runs = []
            for _ in range(3):
                start = time.perf_counter()
                asked(lake, "-f", statements)
                runs.append(time.perf_counter() - start)
            took[copies] = min(runs)
        times.append((took[2 + REPEATED] - took[2]) / REPEATED * 1000)
    return times


def repacked(folder, events, files):
    """Writes the same records into so many log files."""
    records = []
    for path in sorted(glob.glob(f"{events}/**/*.json.gz", recursive=True)):
        with gzip.open(path) as log:
            records += json.load(log).get("Records", [])
    records.sort(key=lambda record: record.get("eventTime", ""))
    target = os.path.join(folder, f"files-{files}")
    shutil.rmtree(target, ignore_errors=True)
    for number in range(files):
        part = records[number * len(records) // files:(number + 1) * len(records) // files]
        inside = os.path.join(target, f"{number // 1000:03}")
        os.makedirs(inside, exist_ok=True)
        with gzip.open(os.path.join(inside, f"{number:06}.json.gz"), "wt", compresslevel=6) as log:
            json.dump({"Records": part}, log, separators=(",", ":"))
    return target, len(records)


def main():
    args = arguments()
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)
        measure(args, args.keep)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(args, folder)


def measure(args, folder):
    lake = os.path.join(folder, "lake")
    version = subprocess.run([TRAILLAKE, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{time.strftime('%Y-%m-%d')}, {version}, {os.cpu_count()} cores\n")
    print("| events | import, s | µs an event | cores | peak MB | store MB | "
          + " | ".join(f"{name}, ms" for name in QUERIES) + " |")
    print("|---:" * (6 + len(QUERIES)) + "|", flush=True)
    by_events = []
    for count in args.events:
        took, worked, peak = measured_import(lake, make_events(folder, count))
        times = query_times(folder, lake)
        by_events.append((count, took, peak, *times))
        print(f"| {count:,} | {took:.2f} | {took / count * 1e6:.1f} | {worked / took:.2f} | {peak:,.0f} "
              f"| {size(lake) / 1e6:,.1f} | " + " | ".join(f"{ms:.1f}" for ms in times) + " |", flush=True)
    print("\n| files | events | import, s | µs an event | cores | peak MB |\n" + "|---:" * 6 + "|")
    by_files = []
    events = make_events(folder, min(args.events))
    for count in args.files:
        files, records = repacked(folder, events, count)
        took, worked, peak = measured_import(lake, files)
        shutil.rmtree(files)
        by_files.append((count, took, peak))
        print(f"| {count:,} | {records:,} | {took:.2f} | {took / records * 1e6:.1f} | {worked / took:.2f} "
              f"| {peak:,.0f} |", flush=True)
    plot(by_events, by_files, args.svg)


def plot(by_events, by_files, path):
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for axes, rows, what in [(left, by_events, "events"), (middle, by_files, "files")]:
        places = [row[0] for row in rows]
        axes.plot(places, [row[1] for row in rows], marker="o", label="import, s")
        axes.plot(places, [row[2] / 1000 for row in rows], marker="s", label="peak memory, GB")
        axes.set(xscale="log", yscale="log", xlabel=what)
        axes.legend()
    for place, name in enumerate(QUERIES):
        right.plot([row[0] for row in by_events], [row[3 + place] for row in by_events], marker="o", label=name)
    right.set(xscale="log", yscale="log", xlabel="events", ylabel="ms, warm")
    right.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
