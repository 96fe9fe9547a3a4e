//! Queries with columns of wanted types.

use super::generator::{Column, Generator, Place};
use traillake::engine::types::{RowField, Type};

/// Columns that a relation gives, without a qualifier.
type Columns = Vec<(String, Type)>;

impl Generator {
    /// A query whose columns have these types; it may stand in another.
    pub(super) fn query(&mut self, kinds: &[Type]) -> String {
        let known = self.named.len();
        let with = if self.one_in(10) { self.with() } else { String::new() };
        let mut sql = format!("{with}{}", self.body(kinds));
        if self.one_in(4) {
            let keys = self.join(1, "", |g| (1 + g.below(kinds.len())).to_string());
            sql.push_str(&format!(" ORDER BY {keys}{}", self.pick(&["", " DESC", " NULLS FIRST"])));
            sql.push_str(self.pick(&[
                "",
                " FETCH FIRST 2 ROWS WITH TIES",
                " FETCH NEXT ROW WITH TIES",
            ]));
        } else if self.one_in(5) {
            sql.push_str(self.pick(&[
                " LIMIT 1",
                " LIMIT 0",
                " LIMIT ALL",
                " OFFSET 1",
                " OFFSET 1 ROW LIMIT 2",
            ]));
        }
        self.named.truncate(known);
        sql
    }

    fn with(&mut self) -> String {
        if self.one_in(3) {
            let kind = self.kind(1);
            let name = self.name("r");
            let column =
                |sql: &str, kind: &Type| Column { sql: sql.to_owned(), kind: kind.clone() };
            let start = self.within(Place::default(), |g| g.expression(&kind, 2));
            let columns = vec![column("n", &Type::Integer), column("v", &kind)];
            let step =
                self.within(Place { columns, ..Place::default() }, |g| g.expression(&kind, 2));
            let all = self.pick(&["ALL", ""]);
            let sql = format!(
                "WITH RECURSIVE {name}(n, v) AS (SELECT 1, CAST({start} AS {kind}) UNION {all} \
                 SELECT n + 1, CAST({step} AS {kind}) FROM {name} WHERE n < 4) "
            );
            let sql = if kind == Type::Unknown {
                sql.replace(" AS unknown)", " AS varchar)")
            } else {
                sql
            };
            self.named.push((name, vec![("n".to_owned(), Type::Integer), ("v".to_owned(), kind)]));
            return sql;
        }
        let kinds = self.kinds();
        let name = self.name("q");
        let query = self.within(Place::default(), |g| g.query(&kinds));
        let columns: Columns = kinds.into_iter().map(|kind| (self.name("c"), kind)).collect();
        let sql = format!("WITH {name} ({}) AS ({query}) ", names(&columns));
        self.named.push((name, columns));
        sql
    }

    fn body(&mut self, kinds: &[Type]) -> String {
        let grows = self.grow();
        match self.below(16) {
            0 | 1 if grows => {
                let set = self.pick(&[
                    "UNION",
                    "UNION ALL",
                    "INTERSECT",
                    "EXCEPT",
                    "INTERSECT ALL",
                    "EXCEPT ALL",
                ]);
                format!("({} {set} {})", self.body(kinds), self.body(kinds))
            }
            2 | 3 => {
                let rows = 1 + self.below(3);
                format!("VALUES {}", self.join(rows, ", ", |g| g.row(kinds)))
            }
            4 if grows => format!("({})", self.query(kinds)),
            _ => self.select(kinds),
        }
    }

    fn row(&mut self, kinds: &[Type]) -> String {
        let all: Vec<_> = kinds.iter().map(|kind| self.expression(kind, 1)).collect();
        match &all[..] {
            [one] => one.clone(),
            _ => format!("({})", all.join(", ")),
        }
    }

