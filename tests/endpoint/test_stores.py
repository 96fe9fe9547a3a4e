"""Event data stores: made, shown, listed, changed, stopped, deleted and restored."""

import datetime
import uuid

import pytest

import service as services
from clients import client, pages, refusal

UNKNOWN = "11111111-1111-1111-1111-111111111111"


def test_a_store_has_the_defaults_of_aws(place, lake):
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "empty"}]
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    made = lake.create_event_data_store(Name="incident-42", TagsList=tags)
    assert made["EventDataStoreArn"].startswith("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/")
    (selector,) = made["AdvancedEventSelectors"]
    assert selector["FieldSelectors"] == [{"Field": "eventCategory", "Equals": ["Management"]}]
    assert made["RetentionPeriod"] == 366 and made["BillingMode"] == "EXTENDABLE_RETENTION_PRICING"
    assert made["MultiRegionEnabled"] and made["TerminationProtectionEnabled"] and not made["OrganizationEnabled"]
    assert made["TagsList"] == tags and made["Status"] in ("CREATED", "ENABLED")
    assert before <= made["CreatedTimestamp"] <= made["UpdatedTimestamp"]
    assert made["UpdatedTimestamp"] <= datetime.datetime.now(datetime.timezone.utc)
    got = lake.get_event_data_store(EventDataStore=made["EventDataStoreArn"])
    same = made.keys() - {"TagsList", "ResponseMetadata", "Status"}
    assert {name: got[name] for name in same} == {name: made[name] for name in same}
    assert got["Status"] == "ENABLED"
    # It is there for the command line, too.
    assert "incident-42" in services.run("store", "list", lake=place.lake)


def test_a_store_is_made_as_it_was_told(lake):
    selectors = [{"Name": "calls", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "eventName", "NotStartsWith": ["List"]},
    ]}]
    told = {
        "Name": "as.told_1", "RetentionPeriod": 7, "MultiRegionEnabled": False, "TerminationProtectionEnabled": False,
        "AdvancedEventSelectors": selectors, "BillingMode": "FIXED_RETENTION_PRICING",
        "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1",
    }
    made = lake.create_event_data_store(**told, StartIngestion=False)
    assert {name: made[name] for name in told} == told
    got = lake.get_event_data_store(EventDataStore=made["EventDataStoreArn"])
    assert {name: got[name] for name in told} == told and got["Status"] == "STOPPED_INGESTION"


@pytest.mark.parametrize("members, error", [
    ({"Name": "taken"}, "EventDataStoreAlreadyExistsException"),
    ({"Name": "a" * 129}, "InvalidParameterException"),
    ({"Name": "no/slash"}, "InvalidParameterException"),
    ({"Name": "Müller"}, "InvalidParameterException"),
    ({"RetentionPeriod": 3_654}, "InvalidParameterException"),
    ({"RetentionPeriod": 2_558, "BillingMode": "FIXED_RETENTION_PRICING"}, "InvalidParameterException"),
    ({"BillingMode": "FREE"}, "InvalidParameterException"),
    ({"OrganizationEnabled": True}, "OrganizationsNotInUseException"),
    ({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]},
     "InvalidEventSelectorsException"),
    ({"TagsList": [{"Key": "a"}, {"Key": "a"}]}, "InvalidTagParameterException"),
    ({"TagsList": [{"Key": "aws:a", "Value": "x"}]}, "InvalidTagParameterException"),
])
def test_what_cannot_be_made_is_refused_and_not_there(lake, members, error):
    before = names(lake)
    assert refusal(lake.create_event_data_store, **{"Name": "refused", **members}) == (error, 400)
    assert names(lake) == before


def names(lake):
    return [store["Name"] for store in pages(lake.list_event_data_stores, "EventDataStores")[0]]


def test_stores_are_listed_in_pages_the_default_one_first(lake):
    for n in range(5):
        lake.create_event_data_store(Name=f"listed-{n}")
    if "default" not in names(lake):
        lake.create_event_data_store(Name="default")
    every = names(lake)
    assert every[0] == "default"
    listed = [name for name in every if name.startswith("listed-")]
    assert listed == [f"listed-{n}" for n in range(5)]
    for size in range(1, len(every) + 2):
        found, tokens = pages(lake.list_event_data_stores, "EventDataStores", MaxResults=size)
        assert [store["Name"] for store in found] == every, size
        assert len(tokens) == (len(every) - 1) // size
    assert refusal(lake.list_event_data_stores, MaxResults=1_001) == ("InvalidMaxResultsException", 400)


