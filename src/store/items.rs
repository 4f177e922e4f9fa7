//! Lines of carts.

use rusqlite::{Row, named_params};

use super::cells::Cells;
use super::{ReadTx, WriteTx};
use crate::domain::Result;
use crate::domain::carts::Item;

const COLUMNS: &str = "id, product_id, variant_id, name, sku, quantity, unit_price, image_url, url, notes, metadata";

fn from_row(row: &Row) -> rusqlite::Result<Item> {
    read(&mut Cells::of(row))
}

fn read(cells: &mut Cells) -> rusqlite::Result<Item> {
    Ok(Item {
        id: cells.get("id")?,
        product_id: cells.get("product_id")?,
        variant_id: cells.get("variant_id")?,
        name: cells.get("name")?,
        sku: cells.get("sku")?,
        quantity: cells.get("quantity")?,
        unit_price: cells.get("unit_price")?,
        image_url: cells.get("image_url")?,
        url: cells.get("url")?,
        notes: cells.get("notes")?,
        metadata: cells.get("metadata")?,
    })
}

/// A cart's lines in the order in which they were added. The cart's number comes from a row of the caller's site.
pub fn of_cart(tx: &ReadTx, cart: i64) -> Result<Vec<Item>> {
    tx.all(
        sql!("select {COLUMNS} from cart_items where cart = :cart order by position"),
        named_params! { ":cart": cart },
        from_row,
    )
}

/// Replaces a cart's lines by these, in this order.
pub fn replace(tx: &WriteTx, cart: i64, items: &[Item]) -> Result<()> {
    tx.run("delete from cart_items where cart = :cart", named_params! { ":cart": cart })?;
    add(tx, cart, items)
}

/// Writes the lines of a cart that has none.
pub fn add(tx: &WriteTx, cart: i64, items: &[Item]) -> Result<()> {
    for (position, item) in (0_i64..).zip(items) {
        tx.run(
            "insert into cart_items
                 (cart, id, position, product_id, variant_id, name, sku, quantity, unit_price, image_url, url, notes, metadata)
             values
                 (:cart, :id, :position, :product_id, :variant_id, :name, :sku, :quantity, :unit_price, :image_url, :url, :notes, :metadata)",
            named_params! {
                ":cart": cart,
                ":id": item.id,
                ":position": position,
                ":product_id": item.product_id,
                ":variant_id": item.variant_id,
                ":name": item.name,
                ":sku": item.sku,
                ":quantity": item.quantity,
                ":unit_price": item.unit_price,
                ":image_url": item.image_url,
                ":url": item.url,
                ":notes": item.notes,
                ":metadata": item.metadata,
            },
        )?;
    }
    Ok(())
}
