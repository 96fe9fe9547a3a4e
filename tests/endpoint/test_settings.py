"""What is told of a store and kept: tags, policies, federation, sizes of events and wanted insights."""

import json

import pytest

from clients import client, refusal
from service import Service

UNKNOWN = "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/11111111-1111-1111-1111-111111111111"
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/trail"
CHANNEL = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/11111111-1111-1111-1111-111111111111"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "cloudtrail:StartQuery", "Resource": "*"},
]})


@pytest.fixture
def arn(made):
    return made["EventDataStoreArn"]


def test_tags_come_and_go(lake, arn):
    def tags():
        (listed,) = lake.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        assert listed["ResourceId"] == arn
        return {tag["Key"]: tag.get("Value") for tag in listed["TagsList"]}

    assert tags() == {}
    lake.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "blue"}, {"Key": "empty"}])
    assert tags() == {"team": "blue", "empty": None}
    lake.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "red"}, {"Key": "cost", "Value": "1"}])
    assert tags() == {"team": "red", "empty": None, "cost": "1"}
    lake.remove_tags(ResourceId=arn, TagsList=[{"Key": "empty"}, {"Key": "absent"}, {"Key": "cost", "Value": "2"}])
    assert tags() == {"team": "red", "cost": "1"}


def test_tags_of_several_stores_are_listed_in_order(lake, arn):
    other = lake.list_event_data_stores()["EventDataStores"][0]["EventDataStoreArn"]
    listed = lake.list_tags(ResourceIdList=[arn, other, arn])["ResourceTagList"]
    assert [one["ResourceId"] for one in listed] == [arn, other, arn]


def test_wrong_tags_are_refused_and_stay(lake, arn):
    def add(*tags):
        return refusal(lake.add_tags, ResourceId=arn, TagsList=list(tags))

    wrong = ("InvalidTagParameterException", 400)
    assert add({"Key": "a"}, {"Key": "a"}) == wrong
    assert add({"Key": "aws:a", "Value": "x"}) == wrong
    assert add(*({"Key": f"k{n}"} for n in range(51)))[0] in ("TagsLimitExceededException", wrong[0])
    assert lake.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == []
    for call in (lake.add_tags, lake.remove_tags):
        assert refusal(call, ResourceId="nonsense", TagsList=[{"Key": "a"}]) == ("CloudTrailARNInvalidException", 400)
        assert refusal(call, ResourceId=UNKNOWN, TagsList=[{"Key": "a"}]) == ("EventDataStoreNotFoundException", 400)
        assert refusal(call, ResourceId=TRAIL, TagsList=[{"Key": "a"}]) == ("ResourceNotFoundException", 400)
        assert refusal(call, ResourceId=CHANNEL, TagsList=[{"Key": "a"}]) == ("ChannelNotFoundException", 400)
    assert refusal(lake.list_tags, ResourceIdList=[arn] * 21)[1] == 400
    assert refusal(lake.list_tags, ResourceIdList=[arn], NextToken="nonsense")[1] == 400


def test_a_policy_comes_and_goes(lake, arn):
    absent = ("ResourcePolicyNotFoundException", 400)
    assert refusal(lake.get_resource_policy, ResourceArn=arn) == absent
    assert lake.put_resource_policy(ResourceArn=arn, ResourcePolicy=POLICY)["ResourceArn"] == arn
    assert json.loads(lake.get_resource_policy(ResourceArn=arn)["ResourcePolicy"]) == json.loads(POLICY)
    lake.delete_resource_policy(ResourceArn=arn)
    assert refusal(lake.get_resource_policy, ResourceArn=arn) == absent
    assert refusal(lake.delete_resource_policy, ResourceArn=arn) == absent


def test_wrong_policies_are_refused(lake, arn):
    put = lake.put_resource_policy
    for policy in ("{", "[]", "{}", POLICY.replace("Allow", "Perhaps"), POLICY.replace("2012-10-17", "2026-01-01")):
        assert refusal(put, ResourceArn=arn, ResourcePolicy=policy) == ("ResourcePolicyNotValidException", 400)
    for resource, error in (
        (UNKNOWN, "ResourceNotFoundException"), (TRAIL, "ResourceTypeNotSupportedException"),
        ("arn:aws:s3:::bucket", "ResourceARNNotValidException"),
    ):
        assert refusal(put, ResourceArn=resource, ResourcePolicy=POLICY) == (error, 400)
        assert refusal(lake.get_resource_policy, ResourceArn=resource) == (error, 400)


def test_federation_is_noted_and_keeps_a_store(lake, arn):
    role = "arn:aws:iam::111122223333:role/federation"
    enabled = lake.enable_federation(EventDataStore=arn, FederationRoleArn=role)
    assert (enabled["FederationStatus"], enabled["FederationRoleArn"]) == ("ENABLED", role)
    got = lake.get_event_data_store(EventDataStore=arn)
    assert (got["FederationStatus"], got["FederationRoleArn"]) == ("ENABLED", role)
    again = refusal(lake.enable_federation, EventDataStore=arn, FederationRoleArn=role)
    assert again == ("EventDataStoreFederationEnabledException", 400)
    kept = refusal(lake.delete_event_data_store, EventDataStore=arn)
    assert kept == ("EventDataStoreFederationEnabledException", 400)
    assert lake.disable_federation(EventDataStore=arn)["FederationStatus"] == "DISABLED"
    assert lake.get_event_data_store(EventDataStore=arn)["FederationStatus"] == "DISABLED"
    wrong = refusal(lake.enable_federation, EventDataStore=arn, FederationRoleArn="no-role")
    assert wrong == ("InvalidParameterException", 400)
    absent = refusal(lake.enable_federation, EventDataStore=UNKNOWN, FederationRoleArn=role)
    assert absent == ("EventDataStoreNotFoundException", 400)


