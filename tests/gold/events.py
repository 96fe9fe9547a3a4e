"""CloudTrail records of `testdata` as rows of `event_data_store`, read as docs/events.md defines them.

Written apart from the importer, so that what the two make of a record can be compared.
"""
import base64
import datetime
import gzip
import hashlib
import json
import pathlib
import re

TIME = "timestamp(3)"
MAP = "map(varchar, varchar)"


def texts(names):
    return [(name, "varchar") for name in names.split()]


def row(fields):
    return "row(" + ", ".join(f'"{name}" {kind}' for name, kind in fields) + ")"


def array(fields):
    return f"array({row(fields)})"


ATTRIBUTES = [("creationdate", TIME), *texts("mfaauthenticated")]
ISSUER = texts("type principalid arn accountid username")
FEDERATION = [*texts("federatedprovider"), ("attributes", MAP)]
SESSION = [
    ("attributes", row(ATTRIBUTES)),
    ("sessionissuer", row(ISSUER)),
    ("webidfederationdata", row(FEDERATION)),
    *texts("sourceidentity ec2roledelivery ec2issuedinvpc"),
]
BEHALF = texts("userid identitystorearn")
SCOPE = texts("sourcearn sourceaccount issuertype credentialsissuedto")
IDENTITY = [
    *texts("type principalid arn accountid accesskeyid username"),
    ("sessioncontext", row(SESSION)),
    ("onbehalfof", row(BEHALF)),
    ("inscopeof", row(SCOPE)),
    *texts("invokedby identityprovider"),
]
RESOURCE = texts("accountid type arn arnprefix")
TLS = texts("tlsversion ciphersuite clientprovidedhostheader")
TAGGED = [*texts("arn"), ("tags", MAP)]
TAGS = [("resourcetags", array(TAGGED)), ("principaltags", MAP)]
CONTEXT = [("requestcontext", MAP), ("tagcontext", row(TAGS))]
COLUMNS = [
    *texts("eventversion"),
    ("useridentity", row(IDENTITY)),
    ("eventtime", TIME),
    *texts("eventsource eventname awsregion sourceipaddress useragent errorcode errormessage"),
    ("requestparameters", MAP),
    ("responseelements", MAP),
    ("additionaleventdata", MAP),
    *texts("requestid eventid"),
    ("readonly", "boolean"),
    ("resources", array(RESOURCE)),
    *texts("eventtype apiversion"),
    ("managementevent", "boolean"),
    *texts("recipientaccountid sharedeventid annotation vpcendpointid vpcendpointaccountid"),
    ("serviceeventdetails", MAP),
    ("addendum", MAP),
    ("edgedevicedetails", MAP),
    ("insightdetails", MAP),
    *texts("eventcategory"),
    ("tlsdetails", row(TLS)),
    *texts("sessioncredentialfromconsole eventjson eventjsonchecksum"),
    ("eventcontext", row(CONTEXT)),
]
# What lies in a row, by its type; no two rows of the table are alike.
ROWS = [ATTRIBUTES, ISSUER, FEDERATION, SESSION, BEHALF, SCOPE, IDENTITY, RESOURCE, TLS, TAGGED, TAGS, CONTEXT]
FIELDS = {row(fields): fields for fields in ROWS}


class Number(str):
    """A number as it is spelt."""


DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number)


def compact(value):
    match value:
        case Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{compact(k)}:{compact(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(compact, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def moment(value):
    """ISO 8601, extended or basic, or epoch seconds: its text in UTC to the millisecond, or None."""
    if isinstance(value, Number):
        time = datetime.datetime.fromtimestamp(float(value), datetime.timezone.utc)
    else:
        form = r"(\d{4})-?(\d{1,2})-?(\d{1,2})[Tt ](\d{1,2}):?(\d\d):?(\d\d)(?:[.,](\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)?"
        parts = isinstance(value, str) and re.fullmatch(form, value)
        if not parts:
            return None
        *numbers, fraction, zone = parts.groups()
        sign, hours, minutes = (zone[0] + "1", zone[1:3], zone[-2:]) if zone and zone != "Z" else (1, 0, 0)
        offset = int(sign) * datetime.timedelta(hours=int(hours), minutes=int(minutes))
        thousandths = (fraction or "0").ljust(3, "0")
        time = datetime.datetime(*map(int, numbers), int(thousandths) * 1000) - offset
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"


def fit(value, kind):
    """A JSON value as a type of the table; None where it does not fit."""
    if value is None:
        return None
    if kind == "varchar":
        return str(value) if isinstance(value, str) else compact(value)
    if kind == TIME:
        return moment(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value))
    if kind.startswith("array("):
        return [fit(item, kind[6:-1]) for item in value if isinstance(item, dict)] if isinstance(value, list) else None
    if not isinstance(value, dict):
        return None
    if kind == MAP:
        return {key: fit(item, "varchar") for key, item in value.items()}
    return fields(value, FIELDS[kind])


def fields(record, wanted):
    lower = {key.lower(): value for key, value in record.items()}
    return {name: fit(lower.get(name), kind) for name, kind in wanted}


def records(text, at=0):
    """Yields the records from a place in a file to the end of the list there, each with its text."""
    while True:
        start = re.compile(r"[\s,]*").match(text, at).end()
        if start == len(text) or text[start] == "]":
            return
        value, at = DECODER.raw_decode(text, start)
        if isinstance(value, list):
            yield from records(text, start + 1)
        elif any(key.lower() == "records" for key in value):
            yield from records(text, re.compile(r'"records"\s*:\s*\[', re.I).search(text, start).end())
        else:
            yield value, text[start:at]


def read(folder):
    """Yields each event of the three folders of good files once, as a JSON object of the columns."""
    seen = set()
    files = [file for name in ("oddities", "samples", "trail") for file in (folder / name).rglob("*.*")]
    for file in sorted(filter(pathlib.Path.is_file, files)):
        data = file.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
        if "=>" in text:
            text = text.replace("=>", ":").replace("nil", "null")
        for record, raw in records(text):
            lower = {key.lower(): value for key, value in record.items()}
            identity = (lower.get("eventid"), lower.get("recipientaccountid"))
            if "eventname" not in lower or identity in seen:
                continue
            seen.add(identity)
            event = fields(record, COLUMNS)
            event["eventjson"] = raw
            event["eventjsonchecksum"] = base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode()
            yield event
