//! The REST interface: what its transcripts cannot show, for it needs several callers, a clock, or a look at the rows.

mod carts;
mod filters;
mod idempotency;
mod lists;
mod messages;
mod reference;
#[path = "../support/mod.rs"]
mod support;
