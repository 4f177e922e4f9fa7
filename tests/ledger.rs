//! The loyalty ledger: whatever happens to it, by however many at once, every balance is the sum of its entries, none is
//! below zero, and nothing is undone twice.

mod support;

#[path = "ledger/expiry.rs"]
mod expiry;
#[path = "ledger/purchases.rs"]
mod purchases;
#[path = "ledger/random.rs"]
mod random;
#[path = "ledger/shop.rs"]
mod shop;
