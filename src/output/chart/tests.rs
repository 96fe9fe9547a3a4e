use super::data::Data;
use super::*;
use crate::engine::types::Type;
use crate::output::AnswerWriter as _;
use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use std::sync::Arc;

fn data(kind: ChartKind, types: &[Type], columns: Vec<ArrayRef>) -> Data {
    let labels: Vec<_> = (0..types.len()).map(|at| format!("c{at}")).collect();
    let named = labels.iter().cloned().zip(columns);
    let mut data = Data::new(kind, &labels, types).unwrap();
    data.add(&RecordBatch::try_from_iter(named).unwrap()).unwrap();
    data
}

fn texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(texts))
}

fn numbers(numbers: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(numbers))
}

fn bars() -> Data {
    let long = "arn:aws:iam::123456789012:role/".repeat(4);
    let labels = [
        Some("ec2"),
        Some("<b>\u{1b}[2J&"),
        None,
        Some(&long),
        Some("漢字"),
        Some("nan"),
        Some("zero"),
    ];
    let values = [1_234_567.0, 617_283.5, 1.0, 400_000.0, -300_000.0, f64::NAN, 0.0];
    data(ChartKind::Bar, &[Type::VARCHAR, Type::Double], vec![texts(labels), numbers(values)])
}

const HOUR: i64 = 3_600_000;
const START: i64 = 1_772_323_200_000;

/// Requests of `series` services, each hour of two days.
fn lines(series: usize) -> Data {
    let names: Vec<_> = (0..series).map(|at| format!("service {at}")).collect();
    let rows: Vec<_> = (0..48).flat_map(|hour| (0..series).map(move |at| (hour, at))).collect();
    let wave = |hour: i64, at: usize| {
        ((hour as f64 / 6.0 + at as f64).sin() + 1.0) * 50.0 * (at + 1) as f64
    };
    let times = rows.iter().map(|(hour, _)| START + hour * HOUR);
    data(
        ChartKind::Line,
        &[Type::Timestamp(3), Type::VARCHAR, Type::Double],
        vec![
            Arc::new(TimestampMillisecondArray::from_iter_values(times)),
            texts(rows.iter().map(|(_, at)| Some(names[*at].as_str()))),
            numbers(rows.iter().map(|(hour, at)| wave(*hour, *at).round())),
        ],
    )
}

/// Calls by day of the week and hour, without those at night.
fn week() -> Data {
    let rows: Vec<_> = (1..=7).flat_map(|day| (6..24).map(move |hour| (day, hour))).collect();
    data(
        ChartKind::Heatmap,
        &[Type::Bigint, Type::Bigint, Type::Bigint],
        vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(day, _)| *day))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, hour)| *hour))),
            Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|(day, hour)| (day - 1) * (hour - 6)),
            )),
        ],
    )
}

fn spark(count: usize) -> Data {
    let values = (0..count).map(|n| ((n as f64 / 9.0).sin() * 100.0).round());
    let days: Vec<_> = (0..count).map(|n| format!("day {n}")).collect();
    data(
        ChartKind::Sparkline,
        &[Type::VARCHAR, Type::Double],
        vec![texts(days.iter().map(|day| Some(day.as_str()))), numbers(values)],
    )
}

fn all() -> Vec<Data> {
    vec![bars(), lines(1), lines(3), lines(11), week(), spark(60), spark(700)]
}

