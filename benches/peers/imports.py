"""The ways in: what an import of the log files takes, for traillake and for the peers that read them by themselves."""

import glob
import os
import shutil
import statistics
import subprocess
import sys

from measured import measured, progress, seconds, size

TRAILLAKE = os.environ["TRAILLAKE"]
# Our import and gzip run thrice, but once where that takes minutes: the seconds differ little there.
RUNS = 3
RUN_THRICE_UP_TO = 2_000_000

# The members of a record that DuckDB is told the types of; the rest of the import is its own.
DUCKDB = """
import sys
import duckdb
record = '''STRUCT(eventVersion VARCHAR, userIdentity JSON, eventTime TIMESTAMP, eventSource VARCHAR, eventName VARCHAR,
    awsRegion VARCHAR, sourceIPAddress VARCHAR, userAgent VARCHAR, errorCode VARCHAR, errorMessage VARCHAR,
    requestParameters JSON, responseElements JSON, additionalEventData JSON, requestID VARCHAR, eventID VARCHAR,
    readOnly BOOLEAN, resources JSON, eventType VARCHAR, managementEvent BOOLEAN, recipientAccountId VARCHAR,
    eventCategory VARCHAR, tlsDetails JSON)[]'''
with duckdb.connect(sys.argv[1] + "/typed.duckdb") as connection:
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

def imports(events, count, folder):
    """Times the ways in for so many events; returns rows of the table, the lake, and the bytes of the log files."""
    runs = RUNS if count <= RUN_THRICE_UP_TO else 1
    files = sorted(glob.glob(f"{events}/**/*.json.gz", recursive=True))
    source = sum(os.path.getsize(file) for file in files)
    lake = os.path.join(folder, "lake")
    table = [
        ("traillake, ORC, record kept", *import_of_traillake(events, lake, runs)),
        ("gzip -dc, one thread", unpacking(files, runs), None, source),
        ("DuckDB, 22 members of a record typed", *import_of("DuckDB", DUCKDB, events, folder)),
        ("chDB, 11 members of a record and its text", *import_of("chDB", CHDB, events, folder)),
    ]
    return table, lake, source


def import_of_traillake(events, lake, runs):
    """Imports into a new lake each time; returns seconds, the peak in MB and the bytes of the lake."""
    rows = []
    for run in range(runs):
        progress(f"import with traillake, {run + 1} of {runs}")
        shutil.rmtree(lake, ignore_errors=True)
        rows.append(measured([TRAILLAKE, "import", "--lake", lake, events]))
    return statistics.median(row[0] for row in rows), max(row[2] for row in rows), size(lake)


def unpacking(files, runs):
    """The seconds that gzip takes for all files."""
    progress("gzip -dc")
    names = "\0".join(files).encode()
    return statistics.median(
        seconds(lambda: subprocess.run(["xargs", "-0", "gzip", "-dc"], stdout=subprocess.DEVNULL, input=names,
                                       check=True))[0] for _ in range(runs))


def import_of(peer, script, events, folder):
    """Runs a peer's import once; returns seconds, the peak in MB and the bytes of what it made, which is removed."""
    progress(f"import with {peer}")
    target = os.path.join(folder, "imported")
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    took, _, peak = measured([sys.executable, "-c", script, target, events])
    held = size(target)
    shutil.rmtree(target)
    return took, peak, held
