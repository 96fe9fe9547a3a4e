//! Statistics of the values of a column: in a row group, a stripe, the file.

use crate::schema::Kind;
use orc_rust::proto;

/// Longer strings are replaced by a bound of at most this length.
const MAX_STRING_BYTES: usize = 1024;

/// What is known of some values of a column.
#[derive(Debug, Clone)]
pub(crate) struct Statistics {
    /// Values that are not NULL.
    pub(crate) count: u64,
    pub(crate) has_null: bool,
    /// Bytes of the column's data streams in the file.
    pub(crate) bytes: u64,
    pub(crate) range: Range,
}

/// What is known of the values by their type.
#[derive(Debug, Clone)]
pub(crate) enum Range {
    /// No more than how many there are.
    None,
    Boolean {
        trues: u64,
    },
    Integer {
        bounds: Option<(i64, i64)>,
        sum: i128,
    },
    Date {
        bounds: Option<(i64, i64)>,
    },
    /// In seconds and nanoseconds.
    Timestamp {
        bounds: Option<((i64, u32), (i64, u32))>,
    },
    /// The bounds are not NaN; if a value is, the sum is.
    Float {
        bounds: Option<(f64, f64)>,
        sum: f64,
    },
    Decimal {
        scale: u8,
        bounds: Option<(i128, i128)>,
        sum: Option<i128>,
    },
    String {
        bounds: Option<(Vec<u8>, Vec<u8>)>,
        bytes: i64,
    },
    Binary {
        bytes: i64,
    },
    /// Of lists and maps.
    Lengths {
        bounds: Option<(i64, i64)>,
        sum: i128,
    },
}

impl Statistics {
    /// Returns the statistics of no values.
    pub(crate) fn new(kind: Kind) -> Self {
        let range = match kind {
            Kind::Boolean => Range::Boolean { trues: 0 },
            Kind::Byte | Kind::Short | Kind::Int | Kind::Long => {
                Range::Integer { bounds: None, sum: 0 }
            }
            Kind::Float | Kind::Double => Range::Float { bounds: None, sum: 0.0 },
            Kind::String => Range::String { bounds: None, bytes: 0 },
            Kind::Binary => Range::Binary { bytes: 0 },
            Kind::Date => Range::Date { bounds: None },
            Kind::Timestamp | Kind::TimestampInstant => Range::Timestamp { bounds: None },
            Kind::Decimal(_, scale) => Range::Decimal { scale, bounds: None, sum: Some(0) },
            Kind::Struct => Range::None,
            Kind::List | Kind::Map => Range::Lengths { bounds: None, sum: 0 },
        };
        Self { count: 0, has_null: false, bytes: 0, range }
    }

    /// Adds integers, dates, or lengths of lists.
    pub(crate) fn add_integers(&mut self, values: &[i64]) {
        let bounds_now = values.iter().copied().min().zip(values.iter().copied().max());
        let add_sum = |sum: &mut i128| *sum += values.iter().map(|&v| i128::from(v)).sum::<i128>();
        match &mut self.range {
            Range::Date { bounds } => merge(bounds, bounds_now),
            Range::Integer { bounds, sum } | Range::Lengths { bounds, sum } => {
                merge(bounds, bounds_now);
                add_sum(sum);
            }
            _ => {}
        }
    }

    pub(crate) fn add_float(&mut self, value: f64) {
        if let Range::Float { bounds, sum } = &mut self.range {
            *sum += value;
            if !value.is_nan() {
                merge(bounds, Some((value, value)));
            }
        }
    }

    pub(crate) fn add_decimal(&mut self, value: i128) {
        if let Range::Decimal { bounds, sum, .. } = &mut self.range {
            *sum = sum.and_then(|sum| sum.checked_add(value));
            merge(bounds, Some((value, value)));
        }
    }

    /// Widens the bounds of strings; their bytes are added by [`add_bytes`](Self::add_bytes).
    pub(crate) fn add_string(&mut self, value: &[u8]) {
        if let Range::String { bounds, .. } = &mut self.range {
            match bounds {
                Some((min, _)) if value < &min[..] => value.clone_into(min),
                Some((_, max)) if value > &max[..] => value.clone_into(max),
                Some(_) => {}
                None => *bounds = Some((value.to_owned(), value.to_owned())),
            }
        }
    }

    /// Adds lengths of strings or binary values.
    pub(crate) fn add_bytes(&mut self, lengths: &[i64]) {
        if let Range::String { bytes, .. } | Range::Binary { bytes } = &mut self.range {
            *bytes += lengths.iter().sum::<i64>();
        }
    }

