"""The peers that answer queries: the tables and files they read, and a session of each."""

import json
import os
import shutil
import subprocess
import sys

import datafusion
import duckdb
import polars
from chdb import session
from measured import progress

QUERIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queries")
TRAILLAKE = os.environ["TRAILLAKE"]

# Run in a process of its own, so that its memory is free again. The types are those that chDB finds in the files, but
# for the key, which MergeTree wants without NULL, and for texts of few values: DuckDB keeps dictionaries by itself,
# MergeTree leaves them to the schema. In the end there is one part, and those it was merged from stay for a day, as
# nothing should be merged or removed while queries run.
CHDB = """
import sys
from chdb import session
few = ["eventsource", "eventname", "awsregion", "useragent", "errorcode"]
dictionaries = ", ".join(f"CAST({name} AS LowCardinality(Nullable(String))) AS {name}" for name in few)
chdb = session.Session(sys.argv[1])
chdb.query("CREATE DATABASE lake")
chdb.query("CREATE TABLE lake.event_data_store ENGINE = MergeTree ORDER BY eventtime "
           "SETTINGS old_parts_lifetime = 86400 AS "
           f"SELECT * REPLACE (assumeNotNull(eventtime) AS eventtime, {dictionaries}) "
           f"FROM file('{sys.argv[2]}', Parquet) SETTINGS use_hive_partitioning = 0")
chdb.query("OPTIMIZE TABLE lake.event_data_store FINAL")
"""


def make_tables(folder, lake, events):
    """Imports into a store of Parquet files, and makes DuckDB's and chDB's own tables of them, with the same columns
    and sorted by time; returns the paths of the tables and the pattern of the files."""
    progress("import into Parquet files")
    traillake("store", "create", "parquet", "--format", "parquet", "--lake", lake)
    traillake("import", "--lake", lake, "--store", "parquet", events)
    parquet = json.loads(traillake("store", "show", "parquet", "--json", "--lake", lake))["folder"] + "/**/*.parquet"
    native, merge_tree = os.path.join(folder, "native.duckdb"), os.path.join(folder, "chdb")
    if os.path.exists(native):
        os.remove(native)
    shutil.rmtree(merge_tree, ignore_errors=True)
    progress("table of DuckDB")
    with duckdb.connect(native) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET memory_limit = '50%'")  # a sort takes all it is given, and spills the rest
        connection.execute("CREATE TABLE event_data_store AS SELECT * FROM "
                           f"read_parquet('{parquet}', hive_partitioning=false) ORDER BY eventtime")
    progress("table of chDB")
    subprocess.run([sys.executable, "-c", CHDB, merge_tree, parquet], check=True)
    return native, merge_tree, parquet


def traillake(*arguments):
    """What the program prints, with nothing of its progress."""
    return subprocess.run([TRAILLAKE, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout


def statement_of_peers(query, parameters, peer="peers"):
    """The text of a query for all peers, or that for one where it has its own; with the parameters put in."""
    path = os.path.join(QUERIES, peer, f"{query}.sql")
    if not os.path.exists(path):
        path = os.path.join(QUERIES, "peers", f"{query}.sql")
    with open(path) as file:
        sql = file.read().strip().rstrip(";")
    for name, value in parameters.items():
        sql = sql.replace("{" + name + "}", "'" + value.replace("'", "''") + "'")
    return sql


def sessions(native, merge_tree, parquet):
    """The peers by name, each a function from a statement to the names of its columns and its rows."""
    over_parquet = duckdb.connect()
    over_parquet.execute("CREATE VIEW event_data_store AS SELECT * FROM "
                         f"read_parquet('{parquet}', hive_partitioning=false)")
    over_table = session.Session(merge_tree)
    over_table.query("USE lake")
    frames = polars.SQLContext(event_data_store=polars.scan_parquet(parquet, hive_partitioning=False))
    stock = datafusion.SessionContext(datafusion.SessionConfig().set("datafusion.sql_parser.dialect", "duckdb"))
    stock.register_parquet("event_data_store", parquet.split("/**")[0])

    def polars_session(sql):
        frame = frames.execute(sql).collect()
        return frame.columns, frame.rows()

    return {
        "DuckDB's table": duckdb_session(duckdb.connect(native, read_only=True)),
        "chDB": lambda sql: from_arrow(over_table.query(sql, "ArrowTable")),
        "DuckDB": duckdb_session(over_parquet),
        "Polars": polars_session,
        "DataFusion": lambda sql: from_arrow(stock.sql(sql).to_arrow_table()),
    }


def duckdb_session(connection):
    connection.execute("SET enable_progress_bar = false")  # it would get into the page, after two seconds of a query

    def run(sql):
        cursor = connection.execute(sql)
        return [column[0] for column in cursor.description], cursor.fetchall()
    return run


def from_arrow(table):
    return table.column_names, list(zip(*(column.to_pylist() for column in table.columns)))
