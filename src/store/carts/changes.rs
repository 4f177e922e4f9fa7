//! Writing what changed of a cart and nothing else: SQLite moves a row in every index of which a column is written, whether
//! or not its value is another, and a cart stands in a dozen.

use rusqlite::{Row, ToSql, named_params};

use super::{COLUMNS, read};
use crate::domain::carts::Cart;
use crate::domain::{Result, Timestamp};
use crate::store::cells::Cells;
use crate::store::{ReadTx, WriteTx};

/// Columns with the values that they take.
#[derive(Default)]
struct Changes<'a> {
    text: String,
    params: Vec<(&'static str, &'a dyn ToSql)>,
}

impl<'a> Changes<'a> {
    fn note(&mut self, assignment: &'static str, name: &'static str, value: &'a dyn ToSql) {
        if !self.text.is_empty() {
            self.text.push_str(", ");
        }
        self.text.push_str(assignment);
        self.params.push((name, value));
    }
}

/// Notes each column whose field is another than before.
macro_rules! note_changes {
    ($changes:ident, $now:ident, $before:ident: $($column:ident),+ $(,)?) => {$(
        if $now.$column != $before.$column {
            let column = stringify!($column);
            debug_assert!(COLUMNS.contains(column));
            $changes.note(concat!(stringify!($column), " = :", stringify!($column)), concat!(":", stringify!($column)), &$now.$column);
        }
    )+};
}

/// Writes everything of a cart that can change, where it did.
pub fn update(tx: &WriteTx, cart: &Cart, due_at: Option<Timestamp>) -> Result<()> {
    let Some((before, due_before)) = stored(tx, cart.no)? else { return Ok(()) };
    let address = cart.email.as_ref().map(|email| email.matched());
    let mut changes = Changes::default();
    note_changes!(changes, cart, before:
        email, identified, customer_id, subtotal, discount, tax, shipping, total, item_count, unique_item_count, updated_at,
        last_activity, items_changed_at, first_abandoned_at, abandoned_at, status, expires_at, restore_url, class, order_id,
        shipping_address, metadata, emailed, recovered, imported,
    );
    if cart.email != before.email {
        changes.note("address = :address", ":address", &address);
    }
    if due_at != due_before {
        changes.note("due_at = :due_at", ":due_at", &due_at);
    }
    if changes.params.is_empty() {
        return Ok(());
    }
    changes.params.push((":no", &cart.no));
    tx.run_made(&format!("update carts set {} where no = :no", changes.text), changes.params.as_slice())?;
    Ok(())
}

/// A cart as it is stored, and when it falls due.
fn stored(tx: &ReadTx, no: i64) -> Result<Option<(Cart, Option<Timestamp>)>> {
    tx.first(sql!("select {COLUMNS}, due_at from carts where no = :no"), named_params! { ":no": no }, |row: &Row| {
        let mut cells = Cells::of(row);
        Ok((read(&mut cells)?, cells.get("due_at")?))
    })
}