def test_sizes_of_events_and_their_context_are_kept(lake, arn):
    first = lake.get_event_configuration(EventDataStore=arn)
    assert (first["MaxEventSize"], first["ContextKeySelectors"]) == ("Standard", [])
    selectors = [{"Type": "TagContext", "Equals": ["team"]}]
    lake.put_event_configuration(EventDataStore=arn, MaxEventSize="Large", ContextKeySelectors=selectors)
    got = lake.get_event_configuration(EventDataStore=arn)
    assert (got["MaxEventSize"], got["ContextKeySelectors"]) == ("Large", selectors)
    small = refusal(lake.put_event_configuration, EventDataStore=arn, MaxEventSize="Standard")
    assert small == ("InvalidParameterCombinationException", 400)
    twice = refusal(lake.put_event_configuration, EventDataStore=arn, ContextKeySelectors=selectors * 2)
    assert twice == ("InvalidParameterException", 400)
    assert refusal(lake.put_event_configuration, EventDataStore=arn) == ("InvalidParameterException", 400)
    for members, error in (
        ({}, "InvalidParameterCombinationException"), ({"TrailName": "trail"}, "TrailNotFoundException"),
        ({"EventDataStore": UNKNOWN}, "EventDataStoreNotFoundException"),
    ):
        assert refusal(lake.get_event_configuration, **members) == (error, 400)


def test_insights_that_are_wanted_are_kept(lake, arn):
    put, wanted = lake.put_insight_selectors, [{"InsightType": "ApiCallRateInsight"}]
    category = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]
    name = f"insights-{arn[-12:]}"
    destination = lake.create_event_data_store(Name=name, AdvancedEventSelectors=category)["EventDataStoreArn"]
    assert refusal(lake.get_insight_selectors, EventDataStore=arn) == ("InsightNotEnabledException", 400)
    put(EventDataStore=arn, InsightSelectors=wanted, InsightsDestination=destination)
    got = lake.get_insight_selectors(EventDataStore=arn)
    assert (got["InsightSelectors"], got["InsightsDestination"]) == (wanted, destination)
    alone = {"EventDataStore": arn, "InsightSelectors": wanted}
    assert refusal(put, **alone) == ("InvalidParameterCombinationException", 400)
    itself = refusal(put, **alone, InsightsDestination=arn)
    assert itself == ("InvalidParameterCombinationException", 400)
    twice = {"EventDataStore": arn, "InsightSelectors": wanted * 2, "InsightsDestination": destination}
    assert refusal(put, **twice) == ("InvalidInsightSelectorsException", 400)
    trail = refusal(put, TrailName="trail", InsightSelectors=wanted)
    assert trail == ("TrailNotFoundException", 400)
    put(EventDataStore=arn, InsightSelectors=[])
    assert refusal(lake.get_insight_selectors, EventDataStore=arn) == ("InsightNotEnabledException", 400)


def test_readers_see_settings_and_change_none(service, reader, default_store):
    asked = client(service, reader)
    assert asked.list_tags(ResourceIdList=[default_store]) and asked.get_event_configuration(EventDataStore=default_store)
    store, denied = {"EventDataStore": default_store}, ("AccessDeniedException", 400)
    tags = {"ResourceId": default_store, "TagsList": [{"Key": "a"}]}
    assert refusal(asked.add_tags, **tags) == refusal(asked.remove_tags, **tags) == denied
    assert refusal(asked.put_resource_policy, ResourceArn=default_store, ResourcePolicy=POLICY) == denied
    assert refusal(asked.delete_resource_policy, ResourceArn=default_store) == denied
    assert refusal(asked.put_event_configuration, **store, MaxEventSize="Large") == denied
    assert refusal(asked.put_insight_selectors, **store, InsightSelectors=[]) == denied
    role = "arn:aws:iam::111122223333:role/federation"
    assert refusal(asked.enable_federation, **store, FederationRoleArn=role) == denied
    assert refusal(asked.disable_federation, **store) == denied


def test_settings_are_there_after_a_kill(scratch):
    first = Service(scratch / "settings")
    asked = client(first, first.key)
    arn = asked.create_event_data_store(Name="kept")["EventDataStoreArn"]
    asked.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "blue"}])
    asked.put_resource_policy(ResourceArn=arn, ResourcePolicy=POLICY)
    asked.put_event_configuration(EventDataStore=arn, MaxEventSize="Large")
    first.kill()
    second = Service(first.lake)
    try:
        asked = client(second, first.key)
        (listed,) = asked.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        assert listed["TagsList"] == [{"Key": "team", "Value": "blue"}]
        assert asked.get_resource_policy(ResourceArn=arn)["ResourcePolicy"] == POLICY
        assert asked.get_event_configuration(EventDataStore=arn)["MaxEventSize"] == "Large"
    finally:
        second.stop()
