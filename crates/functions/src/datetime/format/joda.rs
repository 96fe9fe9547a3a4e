//! Patterns of Joda's `DateTimeFormat`: `yyyy-MM-dd'T'HH:mm:ss.SSSZZ`.

use super::fields::Field;
use super::{Element, Format, fraction, literal, number, signed};
use traillake_sql_types::error::{SqlError, SqlResult};

/// A letter that is repeated, or text.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Letters(char, usize),
    Text(String),
}

impl Token {
    /// Whether its value begins with a digit, so that a number before must end by itself.
    fn is_number(&self) -> bool {
        match self {
            Self::Letters('M', count) => *count <= 2,
            Self::Letters(letter, _) => "cCxyYdhHmsSeDFwWkK".contains(*letter),
            Self::Text(_) => false,
        }
    }
}

/// Compiles a pattern. Years of two digits are from 80 years before `this_year` to 19 after it.
pub(super) fn compile(pattern: &str, this_year: i32) -> SqlResult<Format> {
    if pattern.is_empty() {
        let text = "Invalid pattern specification: Pattern is null or empty";
        return Err(SqlError::argument(text));
    }
    let tokens = tokens(pattern);
    let mut elements = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let digits_follow = tokens.get(at + 1).is_some_and(Token::is_number);
        elements.push(match token {
            Token::Letters(letter, count) => {
                of_letters((*letter, *count), digits_follow, this_year)?
            }
            Token::Text(text) => literal(text),
        });
    }
    Format::new(elements)
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        if c.is_ascii_alphabetic() && !quoted {
            match tokens.last_mut() {
                Some(Token::Letters(letter, count)) if *letter == c => *count += 1,
                _ => tokens.push(Token::Letters(c, 1)),
            }
            continue;
        }
        let mut add = |c: Option<char>| match tokens.last_mut() {
            Some(Token::Text(text)) => text.extend(c),
            _ => tokens.push(Token::Text(c.into_iter().collect())),
        };
        match c {
            '\'' if chars.next_if_eq(&'\'').is_some() => add(Some(c)),
            '\'' => {
                quoted = !quoted;
                // Letters before and after empty quotes are two tokens.
                add(None);
            }
            _ => add(Some(c)),
        }
    }
    tokens
}

fn year(field: Field, count: usize, digits_follow: bool, this_year: i32) -> Element {
    const MAX_DIGITS: usize = 9;
    if count == 2 {
        let field = if field == Field::YearOfEra { Field::Year } else { field };
        return Element::TwoDigitYear {
            field,
            pivot: i64::from(this_year) - 30,
            lenient: !digits_follow,
        };
    }
    let most = if digits_follow { count } else { MAX_DIGITS };
    if field == Field::YearOfEra { number(field, count, most) } else { signed(field, count, most) }
}

fn of_letters(
    (letter, count): (char, usize),
    digits_follow: bool,
    this_year: i32,
) -> SqlResult<Element> {
    let year = |field| year(field, count, digits_follow, this_year);
    Ok(match letter {
        'G' => Element::Text { field: Field::Era, short: false },
        'C' => signed(Field::CenturyOfEra, count, count),
        'x' => year(Field::Weekyear),
        'y' => year(Field::Year),
        'Y' => year(Field::YearOfEra),
        'M' if count >= 3 => Element::Text { field: Field::Month, short: count == 3 },
        'M' => number(Field::Month, count, 2),
        'd' => number(Field::DayOfMonth, count, 2),
        'a' => Element::Text { field: Field::Halfday, short: false },
        'h' => number(Field::ClockhourOfHalfday, count, 2),
        'H' => number(Field::HourOfDay, count, 2),
        'k' => number(Field::ClockhourOfDay, count, 2),
        'K' => number(Field::HourOfHalfday, count, 2),
        'm' => number(Field::Minute, count, 2),
        's' => number(Field::Second, count, 2),
        'S' => fraction(count, count),
        'e' => number(Field::DayOfWeek, count, 1),
        'E' => Element::Text { field: Field::DayOfWeek, short: count < 4 },
        'D' => number(Field::DayOfYear, count, 3),
        'w' => number(Field::Week, count, 2),
        'z' => Element::ZoneName { short: count < 4 },
        'Z' => match count {
            1 => Element::Offset { colon: false },
            2 => Element::Offset { colon: true },
            _ => Element::ZoneId,
        },
        _ => {
            let token: String = std::iter::repeat_n(letter, count).collect();
            return Err(SqlError::argument(format!("Illegal pattern component: {token}")));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_cut_into_tokens() {
        let text = |text: &str| Token::Text(text.to_owned());
        assert_eq!(
            tokens("yyyy'T'HH ''x"),
            [
                Token::Letters('y', 4),
                text("T"),
                Token::Letters('H', 2),
                text(" '"),
                Token::Letters('x', 1)
            ]
        );
    }
}
