"""Insights events that were imported: LookupEvents of their category, and ListInsightsData."""

import datetime
import json
import time

import pytest

from clients import client, pages, refusal
from service import Service, run

BEGIN = datetime.datetime(2026, 3, 2, 10, tzinfo=datetime.timezone.utc)
STORE_ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/11111111-2222-4333-8444-555555555555"


def trail(name):
    return f"arn:aws:cloudtrail:us-east-1:111122223333:trail/{name}"


def insight(number):
    """A record as trails deliver them, of which every fifth is as the Lake has them."""
    names = [("ssm.amazonaws.com", "UpdateInstanceInformation"), ("s3.amazonaws.com", "DeleteBucket")]
    source, name = names[number % 2]
    record = {
        "eventVersion": "1.09", "eventTime": (BEGIN + datetime.timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": "us-east-1", "eventID": f"a1a1a1a1-0000-4000-8000-{number:012}",
        "eventType": "AwsCloudTrailInsight", "recipientAccountId": "111122223333",
        "sharedEventID": f"5ea1ed00-0000-4000-8000-{number // 4:012}", "eventCategory": "Insight",
    }
    if number % 5 == 4:
        return {**record, "insightSource": STORE_ARN, "insightState": "Start", "insightEventSource": source,
                "insightEventName": name, "insightType": "ApiCallRateInsight"}
    statistics = {"baseline": {"average": 0.5}, "insight": {"average": 600}, "insightDuration": 1}
    return {**record, "insightDetails": {
        "state": "Start", "eventSource": source, "eventName": name, "insightType": "ApiCallRateInsight",
        "insightContext": {"statistics": statistics}}}


def named(record):
    flat = record.get("insightDetails", {"eventSource": record.get("insightEventSource"),
                                         "eventName": record.get("insightEventName")})
    return {"EventId": record["eventID"], "EventName": flat["eventName"], "EventSource": flat["eventSource"]}


RECORDS = [insight(number) for number in range(120)]


@pytest.fixture(scope="module")
def asked(scratch):
    """A client of a service over two stores of Insights events, which have some in common, and one of others."""
    lake, files = scratch / "insights", scratch / "insight-files"
    files.mkdir()
    for store, part in (("first", RECORDS[:80]), ("second", RECORDS[60:])):
        run("store", "create", store, "--category", "Insight", lake=lake)
        (files / f"{store}.json").write_text(json.dumps({"Records": part}))
        run("import", files / f"{store}.json", "--store", store, lake=lake)
    service = Service(lake)
    yield client(service, service.key)
    service.stop()


def check(found, expected):
    """Events are those of records, the newest first, each with its record."""
    assert [event["EventId"] for event in found] == [record["eventID"] for record in reversed(expected)]
    for event, record in zip(found, reversed(expected)):
        assert json.loads(event["CloudTrailEvent"]) == record
        time = datetime.datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        assert event["EventTime"] == time.replace(tzinfo=datetime.timezone.utc)
        told = {"EventTime", "CloudTrailEvent", "Resources"}
        assert {name: event[name] for name in event if name not in told} == named(record)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_insights_events_are_looked_up_newest_first_and_once(asked, size):
    found, tokens = pages(asked.lookup_events, "Events", EventCategory="insight", MaxResults=size)
    check(found, RECORDS)
    assert len(tokens) >= (len(RECORDS) - 1) // size


def test_insights_events_are_looked_up_by_attributes_and_times(asked):
    def look(**members):
        return pages(asked.lookup_events, "Events", EventCategory="insight", **members)[0]

    def by(key, value):
        return look(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])

    for key in ("EventId", "EventName", "EventSource"):
        value = named(RECORDS[33])[key]
        check(by(key, value), [record for record in RECORDS if named(record)[key] == value])
    for key, value in (("Username", "root"), ("ReadOnly", "true"), ("ResourceName", "x"), ("EventName", "deletebucket")):
        assert by(key, value) == []
    start, end = BEGIN + datetime.timedelta(minutes=10), BEGIN + datetime.timedelta(minutes=20)
    check(look(StartTime=start, EndTime=end), RECORDS[10:21])
    assert look(EndTime=BEGIN - datetime.timedelta(seconds=1)) == []
    assert asked.lookup_events()["Events"] == []
    first = asked.lookup_events(EventCategory="insight", MaxResults=1)
    assert refusal(asked.lookup_events, NextToken=first["NextToken"]) == ("InvalidNextTokenException", 400)


def test_insights_events_of_a_trail_are_listed(asked):
    of_trails = [record for record in RECORDS if "insightSource" not in record]

    def listed(**members):
        return pages(asked.list_insights_data, "Events", InsightSource=trail("mine"), DataType="InsightsEvents", **members)

    found, tokens = listed()
    check(found, of_trails)
    assert tokens
    check(listed(MaxResults=7)[0], of_trails)
    for name in ("EventId", "EventName", "EventSource"):
        value = named(RECORDS[33])[name]
        check(listed(Dimensions={name: value})[0], [record for record in of_trails if named(record)[name] == value])
    start, end = BEGIN + datetime.timedelta(minutes=10), BEGIN + datetime.timedelta(minutes=13)
    check(listed(StartTime=start, EndTime=end)[0], RECORDS[10:14])
    # boto3 has a paginator for it.
    paginated = asked.get_paginator("list_insights_data").paginate(
        InsightSource=trail("mine"), DataType="InsightsEvents", PaginationConfig={"PageSize": 11})
    check([event for page in paginated for event in page["Events"]], of_trails)


def test_what_is_wrong_with_a_list_of_insights_events_is_told(asked):
    right = {"InsightSource": trail("mine"), "DataType": "InsightsEvents"}
    for wrong in ({"InsightSource": STORE_ARN}, {"InsightSource": "mine"}, {"DataType": "Insights"},
                  {"Dimensions": {"Username": "x"}}, {"StartTime": 2_000, "EndTime": 1_000}, {"MaxResults": 51},
                  {"NextToken": "nonsense"}, {"Dimensions": {"EventId": "x", "EventName": "y"}}):
        assert refusal(asked.list_insights_data, **{**right, **wrong}) == ("InvalidParameterException", 400), wrong
    token = asked.list_insights_data(**right, MaxResults=1)["NextToken"]
    other = {**right, "InsightSource": trail("other"), "NextToken": token}
    assert refusal(asked.list_insights_data, **other) == ("InvalidParameterException", 400)


def test_insights_events_that_come_to_a_source_are_found_in_seconds(scratch):
    lake, source = scratch / "fed", scratch / "fed-from"
    source.mkdir()
    run("store", "create", "insights", "--category", "Insight", lake=lake)
    run("source", "add", source, "--store", "insights", lake=lake)
    service = Service(lake)
    try:
        asked = client(service, service.key)
        (source / "insights.json").write_text(json.dumps({"Records": RECORDS[:30]}))
        until = time.monotonic() + 30
        while len(found := asked.lookup_events(EventCategory="insight")["Events"]) < 30:
            assert time.monotonic() < until, "nothing comes"
            time.sleep(0.1)
        check(found, RECORDS[:30])
    finally:
        service.stop()
