"""Trails: made, shown, changed; and the calls of the service that they record and deliver."""

import collections
import datetime
import gzip
import json
import os
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from clients import client, finished, refusal
from service import Service, make_key
from validation import Validation, keys_of, ours
from wire import Wire

ACCOUNT, REGION = "111122223333", "eu-west-1"
PLACE = ("--account", ACCOUNT, "--region", REGION)
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
# The list of selectors on AWS's page on X-Ray.
XRAY = [{
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::XRay::Trace"]},
        {"Field": "eventName", "Equals": ["PutTraceSegments", "GetSamplingTargets"]},
    ],
    "Name": "Log X-Ray PutTraceSegments and GetSamplingTargets data events",
}]


class Trails:
    """A service over an empty lake, with the buckets `audit` and `other`, that delivers every second."""

    def __init__(self, folder, every="1"):
        self.folder, self.lake = folder, folder / "lake"
        self.folders = {name: folder / name for name in ("audit", "other")}
        for made in self.folders.values():
            made.mkdir(parents=True)
        self.start(every)

    def start(self, every="1", buckets=("audit", "other")):
        mapped = [part for name in buckets for part in ("--bucket", f"{name}={self.folders[name]}")]
        self.service = Service(self.lake, *PLACE, *mapped, "--trail-delivery", every)
        if "AWS_ACCESS_KEY_ID" in self.service.environment:
            self.key = self.service.key
        self.asked = client(self.service, self.key, region=REGION)

    def trail(self, name=None, **members):
        name = name or f"trail-{uuid.uuid4().hex[:8]}"
        self.asked.create_trail(**{"Name": name, "S3BucketName": "audit", **members})
        return name

    def records(self, bucket="audit", prefix=""):
        keys = [key for key in keys_of(self.folders[bucket], "/CloudTrail/") if key.startswith(prefix)]
        files = (gzip.decompress((self.folders[bucket] / key).read_bytes()) for key in keys)
        return [record for file in files for record in json.loads(file)["Records"]]

    def wait_for(self, condition, patience=30):
        until = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < until, "it does not come"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def place(scratch):
    started = Trails(scratch / "trails")
    yield started
    assert started.service.stop() == 0


@pytest.fixture
def trail(place):
    name = place.trail(S3KeyPrefix=uuid.uuid4().hex)
    yield name
    place.asked.delete_trail(Name=name)


def arn(name):
    return f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"


def test_a_trail_has_the_defaults_of_aws(place):
    made = place.asked.create_trail(Name="defaults", S3BucketName="audit")
    made.pop("ResponseMetadata")
    assert made == {
        "Name": "defaults", "S3BucketName": "audit", "TrailARN": arn("defaults"), "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False, "LogFileValidationEnabled": False, "IsOrganizationTrail": False,
        "RecursiveLogging": True,
    }
    whole = {**made, "HomeRegion": REGION, "HasCustomEventSelectors": False, "HasInsightSelectors": False}
    assert place.asked.get_trail(Name="defaults")["Trail"] == whole
    assert place.asked.describe_trails(trailNameList=[arn("defaults"), "nobody"])["trailList"] == [whole]
    assert whole in place.asked.describe_trails(includeShadowTrails=False)["trailList"]
    listed = {"TrailARN": arn("defaults"), "Name": "defaults", "HomeRegion": REGION}
    pages = place.asked.get_paginator("list_trails").paginate()
    assert listed in [found for page in pages for found in page["Trails"]]
    status = place.asked.get_trail_status(Name="defaults")
    status.pop("ResponseMetadata")
    assert status == {"IsLogging": False}
    place.asked.delete_trail(Name=arn("defaults"))
    assert refusal(place.asked.get_trail, Name="defaults") == ("TrailNotFoundException", 400)
    assert refusal(place.asked.delete_trail, Name="defaults") == ("TrailNotFoundException", 400)