    /// Adds what is known of other values of the column.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.has_null |= other.has_null;
        self.bytes += other.bytes;
        match (&mut self.range, &other.range) {
            (Range::Boolean { trues }, Range::Boolean { trues: more }) => *trues += more,
            (Range::Integer { bounds, sum }, Range::Integer { bounds: other, sum: more })
            | (Range::Lengths { bounds, sum }, Range::Lengths { bounds: other, sum: more }) => {
                merge(bounds, *other);
                *sum += more;
            }
            (Range::Date { bounds }, Range::Date { bounds: other }) => merge(bounds, *other),
            (Range::Timestamp { bounds }, Range::Timestamp { bounds: other }) => {
                merge(bounds, *other);
            }
            (Range::Float { bounds, sum }, Range::Float { bounds: other, sum: more }) => {
                merge(bounds, *other);
                *sum += more;
            }
            (
                Range::Decimal { bounds, sum, .. },
                Range::Decimal { bounds: other, sum: more, .. },
            ) => {
                merge(bounds, *other);
                *sum = sum.zip(*more).and_then(|(a, b)| a.checked_add(b));
            }
            (Range::String { bytes, .. }, Range::String { bounds: other, bytes: more }) => {
                *bytes += more;
                if let Some((min, max)) = other {
                    self.add_string(min);
                    self.add_string(max);
                }
            }
            (Range::Binary { bytes }, Range::Binary { bytes: more }) => *bytes += more,
            _ => {}
        }
    }

    /// Returns the statistics as the file has them.
    pub(crate) fn to_proto(&self) -> proto::ColumnStatistics {
        let mut out = proto::ColumnStatistics {
            number_of_values: Some(self.count),
            has_null: Some(self.has_null),
            bytes_on_disk: (self.bytes > 0).then_some(self.bytes),
            ..proto::ColumnStatistics::default()
        };
        if self.count == 0 {
            return out;
        }
        match &self.range {
            Range::None => {}
            Range::Boolean { trues } => {
                out.bucket_statistics = Some(proto::BucketStatistics { count: vec![*trues] });
            }
            Range::Integer { bounds, sum } => {
                out.int_statistics = Some(proto::IntegerStatistics {
                    minimum: bounds.map(|(min, _)| min),
                    maximum: bounds.map(|(_, max)| max),
                    sum: i64::try_from(*sum).ok(),
                });
            }
            Range::Date { bounds } => {
                out.date_statistics = Some(proto::DateStatistics {
                    minimum: bounds.map(|(min, _)| min as i32),
                    maximum: bounds.map(|(_, max)| max as i32),
                });
            }
            Range::Timestamp { bounds } => {
                out.timestamp_statistics = Some(timestamp_statistics(*bounds));
            }
            Range::Float { bounds, sum } => {
                out.double_statistics = Some(double_statistics(*bounds, *sum));
            }
            Range::Decimal { scale, bounds, sum } => {
                out.decimal_statistics = Some(decimal_statistics(*scale, *bounds, *sum));
            }
            Range::String { bounds, bytes } => {
                out.string_statistics = Some(string_statistics(bounds.as_ref(), *bytes));
            }
            Range::Binary { bytes } => {
                out.binary_statistics = Some(proto::BinaryStatistics { sum: Some(*bytes) });
            }
            Range::Lengths { bounds, sum } => {
                out.collection_statistics = Some(proto::CollectionStatistics {
                    min_children: bounds.map(|(min, _)| min as u64),
                    max_children: bounds.map(|(_, max)| max as u64),
                    total_children: u64::try_from(*sum).ok(),
                });
            }
        }
        out
    }
}

fn timestamp_statistics(bounds: Option<((i64, u32), (i64, u32))>) -> proto::TimestampStatistics {
    let millis = |(seconds, nanos): (i64, u32)| {
        seconds.saturating_mul(1000).saturating_add(i64::from(nanos / 1_000_000))
    };
    // Nanoseconds within the millisecond, plus 1.
    let nanos = |(_, nanos): (i64, u32)| (nanos % 1_000_000) as i32 + 1;
    let (min, max) = bounds.unzip();
    // Both kinds of bounds are the same, as the time zone of every stripe is UTC.
    proto::TimestampStatistics {
        minimum: min.map(millis),
        maximum: max.map(millis),
        minimum_utc: min.map(millis),
        maximum_utc: max.map(millis),
        minimum_nanos: min.map(nanos),
        maximum_nanos: max.map(nanos),
    }
}

fn double_statistics(bounds: Option<(f64, f64)>, sum: f64) -> proto::DoubleStatistics {
    // Without bounds readers take all values for NULLs, and they differ in whether -0 is less than 0.
    let (min, max) = bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    proto::DoubleStatistics {
        minimum: Some(if min == 0.0 { -0.0 } else { min }),
        maximum: Some(if max == 0.0 { 0.0 } else { max }),
        sum: Some(sum),
    }
}

fn decimal_statistics(
    scale: u8,
    bounds: Option<(i128, i128)>,
    sum: Option<i128>,
) -> proto::DecimalStatistics {
    let text = |value| decimal_text(value, scale);
    let (min, max) = bounds.unzip();
    let limit = 10_i128.pow(38);
    let sum = sum.filter(|sum| (-limit < *sum) && *sum < limit);
    proto::DecimalStatistics { minimum: min.map(text), maximum: max.map(text), sum: sum.map(text) }
}

