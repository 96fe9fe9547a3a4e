//! Patterns, written and read.

use super::print::Shown;
use super::{Format, joda, mysql, teradata};
use crate::engine::functions::datetime::parse;
use crate::engine::sql_error::SqlResult;
use crate::engine::types::zone::Zone;

fn millis(text: &str) -> i64 {
    (parse::timestamp(text).unwrap().0 / 1_000_000) as i64
}

fn written(format: &Format, time: &str, zone: Zone) -> String {
    let millis = millis(time);
    let offset = zone.offset_at(zone.to_utc(millis / 1_000));
    let mut out = String::new();
    format.write(Shown { millis, zone, offset }, &mut out);
    out
}

#[test]
fn times_are_written() {
    let zone = |id| Zone::parse(id).unwrap();
    let time = "2001-08-02 00:04:05.321";
    for (compile, pattern, time, id, want) in [
        (
            mysql::compile as fn(&str) -> _,
            "%Y-%c-%e %r %f",
            time,
            "UTC",
            "2001-8-2 12:04:05 AM 321000",
        ),
        (
            mysql::compile,
            "%W %a %M %b %j %y %x-%v %k%",
            time,
            "UTC",
            "Thursday Thu August Aug 214 01 2001-31 0",
        ),
        (mysql::compile, "%%%g", time, "UTC", "%g"),
        (
            joda::compile,
            "yyyy-MM-dd'T'HH:mm:ss.SSSZZ ''x",
            time,
            "+07:09",
            "2001-08-02T00:04:05.321+07:09 '2001",
        ),
        (
            joda::compile,
            "G C YY e EEE EEEE MMM MMMM k K h a",
            time,
            "UTC",
            "AD 20 01 4 Thu Thursday Aug August 24 0 12 AM",
        ),
        (
            joda::compile,
            "z zzzz Z ZZZ",
            time,
            "Europe/Berlin",
            "CEST Central European Summer Time +0200 Europe/Berlin",
        ),
        (joda::compile, "z zzzz Z", time, "Asia/Kathmandu", "GMT+05:45 GMT+05:45 +0545"),
        (joda::compile, "y YYYY G", "-0005-08-22 12:00", "UTC", "-5 0006 BC"),
        (joda::compile, "S SSSSS", "2001-01-01 00:00:00.02", "UTC", "0 02000"),
        (
            teradata::compile,
            "yy/mm/dd hh24:hh:mi:ss",
            "2001-08-02 13:04:05",
            "UTC",
            "01/08/02 13:01:04:05",
        ),
    ] {
        assert_eq!(written(&compile(pattern).unwrap(), time, zone(id)), want, "{pattern}");
    }
}

#[test]
fn times_are_read() {
    for (compile, pattern, text, want) in [
        (mysql::compile as fn(&str) -> SqlResult<Format>, "%Y %y", "2013 14", Ok("2014-01-01")),
        (mysql::compile, "%Y-%m-%d %a", "2013-05-17 Mon", Ok("2013-05-13")),
        (mysql::compile, "%x %v", "1998 53", Ok("1998-12-28")),
        (mysql::compile, "%m-%d", "05-17", Ok("2000-05-17")),
        (mysql::compile, "%W", "Monday", Ok("2000-12-25")),
        (mysql::compile, "%d-%b-%y %l.%i %p", "28-JAN-16 11.45 pm", Ok("2016-01-28 23:45")),
        (mysql::compile, "%Y%m%d", "20130517", Ok("2013-05-17")),
        (mysql::compile, "%Y-%m-%d", "12013-05-17", Ok("12013-05-17")),
        (joda::compile, "YYYY G", "0005 BC", Ok("-0004-01-01")),
        (joda::compile, "xxxx-'W'ww-e", "2020-W10-3", Ok("2020-03-04")),
        (joda::compile, "yyMM", "0512", Ok("2005-12-01")),
        (teradata::compile, "yyyy-mm-dd hh:mi", "2020-05-01 11:12", Ok("2020-05-01 11:12")),
        (
            joda::compile,
            "yyyy-MM-dd",
            "2021-02-29",
            Err("Cannot parse \"2021-02-29\": Value 29 for dayOfMonth must be in the range [1,28]"),
        ),
        (
            mysql::compile,
            "%s.%f",
            "3.0123456789",
            Err("Invalid format: \"3.0123456789\" is malformed at \"9\""),
        ),
        (joda::compile, "yyyy-MM-dd", "2020-05", Err("Invalid format: \"2020-05\" is too short")),
        (mysql::compile, "%b", "jAN", Err("Invalid format: \"jAN\"")),
    ] {
        let got = compile(pattern).and_then(|format| format.read(text));
        let got = got.map(|parsed| parsed.local).map_err(|error| error.message);
        assert_eq!(got, want.map(millis).map_err(str::to_owned), "{pattern} {text}");
    }
}

#[test]
fn patterns_that_are_none() {
    for (compile, pattern, want) in [
        (
            mysql::compile as fn(&str) -> SqlResult<Format>,
            "%D",
            "%D not supported in date format string",
        ),
        (mysql::compile, "", "Both printing and parsing not supported"),
        (joda::compile, "yyyy bb", "Illegal pattern component: bb"),
        (joda::compile, "", "Invalid pattern specification: Pattern is null or empty"),
        (teradata::compile, "yyy", "Failed to tokenize string [y] at offset [2]"),
    ] {
        assert_eq!(compile(pattern).unwrap_err().message, want, "{pattern}");
    }
}
