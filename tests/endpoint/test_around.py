"""What stands around stores and queries: counts of calls, sample queries, and what a lake has none of."""

import collections
import datetime
import json

import pytest

from clients import answer, client, pages, refusal
from service import Service, run

UNKNOWN = "11111111-1111-1111-1111-111111111111"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def busiest(imported):
    """The source and name of the events that there are most of, and their times."""
    times = collections.defaultdict(list)
    for record in imported.records:
        read = datetime.datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        times[record["eventSource"], record["eventName"]].append(read.replace(tzinfo=datetime.timezone.utc))
    (source, name), found = max(times.items(), key=lambda item: (len(item[1]), item[0]))
    return {"EventSource": source, "EventName": name, "InsightType": "ApiCallRateInsight"}, sorted(found)


def counts(cloudtrail, **members):
    found, asked = [], dict(members)
    while True:
        page = cloudtrail.list_insights_metric_data(**asked)
        found += zip(page["Timestamps"], page["Values"], strict=True)
        if "NextToken" not in page:
            return found
        asked["NextToken"] = page["NextToken"]


def begun(time, period):
    seconds = int(time.timestamp())
    return datetime.datetime.fromtimestamp(seconds - seconds % period, datetime.timezone.utc)


@pytest.mark.parametrize("period", [60, 300, 3_600])
def test_calls_are_counted_by_periods(cloudtrail, busiest, period):
    asked, times = busiest
    span = {"StartTime": times[0], "EndTime": times[-1] + HOUR, "Period": period}
    expected = sorted(collections.Counter(begun(time, period) for time in times).items())
    assert counts(cloudtrail, **asked, **span) == expected
    assert counts(cloudtrail, **asked, **span, MaxResults=3) == expected


def test_periods_without_calls_are_filled_with_zeros(cloudtrail, busiest):
    asked, times = busiest
    span = {"StartTime": times[0], "EndTime": times[0] + 24 * HOUR, "Period": 3_600}
    filled = counts(cloudtrail, **asked, **span, DataType="FillWithZeros")
    without = counts(cloudtrail, **asked, **span)
    assert [(at, count) for at, count in filled if count] == without
    steps = {later - earlier for (earlier, _), (later, _) in zip(filled, filled[1:])}
    assert steps == {HOUR} and 24 <= len(filled) <= 25


def test_errors_are_counted_by_their_codes(cloudtrail, imported):
    failed = collections.Counter(
        (record["eventSource"], record["eventName"], record["errorCode"])
        for record in imported.records if record.get("errorCode")
    )
    (source, name, code), count = max(failed.items(), key=lambda item: (item[1], item[0]))
    asked = {"EventSource": source, "EventName": name, "InsightType": "ApiErrorRateInsight", "ErrorCode": code}
    found = counts(cloudtrail, **asked, StartTime=0)
    assert sum(value for _, value in found) == count


def test_wrong_counts_are_refused(cloudtrail, busiest):
    asked, times = busiest
    call = cloudtrail.list_insights_metric_data
    for wrong in (
        {"Period": 61}, {"StartTime": times[-1], "EndTime": times[0] - HOUR}, {"ErrorCode": "AccessDenied"},
        {"InsightType": "ApiErrorRateInsight"}, {"TrailName": "trail"}, {"NextToken": "nonsense"},
        {"EventSource": "nonsense"}, {"MaxResults": 21_601},
    ):
        assert refusal(call, **{**asked, **wrong}) == ("InvalidParameterException", 400), wrong


def test_sample_queries_are_found_and_run(cloudtrail):
    found, tokens = pages(cloudtrail.search_sample_queries, "SearchResults", SearchPhrase="console login", MaxResults=3)
    assert len(found) > 3 and tokens
    assert len({query["Name"] for query in found}) == len(found)
    relevance = [query["Relevance"] for query in found]
    assert relevance == sorted(relevance, reverse=True)
    assert len(cloudtrail.search_sample_queries(SearchPhrase="console login")["SearchResults"]) == min(10, len(found))
    assert cloudtrail.search_sample_queries(SearchPhrase="zzzzqqqq")["SearchResults"] == []
    refused = refusal(cloudtrail.search_sample_queries, SearchPhrase="console login", NextToken="nonsense")
    assert refused == ("InvalidParameterException", 400)


