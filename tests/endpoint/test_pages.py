"""Pages of answers: of every size, to the end, again, and with tokens that are not theirs."""

import pytest

from clients import finished, pages, refusal
from wire import Wire

ROWS = 252


@pytest.fixture(scope="module")
def query(cloudtrail):
    """A query whose rows many sizes of pages divide without a rest."""
    return finished(cloudtrail, f"SELECT n FROM UNNEST(sequence(1, {ROWS})) AS t (n) ORDER BY n")


def test_every_size_of_page_gives_every_row_once(service, query):
    wire = Wire(service, service.key)
    expected = [[{"n": str(n)}] for n in range(1, ROWS + 1)]
    for size in range(1, 1_001):
        rows, asked = [], {"QueryId": query, "MaxQueryResults": size}
        while True:
            answer = wire.ask("GetQueryResults", asked)
            assert answer.status == 200, answer.body
            page = answer.json
            rows.extend(page["QueryResultRows"])
            assert page["QueryStatistics"]["TotalResultsCount"] == ROWS
            if "NextToken" not in page:
                break
            assert len(page["QueryResultRows"]) == page["QueryStatistics"]["ResultsCount"] == size
            asked["NextToken"] = page["NextToken"]
        assert rows == expected, size
    wire.close()


def test_a_page_has_a_thousand_rows_at_most(cloudtrail):
    long = finished(cloudtrail, "SELECT n FROM UNNEST(sequence(1, 2001)) AS t (n) ORDER BY n")
    for size in ({}, {"MaxQueryResults": 1_000}):
        rows, tokens = pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=long, **size)
        assert rows == [[{"n": str(n)}] for n in range(1, 2_002)] and len(tokens) == 2


def test_a_page_ends_at_the_end(cloudtrail, query):
    # No row is left over, so nothing is promised behind the last page.
    for size in (7, 36, 126, 252):
        _, tokens = pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=query, MaxQueryResults=size)
        assert len(tokens) == ROWS // size - 1


def test_a_token_gives_the_same_page_again_and_by_another_size(cloudtrail, query):
    token = cloudtrail.get_query_results(QueryId=query, MaxQueryResults=10)["NextToken"]
    again = [cloudtrail.get_query_results(QueryId=query, MaxQueryResults=5, NextToken=token) for _ in range(3)]
    assert [page["QueryResultRows"][0] for page in again] == [[{"n": "11"}]] * 3
    assert len({page["NextToken"] for page in again}) == 1
    rest, _ = pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=query, NextToken=token)
    assert rest[0] == [{"n": "11"}] and len(rest) == ROWS - 10


def test_tokens_of_others_are_refused(cloudtrail, query, default_store):
    other = finished(cloudtrail, f"SELECT n FROM UNNEST(sequence(1, {ROWS})) AS t (n)")
    token = cloudtrail.get_query_results(QueryId=query, MaxQueryResults=10)["NextToken"]
    events = cloudtrail.lookup_events(MaxResults=1)["NextToken"]
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    results = cloudtrail.get_query_results
    for wrong in ("nonsense", token[:-2], token[4:], swapped, "A" * 1_000, events):
        assert refusal(results, QueryId=query, NextToken=wrong) == ("InvalidNextTokenException", 400), wrong
    assert refusal(results, QueryId=other, NextToken=token) == ("InvalidNextTokenException", 400)
    stores = cloudtrail.list_event_data_stores
    assert refusal(stores, NextToken=token) == ("InvalidNextTokenException", 400)
    queries = cloudtrail.list_queries
    assert refusal(queries, EventDataStore=default_store, NextToken=token) == ("InvalidNextTokenException", 400)
    assert refusal(cloudtrail.lookup_events, NextToken=token) == ("InvalidNextTokenException", 400)


@pytest.mark.parametrize("size", [0, -1, 1_001, 2**31 - 1])
def test_sizes_out_of_bounds_are_refused(wire, query, size):
    answer = wire.ask("GetQueryResults", {"QueryId": query, "MaxQueryResults": size})
    assert (answer.status, answer.error) == (400, "InvalidMaxResultsException")
