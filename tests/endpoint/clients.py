"""boto3's clients, whose every answer is held against the service model."""

import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import shapes


def client(service, key, name="cloudtrail", region="us-east-1", **config):
    """A client with a key. It asks once: a fault that a second attempt hides would be missed."""
    settings = Config(retries={"total_max_attempts": 1}, connect_timeout=60, read_timeout=120, **config)
    made = boto3.session.Session().client(
        name, endpoint_url=service.endpoint, region_name=region, config=settings, aws_access_key_id=key.id,
        aws_secret_access_key=key.secret, aws_session_token=key.token,
    )
    if name == "cloudtrail":
        made.meta.events.register("after-call.cloudtrail", checked)
    return made


def checked(http_response, parsed, model, **_):
    body = json.loads(http_response.content)
    status = http_response.status_code
    assert http_response.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert http_response.headers["x-amzn-RequestId"]
    if status == 200:
        shapes.check_answer(model.output_shape, body, model.name)
    else:
        assert http_response.headers["x-amzn-ErrorType"] == body["__type"] and body["message"]
        shapes.check_error(model, status, body["__type"])


def refusal(call, *arguments, **members):
    """The name and the HTTP status of the error of a call, which must have one."""
    try:
        answer = call(*arguments, **members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"this was answered: {answer}")


def ended(cloudtrail, id, patience=60):
    """Waits for the end of a query; returns what DescribeQuery says then."""
    until = time.monotonic() + patience
    while True:
        described = cloudtrail.describe_query(QueryId=id)
        if described["QueryStatus"] not in ("QUEUED", "RUNNING"):
            return described
        assert time.monotonic() < until, f"a query takes too long: {described}"
        time.sleep(0.01)


def finished(cloudtrail, sql):
    """Asks a query; returns its id when it has finished."""
    id = cloudtrail.start_query(QueryStatement=sql)["QueryId"]
    described = ended(cloudtrail, id)
    assert described["QueryStatus"] == "FINISHED", described
    return id


def pages(call, items, **members):
    """All items of all pages, and the tokens of the pages."""
    found, tokens = [], []
    while True:
        page = call(**members)
        found.extend(page[items])
        if "NextToken" not in page:
            return found, tokens
        assert page["NextToken"] not in tokens, "a token is given twice"
        tokens.append(page["NextToken"])
        members["NextToken"] = page["NextToken"]


def answer(cloudtrail, sql):
    """The rows of a query, as lists of values."""
    rows, _ = pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=finished(cloudtrail, sql))
    return [[value for cell in row for value in cell.values()] for row in rows]


def labels(row):
    """The labels of a row, in order."""
    return [label for cell in row for label in cell]