fn string_statistics(bounds: Option<&(Vec<u8>, Vec<u8>)>, bytes: i64) -> proto::StringStatistics {
    let (min, max) = bounds.map(|(min, max)| (lower_bound(min), upper_bound(max))).unzip();
    let pick = |bound: &Option<(String, bool)>, exact| {
        bound.as_ref().filter(|bound| bound.1 == exact).map(|bound| bound.0.clone())
    };
    proto::StringStatistics {
        minimum: pick(&min, true),
        maximum: pick(&max, true),
        sum: Some(bytes),
        lower_bound: pick(&min, false),
        upper_bound: pick(&max, false),
    }
}

fn merge<T: PartialOrd + Copy>(bounds: &mut Option<(T, T)>, other: Option<(T, T)>) {
    let Some((low, high)) = other else { return };
    match bounds {
        Some((min, max)) => {
            if low < *min {
                *min = low;
            }
            if high > *max {
                *max = high;
            }
        }
        None => *bounds = other,
    }
}

/// Returns the decimal `value` divided by ten to the power of `scale`.
fn decimal_text(value: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let mut digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    if scale > 0 {
        digits.insert(digits.len() - scale, '.');
    }
    if value < 0 {
        digits.insert(0, '-');
    }
    digits
}

/// Returns the characters at the beginning of `value` that fit [`MAX_STRING_BYTES`], and whether they are
/// all.
fn lower_bound(value: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(value);
    if text.len() <= MAX_STRING_BYTES {
        return (text.into_owned(), true);
    }
    let end = (0..=MAX_STRING_BYTES).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    (text[..end].to_owned(), false)
}

/// The same for an upper bound: of a cut string, the last character that has a successor becomes that.
fn upper_bound(value: &[u8]) -> (String, bool) {
    let (mut text, exact) = lower_bound(value);
    if exact {
        return (text, true);
    }
    while let Some(last) = text.pop() {
        // From the last character before the surrogates on to the first one after them.
        let next = if last == '\u{d7ff}' { '\u{e000}' as u32 } else { last as u32 + 1 };
        if let Some(next) = char::from_u32(next) {
            text.push(next);
            return (text, false);
        }
    }
    (String::from_utf8_lossy(value).into_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(values: &[&str]) -> proto::StringStatistics {
        let mut statistics = Statistics::new(Kind::String);
        statistics.count = values.len() as u64;
        values.iter().for_each(|value| statistics.add_string(value.as_bytes()));
        statistics.to_proto().string_statistics.unwrap()
    }

    #[test]
    fn long_strings_have_bounds() {
        let long = "é".repeat(600);
        let told = strings(&["b", &long]);
        assert_eq!(told.minimum.as_deref(), Some("b"));
        assert_eq!((told.lower_bound, told.maximum), (None, None));
        assert_eq!(told.upper_bound, Some("é".repeat(511) + "ê"));

        let told = strings(&[&("a".to_owned() + &long)]);
        assert_eq!(told.lower_bound, Some("a".to_owned() + &"é".repeat(511)));

        let last = "x".repeat(1020) + "\u{10ffff}" + "more";
        assert_eq!(strings(&[&last]).upper_bound, Some("x".repeat(1019) + "y"));
        let gap = "x".repeat(1021) + "\u{d7ff}" + "more";
        assert_eq!(strings(&[&gap]).upper_bound, Some("x".repeat(1021) + "\u{e000}"));
        let none = "\u{10ffff}".repeat(300);
        assert_eq!(strings(&[&none]).maximum, Some(none));
    }

    #[test]
    fn nan_does_not_hide_other_values() {
        let floats = |values: &[f64]| {
            let mut statistics = Statistics::new(Kind::Double);
            statistics.count = values.len() as u64;
            values.iter().for_each(|value| statistics.add_float(*value));
            let told = statistics.to_proto().double_statistics.unwrap();
            (told.minimum(), told.maximum(), told.sum().is_nan())
        };
        assert_eq!(floats(&[f64::NAN, 2.0, -1.0]), (-1.0, 2.0, true));
        assert_eq!(floats(&[f64::NAN]), (f64::NEG_INFINITY, f64::INFINITY, true));
        let (min, max, _) = floats(&[0.0, -0.0]);
        assert!(min.is_sign_negative() && max.is_sign_positive());
    }

    #[test]
    fn sums_that_do_not_fit_are_left_out() {
        let mut statistics = Statistics::new(Kind::Long);
        statistics.count = 2;
        statistics.add_integers(&[i64::MAX, 1]);
        let told = statistics.to_proto().int_statistics.unwrap();
        assert_eq!((told.minimum(), told.maximum(), told.sum), (1, i64::MAX, None));
        statistics.add_integers(&[-1]);
        assert_eq!(statistics.to_proto().int_statistics.unwrap().sum, Some(i64::MAX));
    }

    #[test]
    fn decimals_have_all_their_digits() {
        let told = [(0, 0), (-5, 3), (123_456, 3), (i128::MAX, 0)].map(|(v, s)| decimal_text(v, s));
        assert_eq!(told, ["0", "-0.005", "123.456", "170141183460469231731687303715884105727"]);
    }
}
