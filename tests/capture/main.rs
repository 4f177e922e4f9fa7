//! What a shop's pages tell, heard at `POST /capture` over HTTP.

#[path = "../support/mod.rs"]
mod support;

mod carts;
mod confirmation;
mod consent;
mod door;
mod lies;
mod machines;
mod page;
