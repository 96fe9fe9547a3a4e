//! Queries, relations and what belongs to them.

use super::super::ast::{
    Body, GroupBy, GroupElement, JoinCondition, JoinKind, Limit, NamedQuery, Query, Relation,
    RelationKind, Select, SelectItem, SetKind, SetOperation, SortItem, With,
};
use super::super::ast::{Expr, ExprKind, Given, Ident};
use super::super::lexer::TokenKind;
use super::{JOINS, Parser, UNIONS};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Parser<'_> {
    pub(super) fn query(&mut self) -> SqlResult<Query> {
        self.deeper(Self::query_inside)
    }

    fn query_inside(&mut self) -> SqlResult<Query> {
        let at = self.here();
        let with = if self.word("WITH") { Some(self.with()?) } else { None };
        let body = self.body()?;
        let order = self.order_by()?;
        let mut offset = None;
        if self.word("OFFSET") {
            offset = Some(self.row_count()?);
            let _ = self.word("ROWS") || self.word("ROW");
        }
        let mut limit = Limit::None;
        let start = self.here();
        if self.word("LIMIT") {
            limit = Limit::Rows(if self.word("ALL") { None } else { Some(self.row_count()?) });
        } else if self.word("FETCH") {
            if !self.word("FIRST") {
                self.expect_word("NEXT")?;
            }
            let bare = self.is_word("ROW") || self.is_word("ROWS");
            let count = if bare { None } else { Some(self.row_count()?) };
            if !self.word("ROWS") {
                self.expect_word("ROW")?;
            }
            let ties = self.words(&["WITH", "TIES"]);
            if !ties {
                self.expect_word("ONLY")?;
            }
            limit = Limit::Fetch { count, ties, at: start };
        }
        Ok(Query { with, body, order, offset, limit, at })
    }

    /// A count of rows: an integer or `?`.
    fn row_count(&mut self) -> SqlResult<Expr> {
        let expr = self.primary()?;
        match expr.kind {
            ExprKind::Integer(0..) | ExprKind::Parameter => Ok(expr),
            ExprKind::Given(Given { text, .. }) => match text.trim().parse() {
                Ok(count @ 0..) => Ok(Expr { kind: ExprKind::Integer(count), at: expr.at }),
                _ => {
                    let message = format!("'{text}' is no number of rows");
                    Err(SqlError::new(Code::InvalidLimitClause, message).at(expr.at))
                }
            },
            _ => {
                self.at -= 1;
                self.expected("<integer>")
            }
        }
    }

    fn with(&mut self) -> SqlResult<With> {
        let recursive = self.word("RECURSIVE");
        let queries = self.list(|parser| {
            let name = parser.ident()?;
            let columns = if parser.is_symbol("(") { Some(parser.idents()?) } else { None };
            parser.expect_word("AS")?;
            parser.expect("(")?;
            let query = parser.query()?;
            parser.expect(")")?;
            Ok(NamedQuery { name, columns, query })
        })?;
        Ok(With { recursive, queries })
    }

    pub(super) fn order_by(&mut self) -> SqlResult<Vec<SortItem>> {
        if self.words(&["ORDER", "BY"]) { self.list(Self::sort_item) } else { Ok(Vec::new()) }
    }

    pub(super) fn sort_item(&mut self) -> SqlResult<SortItem> {
        let expr = self.expr()?;
        let descending = if self.word("DESC") {
            true
        } else {
            self.word("ASC");
            false
        };
        let nulls_first = if self.word("NULLS") {
            let first = self.word("FIRST");
            if !first {
                self.expect_word("LAST")?;
            }
            Some(first)
        } else {
            None
        };
        Ok(SortItem { expr, descending, nulls_first })
    }

    /// Set operations: INTERSECT binds closer than UNION and EXCEPT.
    fn body(&mut self) -> SqlResult<Body> {
        let (mut left, mut links) = (self.intersection()?, 0);
        loop {
            let at = self.here();
            let (kind, chain) = if self.word("UNION") {
                (SetKind::Union, UNIONS)
            } else if self.word("EXCEPT") {
                (SetKind::Except, JOINS)
            } else {
                return Ok(left);
            };
            self.link(&mut links, chain)?;
            left = self.set_operation(kind, left, at, Self::intersection)?;
        }
    }

    fn intersection(&mut self) -> SqlResult<Body> {
        let (mut left, mut links) = (self.body_term()?, 0);
        loop {
            let at = self.here();
            if !self.word("INTERSECT") {
                return Ok(left);
            }
            self.link(&mut links, JOINS)?;
            left = self.set_operation(SetKind::Intersect, left, at, Self::body_term)?;
        }
    }

    /// What follows the name of a set operation.
    fn set_operation(
        &mut self,
        kind: SetKind,
        left: Body,
        at: Position,
        right: impl FnOnce(&mut Self) -> SqlResult<Body>,
    ) -> SqlResult<Body> {
        let all = self.all_or_distinct();
        let corresponding = self.word("CORRESPONDING");
        let right = right(self)?;
        Ok(Body::SetOperation(Box::new(SetOperation { kind, all, corresponding, left, right, at })))
    }

    fn all_or_distinct(&mut self) -> bool {
        let all = self.word("ALL");
        if !all {
            self.word("DISTINCT");
        }
        all
    }

    fn body_term(&mut self) -> SqlResult<Body> {
        let at = self.here();
        if self.word("TABLE") {
            return Ok(Body::Table(self.name()?));
        }
        if self.word("VALUES") {
            return Ok(Body::Values { rows: self.list(Self::expr)?, at });
        }
        if self.symbol("(") {
            let query = self.query()?;
            self.expect(")")?;
            return Ok(Body::Query(Box::new(query)));
        }
        if !self.is_word("SELECT") {
            return self.expected("<query>");
        }
        self.deeper(Self::select).map(|select| Body::Select(Box::new(select)))
    }

    fn select(&mut self) -> SqlResult<Select> {
        let at = self.here();
        self.expect_word("SELECT")?;
        let distinct = self.word("DISTINCT");
        if !distinct {
            self.word("ALL");
        }
        let items = self.list(Self::select_item)?;
        let mut from = None;
        if self.word("FROM") {
            let (mut relation, mut links) = (self.relation()?, 0);
            while self.symbol(",") {
                self.link(&mut links, JOINS)?;
                let right = self.relation()?;
                relation = join(JoinKind::Implicit, relation, right, JoinCondition::None);
            }
            from = Some(relation);
        }
        let filter = if self.word("WHERE") { Some(self.expr()?) } else { None };
        let group = if self.words(&["GROUP", "BY"]) { Some(self.group_by()?) } else { None };
        let having = if self.word("HAVING") { Some(self.expr()?) } else { None };
        let mut windows = Vec::new();
        if self.is_word("WINDOW") && self.is_ident_at(1) && self.is_word_at(2, "AS") {
            self.skip();
            windows = self.list(|parser| {
                let name = parser.ident()?;
                parser.expect_word("AS")?;
                Ok((name, parser.window()?))
            })?;
        }
        Ok(Select { distinct, items, from, filter, group, having, windows, at })
    }

    fn select_item(&mut self) -> SqlResult<SelectItem> {
        let at = self.here();
        if self.symbol("*") {
            return Ok(SelectItem::All { of: None, aliases: Vec::new(), at });
        }
        let expr = self.expr()?;
        if self.is_symbol(".") && self.is_symbol_at(1, "*") {
            self.at += 2;
            let aliases = if self.word("AS") { self.idents()? } else { Vec::new() };
            return Ok(SelectItem::All { of: Some(expr), aliases, at });
        }
        let alias = self.alias()?;
        Ok(SelectItem::Expr { expr, alias })
    }

    fn alias(&mut self) -> SqlResult<Option<Ident>> {
        let named = self.word("AS") || (self.is_ident_at(0) && !self.begins_clause());
        if named { self.ident().map(Some) } else { Ok(None) }
    }

    /// Whether a clause begins here with a word that could be an alias, too.
    fn begins_clause(&self) -> bool {
        self.begins_limit_at(0)
            || (self.is_word("WINDOW") && self.is_ident_at(1) && self.is_word_at(2, "AS"))
            || (self.is_word("TABLESAMPLE")
                && (self.is_word_at(1, "BERNOULLI") || self.is_word_at(1, "SYSTEM")))
    }

    /// Whether OFFSET, LIMIT or FETCH begins at a place, and no alias of such a name.
    pub(super) fn begins_limit_at(&self, at: usize) -> bool {
        let counts = |ahead| {
            matches!(self.peek_at(ahead), TokenKind::Integer(_) | TokenKind::Symbol("?" | "$"))
        };
        (self.is_word_at(at, "LIMIT") && (self.is_word_at(at + 1, "ALL") || counts(at + 1)))
            || (self.is_word_at(at, "OFFSET") && counts(at + 1))
            || (self.is_word_at(at, "FETCH")
                && (self.is_word_at(at + 1, "FIRST") || self.is_word_at(at + 1, "NEXT")))
    }

    fn group_by(&mut self) -> SqlResult<GroupBy> {
        let distinct = self.word("DISTINCT");
        if !distinct {
            self.word("ALL");
        }
        let elements = self.list(Self::group_element)?;
        Ok(GroupBy { distinct, elements })
    }

    fn group_element(&mut self) -> SqlResult<GroupElement> {
        if self.word("AUTO") {
            return Ok(GroupElement::Auto);
        }
        if self.is_word("ROLLUP") && self.is_symbol_at(1, "(") {
            self.skip();
            return self.grouping_sets().map(GroupElement::Rollup);
        }
        if self.is_word("CUBE") && self.is_symbol_at(1, "(") {
            self.skip();
            return self.grouping_sets().map(GroupElement::Cube);
        }
        if self.words(&["GROUPING", "SETS"]) {
            self.expect("(")?;
            let sets = self.list(Self::group_element)?;
            self.expect(")")?;
            return Ok(GroupElement::Sets(sets));
        }
        self.grouping_set().map(GroupElement::Simple)
    }

    fn grouping_sets(&mut self) -> SqlResult<Vec<Vec<super::super::ast::Expr>>> {
        self.expect("(")?;
        if self.symbol(")") {
            return Ok(Vec::new());
        }
        let sets = self.list(Self::grouping_set)?;
        self.expect(")")?;
        Ok(sets)
    }

    /// `(a, b)`, `()` or one expression.
    fn grouping_set(&mut self) -> SqlResult<Vec<super::super::ast::Expr>> {
        if self.is_symbol("(") && self.is_symbol_at(1, ")") {
            self.at += 2;
            return Ok(Vec::new());
        }
        let expr = self.expr()?;
        // A list in parentheses was read as a row.
        match expr.kind {
            ExprKind::Row(fields) if fields.len() > 1 && fields.iter().all(|f| f.0.is_none()) => {
                Ok(fields.into_iter().map(|(_, expr)| expr).collect())
            }
            _ => Ok(vec![expr]),
        }
    }

    fn relation(&mut self) -> SqlResult<Relation> {
        self.deeper(Self::joins)
    }

    fn joins(&mut self) -> SqlResult<Relation> {
        let (mut left, mut links) = (self.sampled()?, 0);
        loop {
            if self.words(&["CROSS", "JOIN"]) {
                self.link(&mut links, JOINS)?;
                let right = self.sampled()?;
                left = join(JoinKind::Cross, left, right, JoinCondition::None);
                continue;
            }
            let natural = self.is_word("NATURAL") && self.join_kind_at(1).is_some();
            let Some((kind, words)) = self.join_kind_at(usize::from(natural)) else {
                return Ok(left);
            };
            self.link(&mut links, JOINS)?;
            self.at += words + usize::from(natural);
            if natural {
                let right = self.sampled()?;
                left = join(kind, left, right, JoinCondition::Natural);
                continue;
            }
            // A join without its condition takes the condition behind the next: a JOIN b JOIN c ON .. ON ..
            let right = self.deeper(Self::joins_before_condition)?;
            let condition = if self.word("ON") {
                JoinCondition::On(self.expr()?)
            } else if self.word("USING") {
                JoinCondition::Using(self.idents()?)
            } else {
                return self.expected(
                    "'CROSS', 'FULL', 'INNER', 'JOIN', 'LEFT', 'NATURAL', 'ON', 'RIGHT', 'USING'",
                );
            };
            left = join(kind, left, right, condition);
        }
    }

    /// The right side of a join: further joins belong to it only if a condition is left for us.
    fn joins_before_condition(&mut self) -> SqlResult<Relation> {
        let right = self.sampled()?;
        if self.is_word("ON") || self.is_word("USING") {
            return Ok(right);
        }
        let Some((kind, words)) = self.join_kind_at(0) else { return Ok(right) };
        self.at += words;
        let inner = self.deeper(Self::joins_before_condition)?;
        let condition = if self.word("ON") {
            JoinCondition::On(self.expr()?)
        } else if self.word("USING") {
            JoinCondition::Using(self.idents()?)
        } else {
            return self.expected("'ON', 'USING'");
        };
        Ok(join(kind, right, inner, condition))
    }

    /// The join that begins at a place, and how many words it takes.
    fn join_kind_at(&self, ahead: usize) -> Option<(JoinKind, usize)> {
        for (word, kind) in
            [("LEFT", JoinKind::Left), ("RIGHT", JoinKind::Right), ("FULL", JoinKind::Full)]
        {
            if self.is_word_at(ahead, word) {
                let outer = usize::from(self.is_word_at(ahead + 1, "OUTER"));
                return self.is_word_at(ahead + 1 + outer, "JOIN").then_some((kind, 2 + outer));
            }
        }
        if self.is_word_at(ahead, "INNER") && self.is_word_at(ahead + 1, "JOIN") {
            return Some((JoinKind::Inner, 2));
        }
        self.is_word_at(ahead, "JOIN").then_some((JoinKind::Inner, 1))
    }

    fn sampled(&mut self) -> SqlResult<Relation> {
        let at = self.here();
        let relation = self.aliased()?;
        if !self.word("TABLESAMPLE") {
            return Ok(relation);
        }
        if !self.word("SYSTEM") {
            self.expect_word("BERNOULLI")?;
        }
        self.expect("(")?;
        let percent = self.expr()?;
        self.expect(")")?;
        let relation = Box::new(relation);
        Ok(Relation { kind: RelationKind::Sample { relation, percent }, at })
    }

    fn aliased(&mut self) -> SqlResult<Relation> {
        let at = self.here();
        let relation = self.relation_primary()?;
        if self.is_word("MATCH_RECOGNIZE") {
            return Err(traillake_sql_types::error::SqlError::unsupported(
                "MATCH_RECOGNIZE is not supported yet; window functions answer most of its questions (docs/trino-dialect.md)",
            )
            .at(self.here()));
        }
        let Some(name) = self.alias()? else { return Ok(relation) };
        let columns = if self.is_symbol("(") { Some(self.idents()?) } else { None };
        let relation = Box::new(relation);
        Ok(Relation { kind: RelationKind::Alias { relation, name, columns }, at })
    }

    fn relation_primary(&mut self) -> SqlResult<Relation> {
        let at = self.here();
        if self.word("UNNEST") {
            self.expect("(")?;
            let arrays = self.list(Self::expr)?;
            self.expect(")")?;
            let ordinality = self.words(&["WITH", "ORDINALITY"]);
            return Ok(Relation { kind: RelationKind::Unnest { arrays, ordinality }, at });
        }
        if self.is_word("LATERAL") && self.is_symbol_at(1, "(") {
            self.skip();
            self.expect("(")?;
            let query = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(Relation { kind: RelationKind::Lateral(query), at });
        }
        if self.is_word("TABLE") && self.is_symbol_at(1, "(") {
            self.at += 2;
            let name = self.name()?;
            self.expect("(")?;
            let mut arguments = Vec::new();
            if !self.is_symbol(")") {
                arguments = self.list(|parser| {
                    let named = parser.is_ident_at(0) && parser.is_symbol_at(1, "=>");
                    let name = if named { Some(parser.ident()?) } else { None };
                    if named {
                        parser.skip();
                    }
                    Ok((name, parser.expr()?))
                })?;
            }
            self.expect(")")?;
            self.expect(")")?;
            return Ok(Relation { kind: RelationKind::Function { name, arguments }, at });
        }
        if self.is_word("JSON_TABLE") {
            return Err(traillake_sql_types::error::SqlError::unsupported(
                "JSON_TABLE is not supported yet; CROSS JOIN UNNEST(CAST(json_parse(...) AS array(...))) does most of it (docs/trino-dialect.md)",
            )
            .at(at));
        }
        if self.is_symbol("(") {
            let is_query = self.is_query_at(self.at);
            self.skip();
            if is_query {
                let query = Box::new(self.query()?);
                self.expect(")")?;
                return Ok(Relation { kind: RelationKind::Query(query), at });
            }
            let relation = self.relation()?;
            self.expect(")")?;
            return Ok(relation);
        }
        Ok(Relation { kind: RelationKind::Table(self.name()?), at })
    }
}

fn join(kind: JoinKind, left: Relation, right: Relation, condition: JoinCondition) -> Relation {
    let at = left.at;
    let (left, right) = (Box::new(left), Box::new(right));
    Relation { kind: RelationKind::Join { kind, left, right, condition }, at }
}