def test_a_store_is_named_by_its_arn_or_its_id(lake, made):
    arn = made["EventDataStoreArn"]
    id = arn.rsplit("/", 1)[1]
    elsewhere = f"arn:aws:cloudtrail:us-west-2:444455556666:eventdatastore/{id}"
    for name in (arn, id, elsewhere):
        assert lake.get_event_data_store(EventDataStore=name)["EventDataStoreArn"] == arn
    for wrong in ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/x", f"arn:aws:s3:::{id}"):
        refused = refusal(lake.get_event_data_store, EventDataStore=wrong)
        assert refused == ("EventDataStoreARNInvalidException", 400)


def test_a_store_is_changed(lake, made):
    arn = made["EventDataStoreArn"]
    name = f"later-{uuid.uuid4().hex[:12]}"
    selectors = [{"Name": "reads", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["true"]},
    ]}]
    changed = {"Name": name, "RetentionPeriod": 30, "TerminationProtectionEnabled": True, "MultiRegionEnabled": False,
               "AdvancedEventSelectors": selectors}
    updated = lake.update_event_data_store(EventDataStore=arn, **changed)
    got = lake.get_event_data_store(EventDataStore=arn)
    for answer in (updated, got):
        assert {member: answer[member] for member in changed} == changed
    assert got["UpdatedTimestamp"] >= got["CreatedTimestamp"] == made["CreatedTimestamp"]
    protected = refusal(lake.delete_event_data_store, EventDataStore=arn)
    assert protected == ("EventDataStoreTerminationProtectedException", 400)


@pytest.mark.parametrize("members, error", [
    ({}, "InvalidParameterException"),
    ({"Name": "taken"}, "EventDataStoreAlreadyExistsException"),
    ({"RetentionPeriod": 3_654}, "InvalidParameterException"),
    ({"BillingMode": "FIXED_RETENTION_PRICING"}, "InvalidParameterException"),
    ({"OrganizationEnabled": True}, "OrganizationsNotInUseException"),
    ({"KmsKeyId": "alias/other"}, "InvalidKmsKeyIdException"),
    ({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]},
     "InvalidEventSelectorsException"),
])
def test_what_cannot_be_changed_is_refused_and_stays(lake, made, members, error):
    arn = made["EventDataStoreArn"]
    before = lake.get_event_data_store(EventDataStore=arn)
    assert refusal(lake.update_event_data_store, EventDataStore=arn, **members) == (error, 400)
    after = lake.get_event_data_store(EventDataStore=arn)
    before.pop("ResponseMetadata"), after.pop("ResponseMetadata")
    assert after == before


def test_a_store_lives_and_leaves_as_on_aws(lake, made):
    this = {"EventDataStore": made["EventDataStoreArn"]}

    def status():
        return lake.get_event_data_store(**this)["Status"]

    wrong_status = ("InvalidEventDataStoreStatusException", 400)
    assert refusal(lake.start_event_data_store_ingestion, **this) == wrong_status
    lake.stop_event_data_store_ingestion(**this)
    assert status() == "STOPPED_INGESTION"
    assert refusal(lake.stop_event_data_store_ingestion, **this) == wrong_status
    lake.start_event_data_store_ingestion(**this)
    assert status() == "ENABLED"
    assert refusal(lake.restore_event_data_store, **this) == wrong_status
    lake.delete_event_data_store(**this)
    assert status() == "PENDING_DELETION"
    inactive = ("InactiveEventDataStoreException", 400)
    assert refusal(lake.delete_event_data_store, **this) == inactive
    assert refusal(lake.update_event_data_store, Name="again", **this) == inactive
    assert refusal(lake.list_queries, **this) == inactive
    id = made["EventDataStoreArn"].rsplit("/", 1)[1]
    for name in (made["Name"], id):
        assert refusal(lake.start_query, QueryStatement=f"SELECT count(*) FROM {name}") == inactive
    assert lake.restore_event_data_store(**this)["Status"] == "ENABLED"
    assert status() == "ENABLED"


def test_stores_that_are_not_there_are_not_found(lake):
    calls = (
        lake.get_event_data_store, lake.delete_event_data_store, lake.restore_event_data_store,
        lake.start_event_data_store_ingestion, lake.stop_event_data_store_ingestion, lake.list_queries,
    )
    for call in calls:
        assert refusal(call, EventDataStore=UNKNOWN) == ("EventDataStoreNotFoundException", 400)
    updated = refusal(lake.update_event_data_store, EventDataStore=UNKNOWN, Name="new")
    assert updated == ("EventDataStoreNotFoundException", 400)


def test_a_default_store_that_is_pending_deletion_is_inactive(imported, scratch):
    service = services.Service(imported.copy(scratch / "inactive"))
    try:
        asked = client(service, service.key)
        asked.delete_event_data_store(EventDataStore="default")
        refused = refusal(asked.start_query, QueryStatement="SELECT count(*) FROM event_data_store")
        assert refused == ("InactiveEventDataStoreException", 400)
    finally:
        service.stop()