#[test]
fn charts_in_characters() {
    let texts: Vec<_> = all().iter().map(|data| terminal::draw(data, None, false)).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn charts_on_a_narrow_terminal() {
    let texts: Vec<_> = all().iter().map(|data| terminal::draw(data, Some(20), false)).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

/// Calls of four events, by a label of each minute.
fn minutes(count: usize) -> Data {
    let rows: Vec<_> = (0..count).map(|at| format!("2026-03-01 02:{at:02}")).collect();
    data(
        ChartKind::Heatmap,
        &[Type::VARCHAR, Type::VARCHAR, Type::Double],
        vec![
            texts(rows.iter().map(|_| Some("CreateRole"))),
            texts(rows.iter().map(|row| Some(row.as_str()))),
            numbers((0..count).map(|at| at as f64)),
        ],
    )
}

#[test]
fn labels_over_a_heatmap_are_whole_and_apart() {
    for (count, columns, want) in [(1, 80, 1), (3, 80, 3), (5, 80, 3), (40, 80, 3), (40, 40, 1)] {
        let text = terminal::draw(&minutes(count), Some(columns), false);
        let header = text.lines().nth(1).unwrap();
        let labels: Vec<_> = header.split("2026-03-01 02:").skip(1).map(str::trim_end).collect();
        assert!(labels.iter().all(|label| label.len() == 2), "{count} in {columns}: {header}");
        assert_eq!(labels.len(), want, "{count} in {columns}: {header}");
    }
    for count in [1, 5, 14, 60] {
        let image = svg::draw(&minutes(count), "");
        let number = |text: &str| text.split('"').next().unwrap().parse::<i32>().unwrap();
        let places: Vec<_> = image
            .lines()
            .filter(|line| line.contains(">2026-03-01 02:"))
            .map(|line| number(line.split("x=\"").nth(1).unwrap()))
            .collect();
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 16 * 7), "{count}: {places:?}");
        assert!(places.iter().all(|x| x + 16 * 7 <= 960), "{count}: {places:?}");
    }
}

#[test]
fn charts_in_colours() {
    let texts: Vec<_> = [bars(), lines(2), week(), spark(9)]
        .iter()
        .map(|data| terminal::draw(data, Some(40), true).replace('\u{1b}', "^"))
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn charts_keep_to_the_width() {
    for data in all() {
        for columns in [20, 33, 80, 200] {
            let text = terminal::draw(&data, Some(columns), false);
            let notes = |line: &str| line.starts_with('(');
            let too_wide =
                text.lines().find(|l| !notes(l) && crate::output::layout::width(l) > columns);
            assert_eq!(too_wide, None, "{:?} in {columns}:\n{text}", data.kind);
        }
    }
}

#[test]
fn charts_as_images() {
    for (name, data) in
        [("bars", bars()), ("lines", lines(3)), ("heatmap", week()), ("sparkline", spark(20))]
    {
        let image = svg::draw(&data, "Title <b>\u{1b}");
        assert!(!image.contains("<b>") && image.contains(r"Title &lt;b&gt;\u{1b}"), "{image}");
        assert!(image.chars().all(|c| c == '\n' || !c.is_control()));
        insta::assert_snapshot!(name, image);
    }
}

#[test]
fn few_or_no_points_are_drawn() {
    let none = |kind, types: &[Type]| {
        let labels: Vec<_> = types.iter().map(Type::to_string).collect();
        Data::new(kind, &labels, types).unwrap()
    };
    let (text, number, time) = (Type::VARCHAR, Type::Double, Type::Timestamp(3));
    let mut all = vec![
        none(ChartKind::Bar, &[text.clone(), number.clone()]),
        none(ChartKind::Line, &[time.clone(), number.clone()]),
        none(ChartKind::Heatmap, &[text.clone(), text.clone(), number.clone()]),
        none(ChartKind::Sparkline, std::slice::from_ref(&number)),
    ];
    let one = |value| numbers([value]);
    let moment: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values([START]));
    for value in [0.0, 7.0, -7.0, 1e300, -1e300, 1e-300] {
        all.push(data(
            ChartKind::Bar,
            &[text.clone(), number.clone()],
            vec![texts([Some("a")]), one(value)],
        ));
        all.push(data(
            ChartKind::Line,
            &[time.clone(), number.clone()],
            vec![moment.clone(), one(value)],
        ));
        all.push(data(
            ChartKind::Heatmap,
            &[text.clone(), text.clone(), number.clone()],
            vec![texts([Some("a")]), texts([Some("b")]), one(value)],
        ));
        all.push(data(ChartKind::Sparkline, std::slice::from_ref(&number), vec![one(value)]));
    }
    for data in &all {
        let text = terminal::draw(data, None, false);
        assert_eq!(text == "nothing to draw\n", data.points.is_empty(), "{text}");
        assert!(svg::draw(data, "t").ends_with("</svg>\n"));
    }
}

