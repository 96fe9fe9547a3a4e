//! Patterns, written and read.

use super::print::LocalTime;
use super::{Format, joda, mysql, teradata};
use crate::datetime::parse;
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::zone::Zone;

fn joda_in_2026(pattern: &str) -> SqlResult<Format> {
    joda::compile(pattern, 2026)
}

fn millis(text: &str) -> i64 {
    (parse::timestamp(text, 9).unwrap().0 / 1_000_000) as i64
}

fn written(format: &Format, time: &str, zone: Zone) -> String {
    let millis = millis(time);
    let offset = zone.offset_at(zone.to_utc(millis / 1_000));
    let mut out = String::new();
    format.write(LocalTime { millis, zone, offset }, &mut out);
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
            joda_in_2026,
            "yyyy-MM-dd'T'HH:mm:ss.SSSZZ ''x",
            time,
            "+07:09",
            "2001-08-02T00:04:05.321+07:09 '2001",
        ),
        (
            joda_in_2026,
            "G C YY e EEE EEEE MMM MMMM k K h a",
            time,
            "UTC",
            "AD 20 01 4 Thu Thursday Aug August 24 0 12 AM",
        ),
        (
            joda_in_2026,
            "z zzzz Z ZZZ",
            time,
            "Europe/Berlin",
            "CEST Central European Summer Time +0200 Europe/Berlin",
        ),
        (joda_in_2026, "z zzzz Z", time, "Asia/Kathmandu", "GMT+05:45 GMT+05:45 +0545"),
        (joda_in_2026, "y YYYY G", "-0005-08-22 12:00", "UTC", "-5 0006 BC"),
        (joda_in_2026, "S SSSSS", "2001-01-01 00:00:00.02", "UTC", "0 02000"),
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
        (joda_in_2026, "YYYY G", "0005 BC", Ok("-0004-01-01")),
        (joda_in_2026, "xxxx-'W'ww-e", "2020-W10-3", Ok("2020-03-04")),
        (joda_in_2026, "yyMM", "0512", Ok("2005-12-01")),
        (teradata::compile, "yyyy-mm-dd hh:mi", "2020-05-01 11:12", Ok("2020-05-01 11:12")),
        (
            joda_in_2026,
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
        (joda_in_2026, "yyyy-MM-dd", "2020-05", Err("Invalid format: \"2020-05\" is too short")),
        (mysql::compile, "%b", "jAN", Err("Invalid format: \"jAN\"")),
    ] {
        let got = compile(pattern).and_then(|format| format.read(text));
        let got = got.map(|parsed| parsed.local).map_err(|error| error.message);
        assert_eq!(got, want.map(millis).map_err(str::to_owned), "{pattern} {text}");
    }
}

#[test]
fn malformed_patterns_are_errors() {
    for (compile, pattern, want) in [
        (
            mysql::compile as fn(&str) -> SqlResult<Format>,
            "%D",
            "%D not supported in date format string",
        ),
        (mysql::compile, "", "Both printing and parsing not supported"),
        (joda_in_2026, "yyyy bb", "Illegal pattern component: bb"),
        (joda_in_2026, "", "Invalid pattern specification: Pattern is null or empty"),
        (teradata::compile, "yyy", "Failed to tokenize string [y] at offset [2]"),
    ] {
        assert_eq!(compile(pattern).unwrap_err().message, want, "{pattern}");
    }
}

#[test]
fn years_of_two_digits_are_near_the_year_that_is() {
    for (this_year, text, want) in [
        (2026, "45", "2045-01-01"),
        (2026, "46", "1946-01-01"),
        (2031, "50", "2050-01-01"),
        (2031, "51", "1951-01-01"),
    ] {
        let format = joda::compile("yy", this_year).unwrap();
        assert_eq!(format.read(text).unwrap().local, millis(want), "{text} in {this_year}");
    }
}
