//! `random`, of doubles and integers.

use crate::registry::Registry;
use traillake_sql_types::error::SqlError;

macro_rules! integers {
    ($registry:ident, $name:ident: $($native:ty = $of_one:literal, $of_two:literal;)*) => {$(
        $registry
            .add($name, $of_one, |call| {
                call.map1(|bound: $native| {
                    if bound <= 0 {
                        return Err(SqlError::argument("bound must be positive"));
                    }
                    Ok(rand::random_range(0..bound))
                })
            })
            .volatile();
        $registry
            .add($name, $of_two, |call| {
                call.map2(|start: $native, stop: $native| {
                    if start >= stop {
                        let message = "start value must be less than stop value";
                        return Err(SqlError::argument(message));
                    }
                    Ok(rand::random_range(start..stop))
                })
            })
            .volatile();
    )*};
}

pub(super) fn register(registry: &mut Registry) {
    for name in ["rand", "random"] {
        registry
            .add(name, "() -> double", |call| call.each(|_| Ok(Some(rand::random::<f64>()))))
            .volatile();
        integers! { registry, name:
            i8 = "(tinyint) -> tinyint", "(tinyint, tinyint) -> tinyint";
            i16 = "(smallint) -> smallint", "(smallint, smallint) -> smallint";
            i32 = "(integer) -> integer", "(integer, integer) -> integer";
            i64 = "(bigint) -> bigint", "(bigint, bigint) -> bigint";
        }
    }
}