    fn select(&mut self, kinds: &[Type]) -> String {
        let outer = self.place.columns.clone();
        let (from, own) = if self.one_in(5) { (String::new(), Vec::new()) } else { self.from() };
        let columns: Vec<Column> = outer.iter().cloned().chain(own.iter().cloned()).collect();
        let rows = Place { columns: columns.clone(), ..Place::default() };
        let mut tail = String::new();
        if self.one_in(3) {
            let filter = self.within(rows.clone(), |g| g.predicate(3));
            tail.push_str(&format!(" WHERE {filter}"));
        }
        let mut place = Place { windows: true, ..rows.clone() };
        if self.one_in(3) {
            let (clause, keys) = self.within(rows, |g| g.group());
            tail.push_str(&clause);
            let columns: Vec<Column> = outer.into_iter().chain(keys).collect();
            place = Place { columns, rows: Some(own), windows: self.one_in(3), ..Place::default() };
            if self.one_in(3) {
                let having = Place { windows: false, ..place.clone() };
                let condition = self.within(having, |g| g.predicate(2));
                tail.push_str(&format!(" HAVING {condition}"));
            }
        }
        self.within(place, |g| {
            if g.one_in(8) {
                let window = Place { windows: false, ..g.place.clone() };
                let parts = g.within(window, |g| g.window_parts(1));
                tail.push_str(&format!(" WINDOW w0 AS ({parts})"));
                g.place.named_windows = 1;
            }
            let distinct = g.pick(&["", "", "", "", "DISTINCT "]);
            let items: Vec<_> = kinds.iter().map(|kind| g.expression(kind, 3)).collect();
            format!("SELECT {distinct}{}{from}{tail}", items.join(", "))
        })
    }

    /// GROUP BY, and what may be selected then.
    fn group(&mut self) -> (String, Vec<Column>) {
        let count = self.below(4);
        let mut keys = Vec::new();
        for _ in 0..count {
            let at = self.below(self.place.columns.len());
            let known = self.place.columns.get(at).cloned();
            let kind = self.kind(1);
            let drawn = |g: &mut Self| Column { sql: g.expression(&kind, 1), kind: kind.clone() };
            keys.push(match known {
                Some(known) if !self.one_in(4) => known,
                _ => drawn(self),
            });
        }
        let listed: Vec<_> = keys.iter().map(|key| &*key.sql).collect();
        let all = listed.join(", ");
        let clause = match self.below(7) {
            _ if count == 0 => self.pick(&["", " GROUP BY ()"]).to_owned(),
            0 => format!(" GROUP BY ROLLUP ({all})"),
            1 => format!(" GROUP BY CUBE ({all})"),
            2 => format!(" GROUP BY GROUPING SETS (({all}), ({}), ())", listed[0]),
            3 => format!(" GROUP BY DISTINCT {all}, ROLLUP ({all})"),
            _ => format!(" GROUP BY {all}"),
        };
        if !clause.is_empty() && count > 0 && self.one_in(3) {
            keys.push(Column { sql: format!("grouping({})", listed[0]), kind: Type::Integer });
        }
        (clause, keys)
    }

    /// FROM, and the columns it gives.
    fn from(&mut self) -> (String, Vec<Column>) {
        let (mut sql, mut columns) = self.relation();
        while self.one_in(3) && self.grow() {
            let left = self.pick(&[
                "CROSS JOIN",
                ",",
                "JOIN",
                "LEFT JOIN",
                "RIGHT JOIN",
                "FULL OUTER JOIN",
            ]);
            let mut more;
            let relation;
            match self.below(4) {
                0 => (relation, more) = self.sideways(&columns),
                1 if left.ends_with("JOIN") && !left.starts_with("CROSS") => {
                    // Both sides have a column of one name.
                    let (key, kind) = (self.name("k"), self.kind(1));
                    let (one, two) = (self.name("t"), self.name("t"));
                    let side = |g: &mut Self| {
                        g.within(Place::default(), |g| g.query(std::slice::from_ref(&kind)))
                    };
                    let joined = format!(
                        "({}) {one}({key}) {left} ({}) {two}({key})",
                        side(self),
                        side(self)
                    );
                    let by = self.pick(&["USING", "NATURAL", "USING"]);
                    relation = match by {
                        "USING" => format!("({joined} USING ({key}))"),
                        _ => format!("({})", joined.replacen(left, &format!("NATURAL {left}"), 1)),
                    };
                    more = vec![Column { sql: key, kind }];
                }
                _ => (relation, more) = self.relation(),
            }
            columns.append(&mut more);
            sql = format!("{sql} {left} {relation}");
            if left != "," && !left.starts_with("CROSS") {
                let place = Place { columns: columns.clone(), ..Place::default() };
                let condition = match self.below(3) {
                    0 => self.within(place, |g| g.predicate(2)),
                    1 => self.equality(&columns),
                    _ => "true".to_owned(),
                };
                sql.push_str(&format!(" ON {condition}"));
            }
        }
        (format!(" FROM {sql}"), columns)
    }

