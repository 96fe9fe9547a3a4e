"""Every operation of the service model is answered, or refused as the model allows."""

import pytest
from botocore import xform_name
from botocore.session import get_session

MODEL = get_session().get_service_model("cloudtrail")
# Where a value must be of a form that the model tells by a pattern, or in its words.
VALUES = {
    "MemberAccountId": "111122223333", "DelegatedAdminAccountId": "111122223333", "EventSource": "s3.amazonaws.com",
    "EventName": "GetObject", "S3BucketName": "bucket", "QueryId": "11111111-1111-1111-1111-111111111111",
    "FederationRoleArn": "arn:aws:iam::111122223333:role/federation", "ResourcePolicy": "{}",
}


def minimal(shape, name=""):
    """The least input that fits a shape."""
    if name in VALUES:
        return VALUES[name]
    kind, least = shape.type_name, shape.metadata.get("min")
    if kind == "structure":
        return {member: minimal(shape.members[member], member) for member in shape.required_members}
    if kind == "list":
        return [minimal(shape.member)] * max(1, least or 0)
    if kind == "map":
        return {minimal(shape.key): minimal(shape.value)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "a" * max(3, least or 0)
    return {"integer": least or 1, "long": least or 1, "boolean": True, "timestamp": 1_700_000_000}[kind]


def test_the_model_is_the_one_that_is_served():
    assert len(MODEL.operation_names) == 60


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_an_operation_is_answered_or_refused_by_the_model(cloudtrail, name):
    shape = MODEL.operation_model(name).input_shape
    members = minimal(shape) if shape else {}
    call = getattr(cloudtrail, xform_name(name))
    # The client checks answers and errors against the model.
    try:
        call(**members)
    except cloudtrail.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] not in ("UnsupportedOperationException", "UnknownOperationException")


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_nothing_that_is_sent_is_a_fault(wire, name):
    for body in ({}, {"Unknown": 1}, {"NextToken": ""}, {"MaxResults": "1"}, {"EventDataStore": []}, {"Name": {}}):
        answer = wire.ask(name, body)
        assert answer.status in (200, 400), (body, answer.body)
        if answer.status == 400:
            assert answer.error and answer.json["message"]
