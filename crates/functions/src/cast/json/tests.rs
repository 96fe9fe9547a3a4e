//! Tests of casts to and from JSON.

use super::*;
use arrow::array::{AsArray, StringArray};
use arrow::util::display::array_value_to_string;
use traillake_sql_types::RowField;

fn from(json: &str, to: &Type) -> Result<String, String> {
    let array: ArrayRef = Arc::new(StringArray::from(vec!["null", json]));
    let array = from_json(&array, to, false).map_err(|error| error.message)?;
    assert!(array.is_null(0) || *to == Type::Json);
    Ok(if array.is_null(1) { "NULL".to_owned() } else { array_value_to_string(&array, 1).unwrap() })
}

fn row() -> Type {
    Type::Row(
        [RowField::named("a", Type::Bigint), RowField::named("b", Type::array(Type::VARCHAR))]
            .into(),
    )
}

#[test]
fn scalars_are_read() {
    for (json, to, value) in [
        ("128.9", Type::Smallint, Ok("129")),
        ("-2.5", Type::Bigint, Ok("-3")),
        ("\" 12 \"", Type::Tinyint, Ok("12")),
        ("true", Type::Double, Ok("1.0")),
        ("128.9", Type::VARCHAR, Ok("1.289E2")),
        ("\"x\\ud83d\"", Type::VARCHAR, Ok("x?")),
        ("0.0", Type::Boolean, Ok("false")),
        ("123.456", Type::Decimal(10, 2), Ok("123.46")),
        ("128", Type::Tinyint, Err("Cannot cast '128' to tinyint")),
        ("128.9", Type::Tinyint, Err("Cannot cast '128.9' to integer")),
        ("1.0E20", Type::Bigint, Err("Unable to cast 1.0E20 to bigint")),
        ("\"x\"", Type::Integer, Err("Cannot cast 'x' to INT")),
        ("{\"x\":1}", Type::Real, Err("Cannot cast '{\"x\":1}' to real")),
        ("\"\"", Type::Decimal(3, 1), Err("Cannot cast '\"\"' to DECIMAL(3,1)")),
        ("128", Type::Decimal(3, 1), Err("Cannot cast input json to DECIMAL(3,1)")),
        ("1 2", Type::Integer, Err("Cannot cast input json to INTEGER")),
    ] {
        let value = value.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(from(json, &to), value, "{json} as {to}");
    }
}

#[test]
fn structures_are_read() {
    let map = Type::map(Type::Bigint, Type::Json);
    for (json, to, value) in [
        (r#"{"b":["x",1.5],"A":2,"c":[{}]}"#, row(), Ok("{a: 2, b: [x, 1.5E0]}")),
        (r#"[1,null]"#, row(), Ok("{a: 1, b: }")),
        (r#"{"1":{"y":null},"-2":null}"#, map.clone(), Ok(r#"{1: {"y":null}, -2: null}"#)),
        ("[true,\"12\",null,1.5]", Type::array(Type::Integer), Ok("[1, 12, , 2]")),
        ("[128]", Type::array(Type::Tinyint), Err("Cannot cast to array(tinyint).\n[128]")),
        (
            "[70000]",
            Type::array(Type::Smallint),
            Err(
                "Cannot cast to array(smallint). Value 70000 exceeds MAX_SHORT for type smallint\n[70000]",
            ),
        ),
        (
            "[[1]]",
            Type::array(Type::Integer),
            Err("Cannot cast to array(integer). Unexpected token when cast to integer: [\n[[1]]"),
        ),
        (
            r#"{"1":1,"01":2}"#,
            map,
            Err(
                "Cannot cast to map(bigint, json). Duplicate map keys are not allowed\n{\"1\":1,\"01\":2}",
            ),
        ),
        (
            "[1]",
            row(),
            Err(
                "Cannot cast to row(a bigint, b array(varchar)). Expected a json array, but got ]\n[1]",
            ),
        ),
        (
            r#"{"a":1,"A":2}"#,
            row(),
            Err(
                "Cannot cast to row(a bigint, b array(varchar)). Duplicate field: a\n{\"a\":1,\"A\":2}",
            ),
        ),
        (
            "[1] 2",
            Type::array(Type::Integer),
            Err("Cannot cast to array(integer). Unexpected trailing token: 2\n[1] 2"),
        ),
    ] {
        let value = value.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(from(json, &to), value, "{json} as {to}");
    }
}

#[test]
fn what_fails_is_null_when_safe() {
    let texts = vec![Some("[[1],[2]]"), Some("[[3],[\"x\"]]"), None, Some("[[4]]")];
    let array: ArrayRef = Arc::new(StringArray::from(texts));
    let data_type = Type::array(Type::array(Type::Integer));
    let read = from_json(&array, &data_type, true).unwrap();
    let shown: Vec<String> = (0..4).map(|at| array_value_to_string(&read, at).unwrap()).collect();
    assert_eq!(shown, ["[[1], [2]]", "", "", "[[4]]"]);
}

#[test]
fn values_are_written() {
    let data_type = Type::Row(
        [
            RowField::named("m", Type::map(Type::Decimal(3, 1), Type::Double)),
            RowField::anonymous(Type::array(Type::Json)),
        ]
        .into(),
    );
    let json = r#"[{"10.0":1e10,"-2.5":"NaN"},[{"b":1,"a":2},null]]"#;
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some(json), None]));
    let values = from_json(&array, &data_type, false).unwrap();
    let written = to_json(&values, &data_type, false).unwrap();
    let written = written.as_string::<i32>();
    assert_eq!(written.value(0), r#"{"m":{"-2.5":"NaN","10.0":1.0E10},"":[{"b":1,"a":2},null]}"#);
    assert!(written.is_null(1));
    let dates = Type::map(Type::Date, Type::Integer);
    assert!(Reader::new(&dates).is_none());
}