    /// Two columns of one type are equal, as a hash join likes it.
    fn equality(&mut self, columns: &[Column]) -> String {
        let at = self.below(columns.len());
        let Some(one) = columns.get(at) else { return "true".to_owned() };
        let alike: Vec<_> = columns.iter().filter(|other| other.kind == one.kind).collect();
        format!("{} = {}", one.sql, alike[self.below(alike.len())].sql)
    }

    fn relation(&mut self) -> (String, Vec<Column>) {
        let place = Place { columns: self.place.columns.clone(), ..Place::default() };
        let table = self.name("t");
        if !self.named.is_empty() && self.one_in(2) {
            let at = self.below(self.named.len());
            let (name, columns) = self.named[at].clone();
            return (format!("{name} AS {table}"), qualified(&table, columns));
        }
        match self.below(10) {
            0..=4 => {
                let kinds = self.kinds();
                let rows = 1 + self.below(5);
                let values = self.within(place, |g| g.join(rows, ", ", |g| g.row(&kinds)));
                let columns: Columns =
                    kinds.into_iter().map(|kind| (self.name("c"), kind)).collect();
                (
                    format!("(VALUES {values}) {table}({})", names(&columns)),
                    qualified(&table, columns),
                )
            }
            5..=6 => {
                let sample = self.pick(&["", "", "", " TABLESAMPLE BERNOULLI (50)"]);
                (format!("event_data_store {table}{sample}"), qualified(&table, event_columns()))
            }
            7 => {
                let sql = format!("TABLE(sequence({}, {}, 2))", self.below(5), self.below(9));
                let column = ("sequential_number".to_owned(), Type::Bigint);
                (format!("{sql} {table}"), qualified(&table, vec![column]))
            }
            _ => {
                let kinds = self.kinds();
                let query = self.within(place, |g| g.query(&kinds));
                let columns: Columns =
                    kinds.into_iter().map(|kind| (self.name("c"), kind)).collect();
                (format!("({query}) AS {table}({})", names(&columns)), qualified(&table, columns))
            }
        }
    }

    /// UNNEST or LATERAL, over what stands left of it.
    fn sideways(&mut self, left: &[Column]) -> (String, Vec<Column>) {
        let table = self.name("t");
        let place = Place { columns: left.to_vec(), ..Place::default() };
        let (key, value) = (self.kind(1), self.kind(1));
        let column = |g: &mut Self, kind: &Type| (g.name("c"), kind.clone());
        if self.one_in(2) {
            let query = self.within(place, |g| g.query(std::slice::from_ref(&key)));
            let columns = vec![column(self, &key)];
            return (
                format!("LATERAL ({query}) {table}({})", names(&columns)),
                qualified(&table, columns),
            );
        }
        let mut columns = vec![column(self, &key)];
        let container = match self.below(3) {
            0 => {
                columns.push(column(self, &value));
                Type::map(key, value)
            }
            1 => {
                columns.push(column(self, &value));
                Type::array(Type::row([key, value]))
            }
            _ => Type::array(key),
        };
        let sql = self.within(place, |g| g.expression(&container, 2));
        let numbered = self.one_in(3);
        if numbered {
            columns.push(column(self, &Type::Bigint));
        }
        let ordinality = if numbered { " WITH ORDINALITY" } else { "" };
        (
            format!("UNNEST({sql}){ordinality} {table}({})", names(&columns)),
            qualified(&table, columns),
        )
    }
}

fn names(columns: &Columns) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| &**name).collect();
    names.join(", ")
}

fn qualified(table: &str, columns: Columns) -> Vec<Column> {
    columns
        .into_iter()
        .map(|(name, kind)| Column { sql: format!("{table}.{name}"), kind })
        .collect()
}

/// Some columns of the table of events.
fn event_columns() -> Columns {
    let text = |name: &str| RowField::named(name, Type::VARCHAR);
    let resource = Type::Row(["accountid", "type", "arn", "arnprefix"].map(text).into());
    let tls = Type::Row(["tlsversion", "ciphersuite", "clientprovidedhostheader"].map(text).into());
    [
        ("eventTime", Type::Timestamp(3)),
        ("eventName", Type::VARCHAR),
        ("errorCode", Type::VARCHAR),
        ("eventID", Type::VARCHAR),
        ("userIdentity.type", Type::VARCHAR),
        ("readOnly", Type::Boolean),
        ("requestParameters", Type::map(Type::VARCHAR, Type::VARCHAR)),
        ("resources", Type::array(resource)),
        ("tlsDetails", tls),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into()
}