def test_a_trail_is_changed(place, trail):
    told = {
        "S3BucketName": "other", "S3KeyPrefix": "a/b", "IsMultiRegionTrail": True, "EnableLogFileValidation": True,
        "SnsTopicName": "topic", "KmsKeyId": "alias/mine", "RecursiveLogging": False,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:mine:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/logs",
    }
    changed = place.asked.update_trail(Name=trail, **told)
    got = place.asked.get_trail(Name=trail)["Trail"]
    told["LogFileValidationEnabled"] = told.pop("EnableLogFileValidation")
    told["KmsKeyId"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"
    told["SnsTopicARN"] = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
    for answer in (changed, got):
        assert {member: answer[member] for member in told} == told
    same = place.asked.update_trail(Name=arn(trail))
    assert {member: same[member] for member in told} == told, "nothing is told, and nothing changes"


@pytest.mark.parametrize("members, error", [
    ({"Name": "a..b"}, "InvalidTrailNameException"),
    ({"Name": "192.168.5.4"}, "InvalidTrailNameException"),
    ({"Name": "x" * 129}, "InvalidTrailNameException"),
    ({"Name": "Müller"}, "InvalidTrailNameException"),
    ({"S3BucketName": "Logs"}, "InvalidS3BucketNameException"),
    ({"S3BucketName": "nobody"}, "S3BucketDoesNotExistException"),
    ({"S3KeyPrefix": "../up"}, "InvalidS3PrefixException"),
    ({"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
    ({"SnsTopicName": "a topic"}, "InvalidSnsTopicNameException"),
    ({"KmsKeyId": "no key"}, "InvalidKmsKeyIdException"),
    ({"CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}, "InvalidCloudWatchLogsLogGroupArnException"),
    ({"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
    ({"IsOrganizationTrail": True}, "OrganizationsNotInUseException"),
    ({"TagsList": [{"Key": "aws:a", "Value": "x"}]}, "InvalidTagParameterException"),
])
def test_what_cannot_be_made_is_refused_and_not_there(place, members, error):
    before = place.asked.list_trails()["Trails"]
    told = {"Name": "refused", "S3BucketName": "audit", **members}
    assert refusal(place.asked.create_trail, **told) == (error, 400)
    assert place.asked.list_trails()["Trails"] == before


def test_a_taken_name_and_a_sixth_trail_are_refused(place, trail):
    again = refusal(place.asked.create_trail, Name=trail, S3BucketName="audit")
    assert again == ("TrailAlreadyExistsException", 400)
    more = []
    while len(place.asked.list_trails()["Trails"]) < 5:
        more.append(place.trail())
    sixth = refusal(place.asked.create_trail, Name="sixth", S3BucketName="audit")
    assert sixth == ("MaximumNumberOfTrailsExceededException", 400)
    for name in more:
        place.asked.delete_trail(Name=name)


def test_names_and_arns_are_looked_at(place, trail):
    one = [place.asked.get_trail, place.asked.get_trail_status, place.asked.start_logging, place.asked.stop_logging]
    for call in (*one, place.asked.update_trail, place.asked.delete_trail):
        assert refusal(call, Name="nobody") == ("TrailNotFoundException", 400)
        assert refusal(call, Name="-") == ("InvalidTrailNameException", 400)
        assert refusal(call, Name="arn:aws:s3:::bucket") == ("CloudTrailARNInvalidException", 400)
    elsewhere = arn(trail).replace(REGION, "us-west-2")
    assert refusal(place.asked.update_trail, Name=elsewhere) == ("InvalidHomeRegionException", 400)
    assert refusal(place.asked.get_trail, Name=elsewhere) == ("TrailNotFoundException", 400)


def test_selectors_of_a_trail(place, trail):
    get = place.asked.get_event_selectors
    all_events = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [],
                  "ExcludeManagementEventSources": []}
    assert get(TrailName=trail)["EventSelectors"] == [all_events]
    wire = Wire(place.service, place.key)
    answer = wire.ask("PutEventSelectors", {"TrailName": trail, "AdvancedEventSelectors": XRAY})
    wire.close()
    assert answer.status == 200
    assert answer.json == {"TrailARN": arn(trail), "AdvancedEventSelectors": XRAY}
    got = get(TrailName=arn(trail))
    assert got["AdvancedEventSelectors"] == XRAY and "EventSelectors" not in got
    assert place.asked.get_trail(Name=trail)["Trail"]["HasCustomEventSelectors"] is True
    basic = [{"ReadWriteType": "ReadOnly", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]
    put = place.asked.put_event_selectors(TrailName=trail, EventSelectors=basic)
    got = get(TrailName=trail)
    assert got["EventSelectors"] == put["EventSelectors"] and "AdvancedEventSelectors" not in got
    assert got["EventSelectors"][0]["IncludeManagementEvents"] is True


@pytest.mark.parametrize("members", [
    {}, {"EventSelectors": []}, {"EventSelectors": [{}] * 6}, {"EventSelectors": [{}], "AdvancedEventSelectors": XRAY},
    {"EventSelectors": [{"DataResources": [{"Type": "AWS::XRay::Trace", "Values": ["arn:aws:xray"]}]}]},
    {"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["bucket"]}]}]},
    {"EventSelectors": [{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]},
    {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]},
    {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Evidence"]}]}]},
    {"AdvancedEventSelectors": [{"FieldSelectors": [MANAGEMENT, {"Field": "colour", "Equals": ["red"]}]}]},
])
def test_wrong_selectors_are_refused_and_stay(place, trail, members):
    before = place.asked.get_event_selectors(TrailName=trail)["EventSelectors"]
    refused = refusal(place.asked.put_event_selectors, TrailName=trail, **members)
    assert refused == ("InvalidEventSelectorsException", 400)
    assert place.asked.get_event_selectors(TrailName=trail)["EventSelectors"] == before


def test_tags_insights_and_configuration_of_a_trail(place, trail):
    this = arn(trail)
    place.asked.add_tags(ResourceId=this, TagsList=[{"Key": "team", "Value": "blue"}, {"Key": "case"}])
    place.asked.remove_tags(ResourceId=this, TagsList=[{"Key": "case"}])
    (listed,) = place.asked.list_tags(ResourceIdList=[this])["ResourceTagList"]
    assert listed == {"ResourceId": this, "TagsList": [{"Key": "team", "Value": "blue"}]}
    wanted = [{"InsightType": "ApiErrorRateInsight", "EventCategories": ["Data"]}]
    assert refusal(place.asked.get_insight_selectors, TrailName=trail) == ("InsightNotEnabledException", 400)
    place.asked.put_insight_selectors(TrailName=trail, InsightSelectors=wanted)
    got = place.asked.get_insight_selectors(TrailName=trail)
    assert (got["TrailARN"], got["InsightSelectors"]) == (this, wanted)
    assert place.asked.get_trail(Name=trail)["Trail"]["HasInsightSelectors"] is True
    aggregated = [{"Templates": ["API_ACTIVITY", "USER_ACTIONS"], "EventCategory": "Data"}]
    place.asked.put_event_configuration(TrailName=trail, AggregationConfigurations=aggregated)
    got = place.asked.get_event_configuration(TrailName=this)
    assert (got["TrailARN"], got["AggregationConfigurations"]) == (this, aggregated)
    large = refusal(place.asked.put_event_configuration, TrailName=trail, MaxEventSize="Large")
    assert large == ("InvalidParameterCombinationException", 400)


def test_calls_become_records_in_the_bucket(place, trail):
    prefix = place.asked.get_trail(Name=trail)["Trail"]["S3KeyPrefix"]
    reader = make_key(place.lake, "reader")
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    started = place.asked.start_logging(Name=trail)["ResponseMetadata"]["RequestId"]
    refusal(client(place.service, reader, region=REGION).delete_trail, Name=trail)
    sts = client(place.service, place.key, "sts", region=REGION)
    role = f"arn:aws:iam::{ACCOUNT}:role/security/Audit"
    given = sts.assume_role(RoleArn=role, RoleSessionName="alice")["Credentials"]
    temporary = type(place.key)(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assumed = client(place.service, temporary, region=REGION, user_agent_extra="a-test")
    query = assumed.start_query(QueryStatement="SELECT 1 AS one")["QueryId"]
    assumed.create_event_data_store(Name="recorded", TagsList=[{"Key": "team", "Value": "blue"}])
    place.wait_for(lambda: {"StartLogging", "CreateEventDataStore"} <= {
        record["eventName"] for record in place.records(prefix=prefix)})
    place.asked.stop_logging(Name=trail)
    records = place.records(prefix=prefix)
    for key in keys_of(place.folders["audit"], f"{prefix}/"):
        assert re.fullmatch(
            rf"{prefix}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/\d{{4}}/\d\d/\d\d/"
            rf"{ACCOUNT}_CloudTrail_{REGION}_\d{{8}}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz", key), key
    named = {record["eventName"]: record for record in records}
    assert {record["eventID"] for record in records} and len({r["eventID"] for r in records}) == len(records)
    first = named["StartLogging"]
    assert first["requestID"] == started and first["readOnly"] is False and first["responseElements"] is None
    assert first["requestParameters"] == {"name": trail}
    assert before <= datetime.datetime.fromisoformat(first["eventTime"]) <= datetime.datetime.now(datetime.timezone.utc)
    for record in records:
        assert record["eventVersion"] == "1.11" and record["awsRegion"] == REGION
        assert record["sourceIPAddress"] == "127.0.0.1" and record["eventType"] == "AwsApiCall"
        assert record["managementEvent"] is True and record["eventCategory"] == "Management"
        assert record["recipientAccountId"] == ACCOUNT and "Boto" in record["userAgent"]
    denied = named["DeleteTrail"]
    assert denied["errorCode"] == "AccessDeniedException" and "not authorized" in denied["errorMessage"]
    assert denied["userIdentity"]["userName"] == reader.id
    begun = named["StartQuery"]
    assert begun["requestParameters"] == {"queryStatement": "SELECT 1 AS one"}
    assert begun["responseElements"] == {"queryId": query} and begun["userAgent"].endswith("a-test")
    identity = begun["userIdentity"]
    assert identity["type"] == "AssumedRole" and identity["accessKeyId"] == temporary.id
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Audit/alice"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role
    made = named["CreateEventDataStore"]
    assert made["requestParameters"] == {"name": "recorded", "tagsList": [{"key": "team", "value": "blue"}]}
    assert made["responseElements"]["eventDataStoreArn"].startswith("arn:aws:cloudtrail:")
    role_given = named["AssumeRole"]
    assert role_given["eventSource"] == "sts.amazonaws.com"
    text = json.dumps(records)
    assert temporary.secret not in text and temporary.token not in text and place.key.secret not in text
    assert "StopLogging" in named
    # After the stop nothing is recorded.
    place.asked.list_trails()
    time.sleep(2.5)
    assert len(place.records(prefix=prefix)) == len(records)


def test_selectors_decide_what_is_written(place, trail):
    prefix = place.asked.get_trail(Name=trail)["Trail"]["S3KeyPrefix"]

    def names(**selectors):
        before = len(place.records(prefix=prefix))
        place.asked.put_event_selectors(TrailName=trail, **selectors)
        place.asked.start_logging(Name=trail)
        place.asked.list_trails()
        place.asked.add_tags(ResourceId=arn(trail), TagsList=[{"Key": "a"}])
        place.asked.stop_logging(Name=trail)
        return sorted(record["eventName"] for record in place.records(prefix=prefix)), before

    found, _ = names(EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    assert found == ["AddTags", "StartLogging", "StopLogging"]
    found, before = names(EventSelectors=[{"ReadWriteType": "ReadOnly"}])
    assert len(found) == before + 1 and found.count("ListTrails") == 1
    only = [MANAGEMENT, {"Field": "eventName", "StartsWith": ["Add"]}]
    found, before = names(AdvancedEventSelectors=[{"FieldSelectors": only}])
    assert len(found) == before + 1 and found.count("AddTags") == 2
    found, before = names(AdvancedEventSelectors=XRAY)
    assert len(found) == before


def test_validate_logs_passes_and_finds_what_is_changed(place, scratch):
    place_of = scratch / "validated"
    own = Trails(place_of)
    try:
        begin = datetime.datetime.now() - datetime.timedelta(minutes=5)
        name = own.trail(EnableLogFileValidation=True)
        for _ in range(2):
            own.asked.start_logging(Name=name)
            own.asked.list_trails()
            own.wait_for(lambda: "ListTrails" in [record["eventName"] for record in own.records()])
            own.asked.list_tags(ResourceIdList=[arn(name)])
            own.asked.stop_logging(Name=name)
        status = own.asked.get_trail_status(Name=name)
        assert status["LatestDigestDeliveryTime"] >= status["LatestDeliveryTime"]
        digests, logs = (keys_of(own.folders["audit"], f"/{kind}/") for kind in ("CloudTrail-Digest", "CloudTrail"))
        assert len(digests) == 2 and len(logs) >= 3

        def checked():
            return Validation(own.asked, own.lake, own.folders, arn(name), begin).counts

        assert checked() == (2, 0, len(logs), 0)
        code, printed = ours(own.lake, place_of, own.folders)
        assert code == 0 and "2/2 digest files valid" in printed and f"{len(logs)}/{len(logs)} log files valid" in printed
        changed, gone = own.folders["audit"] / logs[0], own.folders["audit"] / logs[1]
        changed.write_bytes(gzip.compress(b'{"Records":[]}'))
        gone.unlink()
        assert checked() == (2, 0, len(logs) - 2, 2)
        code, printed = ours(own.lake, place_of, own.folders)
        assert code == 1 and "hash value doesn't match" in printed and "INVALID: not found" in printed
        digest = own.folders["audit"] / digests[0]
        text = json.loads(gzip.decompress(digest.read_bytes()))
        text["logFiles"] = []
        digest.write_bytes(gzip.compress(json.dumps(text).encode()))
        assert checked()[:2] == (1, 1)
        assert ours(own.lake, place_of, own.folders)[0] == 1
    finally:
        own.service.stop()


def test_the_cli_validates_logs_over_s3(scratch):
    own = Trails(scratch / "cli-validated")
    try:
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
        name = own.trail(EnableLogFileValidation=True, S3KeyPrefix="some/prefix")
        own.asked.start_logging(Name=name)
        own.asked.list_trails()
        own.asked.stop_logging(Name=name)
        environment = {**os.environ, **own.service.environment, "AWS_ENDPOINT_URL_S3": own.service.endpoint}
        command = [sys.executable, Path(sys.executable).with_name("aws"), "cloudtrail", "validate-logs", "--verbose",
                   "--trail-arn", arn(name), "--start-time", begin.strftime("%Y-%m-%dT%H:%M:%SZ")]

        def run():
            return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)

        done = run()
        assert done.returncode == 0, done.stderr
        assert "1/1 digest files valid" in done.stdout and "1/1 log files valid" in done.stdout
        (log,) = keys_of(own.folders["audit"], "/CloudTrail/")
        (own.folders["audit"] / log).write_bytes(gzip.compress(b"{}"))
        done = run()
        assert done.returncode == 1 and "hash value doesn't match" in done.stderr
    finally:
        own.service.stop()


def test_kills_lose_nothing_and_repeat_nothing(scratch):
    own = Trails(scratch / "killed", every="1")
    try:
        name = own.trail()
        own.asked.start_logging(Name=name)
        answered = []
        for cycle in range(4):
            until = time.monotonic() + 1.2
            while time.monotonic() < until:
                answered.append(own.asked.list_trails()["ResponseMetadata"]["RequestId"])
            own.service.kill()
            own.start("1" if cycle < 3 else "3600")
            # What was told is there.
            assert own.asked.get_trail_status(Name=name)["IsLogging"] is True
        answered.append(own.asked.list_trails()["ResponseMetadata"]["RequestId"])
        own.service.stop()
        found = collections.Counter(record["requestID"] for record in own.records())
        assert not set(answered) - found.keys(), "records are lost"
        assert set(found.values()) == {1}, "records are there twice"
        assert len(answered) > 20
    finally:
        own.service.kill()


def test_what_cannot_be_delivered_is_told_and_comes_later(scratch):
    own = Trails(scratch / "unmapped", every="1")
    try:
        name = own.trail(EnableLogFileValidation=True)
        own.asked.start_logging(Name=name)
        own.service.stop()
        own.start(buckets=("other",))
        own.asked.list_trails()
        own.wait_for(lambda: "LatestDeliveryError" in own.asked.get_trail_status(Name=name))
        status = own.asked.get_trail_status(Name=name)
        assert status["LatestDeliveryError"] == "NoSuchBucket" and status["IsLogging"]
        own.asked.stop_logging(Name=name)
        own.service.stop()
        own.start()
        own.wait_for(lambda: keys_of(own.folders["audit"], "/CloudTrail-Digest/"))
        own.wait_for(lambda: "LatestDeliveryError" not in own.asked.get_trail_status(Name=name))
        names = [record["eventName"] for record in own.records()]
        assert {"StartLogging", "ListTrails", "StopLogging"} <= set(names) and names.count("StopLogging") == 1
        assert ours(own.lake, own.folder, own.folders)[0] == 0
    finally:
        own.service.stop()


def test_an_answer_is_hardly_later_for_a_trail(place, trail):
    def milliseconds():
        taken = []
        for _ in range(60):
            begin = time.perf_counter()
            finished(place.asked, "SELECT 1 AS one")
            taken.append(time.perf_counter() - begin)
        return sorted(taken)[len(taken) // 2] * 1_000

    without = milliseconds()
    place.asked.start_logging(Name=trail)
    recorded = milliseconds()
    place.asked.stop_logging(Name=trail)
    print(f"StartQuery to its end: {without:.2f} ms, recorded {recorded:.2f} ms")
    # Of a debug build on a busy machine; a wait for the disk would take longer.
    assert recorded < without * 2 + 10