def test_a_query_is_made_of_a_prompt(cloudtrail, default_store):
    prompt = "console logins without MFA in the last 7 days"
    made = cloudtrail.generate_query(EventDataStores=[default_store], Prompt=prompt)
    answer(cloudtrail, made["QueryStatement"])
    generate = cloudtrail.generate_query
    nothing = refusal(generate, EventDataStores=[default_store], Prompt="zzzz qqqq xxxx")
    assert nothing == ("GenerateResponseException", 400)
    unknown = refusal(generate, EventDataStores=[UNKNOWN], Prompt=prompt)
    assert unknown == ("EventDataStoreNotFoundException", 400)
    foreign = refusal(generate, EventDataStores=[default_store], Prompt="größe")
    assert foreign == ("InvalidParameterException", 400)


def test_there_are_no_trails_and_no_channels(cloudtrail):
    assert cloudtrail.list_trails()["Trails"] == []
    assert cloudtrail.describe_trails()["trailList"] == []
    # Names that nobody has are left out.
    assert cloudtrail.describe_trails(trailNameList=["trail"])["trailList"] == []
    assert refusal(cloudtrail.describe_trails, trailNameList=["a..b"]) == ("InvalidTrailNameException", 400)
    bucket = refusal(cloudtrail.describe_trails, trailNameList=["arn:aws:s3:::bucket"])
    assert bucket == ("CloudTrailARNInvalidException", 400)
    assert cloudtrail.list_channels()["Channels"] == []
    assert refusal(cloudtrail.list_channels, NextToken="nonsense")[1] == 400
    trail = "arn:aws:cloudtrail:us-east-1:000000000000:trail/trail"
    insights = {"DataType": "InsightsEvents"}
    assert cloudtrail.list_insights_data(InsightSource=trail, **insights)["Events"] == []
    assert refusal(cloudtrail.list_insights_data, InsightSource="trail", **insights)[1] == 400


def test_an_account_of_a_lake_is_in_no_organization(cloudtrail):
    absent = ("OrganizationsNotInUseException", 400)
    account = "111122223333"
    assert refusal(cloudtrail.register_organization_delegated_admin, MemberAccountId=account) == absent
    assert refusal(cloudtrail.deregister_organization_delegated_admin, DelegatedAdminAccountId=account) == absent


def test_failures_are_those_of_an_import(scratch):
    logs = scratch / "damaged"
    logs.mkdir()
    record = {"eventID": UNKNOWN, "eventTime": "2026-03-01T00:00:00Z", "eventName": "GetUser", "eventVersion": "1.08"}
    for number in range(5):
        # What is cut off in the middle costs a file.
        (logs / f"cut-{number}.json").write_text(json.dumps({"Records": [record] * 2})[:-60], encoding="utf-8")
    lake = scratch / "failures"
    run("import", logs, lake=lake, code=1)
    (imported,) = json.loads(run("imports", "list", "--json", lake=lake))
    expected = [(failure["location"], failure["message"]) for failure in imported["report"]["failures"]]
    assert expected
    service = Service(lake)
    try:
        call = client(service, service.key).list_import_failures
        for size in (1, 2, 1_000):
            found, _ = pages(call, "Failures", ImportId=imported["id"], MaxResults=size)
            assert [(failure["Location"], failure["ErrorMessage"]) for failure in found] == expected
            assert {failure["Status"] for failure in found} == {"FAILED"}
        refused = refusal(call, ImportId=imported["id"], NextToken="nonsense")
        assert refused == ("InvalidNextTokenException", 400)
        for id in (UNKNOWN, "x" * 36):
            assert refusal(call, ImportId=id) == ("InvalidParameterException", 400)
    finally:
        service.stop()