/// An answer that is written and then drawn.
fn drawn(
    kind: Option<ChartKind>,
    types: &[Type],
    columns: Vec<ArrayRef>,
) -> Result<String, String> {
    let labels: Vec<_> = (0..types.len()).map(|at| format!("c{at}")).collect();
    let batch = RecordBatch::try_from_iter(labels.iter().cloned().zip(columns)).unwrap();
    let (mut text, mut kept) = (Vec::new(), None);
    let options = crate::output::WriterOptions::default();
    let writer = crate::output::writer(crate::output::OutputFormat::Csv, &mut text, &options);
    let mut writer = Keeping::new(writer.unwrap(), &mut kept);
    writer.begin(&labels, types).unwrap();
    writer.rows(&batch).unwrap();
    writer.end().unwrap();
    drop(writer);
    assert!(text.starts_with(b"c0"), "the answer is written as ever");
    kept.unwrap().draw(kind, Some(40), false).map_err(|error| error.to_string())
}

#[test]
fn an_answer_is_drawn_as_what_suits_it() {
    let (text, number, time) = (Type::VARCHAR, Type::Double, Type::Timestamp(3));
    let names = || texts([Some("a"), Some("a"), Some("b")]);
    let others = || texts([Some("x"), Some("y"), Some("z")]);
    let counts = || numbers([1.0, 2.0, 3.0]);
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values([
        START,
        START + HOUR,
        START + 2 * HOUR,
    ]));
    let bars = drawn(None, &[text.clone(), number.clone()], vec![others(), counts()]).unwrap();
    assert!(bars.contains("x │████"), "{bars}");
    let two = [text.clone(), text.clone(), number.clone()];
    let bars = drawn(None, &two, vec![names(), others(), counts()]).unwrap();
    assert!(bars.contains("a x │████"), "{bars}");
    let pairs = [text.clone(), number.clone(), number.clone()];
    let heatmap = drawn(None, &pairs, vec![names(), counts(), counts()]).unwrap();
    assert!(heatmap.contains("░ to"), "{heatmap}");
    let line = drawn(None, &[time, number.clone()], vec![times, counts()]).unwrap();
    assert!(line.contains("┤"), "{line}");
    let one = std::slice::from_ref(&number);
    let spark = drawn(None, one, vec![counts()]).unwrap();
    assert!(spark.starts_with('▁'), "{spark}");
    let bars = drawn(Some(ChartKind::Sparkline), &two, vec![names(), others(), counts()]).unwrap();
    assert!(bars.starts_with('▁'), "{bars}");
    let why = drawn(None, std::slice::from_ref(&text), vec![names()]).unwrap_err();
    assert_eq!(why, "a bar chart takes a label and a number; the answer has c0 varchar");
    let why = drawn(Some(ChartKind::Line), &two, vec![names(), others(), counts()]).unwrap_err();
    assert!(why.starts_with("a line chart takes a time"), "{why}");
}

#[test]
fn what_is_not_drawn_is_told() {
    let names: Vec<_> = (0..70).map(|n| format!("n{n}")).collect();
    let rows = texts(names.iter().map(|name| Some(name.as_str())));
    let counts = numbers((0..70).map(f64::from));
    let many =
        data(ChartKind::Bar, &[Type::VARCHAR, Type::Double], vec![rows.clone(), counts.clone()]);
    let text = terminal::draw(&many, None, false);
    assert!(text.ends_with("(bars not drawn: 20)\n"), "{text}");
    assert_eq!(text.lines().count(), 52);
    assert!(svg::draw(&many, "").contains("bars not drawn: 20"));
    let types = [Type::VARCHAR, Type::VARCHAR, Type::Double];
    let wide = data(ChartKind::Heatmap, &types, vec![rows.clone(), rows, counts]);
    let text = terminal::draw(&wide, Some(40), false);
    assert!(text.ends_with("(rows not drawn: 20; columns not drawn: 35)\n"), "{text}");
}
