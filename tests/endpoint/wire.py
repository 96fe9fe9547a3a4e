"""Requests made by hand, with Signature Version 4 written out: what SDKs send, and what they never would."""

import datetime
import hashlib
import hmac
import http.client
import json
from urllib.parse import quote, urlencode

TARGETS = ("CloudTrail_20131101.", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.")
JSON = "application/x-amz-json-1.1"


class Answer:
    """The status, headers and body of an answer."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The name of the error, which body and header must tell alike."""
        name = self.json["__type"]
        assert self.headers["x-amzn-ErrorType"] == name
        return name


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def query_of(parameters):
    return urlencode(sorted(parameters.items()), quote_via=quote, safe="-_.~")


def signature(key, stamp, region, service, headers, body, query=""):
    """The signature of a POST of / with these headers, all of them signed."""
    day = stamp[:8]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{sha256(body)}"
    scope = f"{day}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode())}"
    derived = mac(("AWS4" + key.secret).encode(), day)
    for part in (region, service, "aws4_request"):
        derived = mac(derived, part)
    return scope, names, mac(derived, text).hex()


class Wire:
    """A connection to a service, with a key."""

    def __init__(self, service, key, patience=120):
        self.port, self.key = service.port, key
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)

    def send(self, body, headers, path="/", method="POST"):
        """Sends a request as it is; headers whose value is None are left out."""
        self.connection.request(method, path, body, {name: v for name, v in headers.items() if v is not None})
        return Answer(self.connection.getresponse())

    def close(self):
        self.connection.close()

    def ask(self, operation, body=b"{}", *, key=None, at=None, region="us-east-1", service="cloudtrail", target=0,
            more=None, content_type=JSON):
        """Asks for an operation with a signed request. `body` is bytes, or an object that becomes JSON."""
        key = key or self.key
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        stamp = (at or now()).strftime("%Y%m%dT%H%M%SZ")
        headers = {"content-type": content_type, "host": f"127.0.0.1:{self.port}", "x-amz-date": stamp}
        if operation:
            headers["x-amz-target"] = TARGETS[target] + operation
        if key.token:
            headers["x-amz-security-token"] = key.token
        scope, names, signed = signature(key, stamp, region, service, headers, body)
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signed}"
        )
        return self.send(body, {**headers, **(more or {})})

    def presigned(self, operation, body=b"{}", *, at=None, seconds=60):
        """Asks with a signature in the query."""
        stamp = (at or now()).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": f"127.0.0.1:{self.port}"}
        scope = f"{stamp[:8]}/us-east-1/cloudtrail/aws4_request"
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{self.key.id}/{scope}", "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds), "X-Amz-SignedHeaders": "host",
        }
        if self.key.token:
            parameters["X-Amz-Security-Token"] = self.key.token
        _, _, signed = signature(self.key, stamp, "us-east-1", "cloudtrail", headers, body, query_of(parameters))
        path = f"/?{query_of(parameters)}&X-Amz-Signature={signed}"
        return self.send(body, {**headers, "content-type": JSON, "x-amz-target": TARGETS[0] + operation}, path)
