//! The merchant's door, by HTTP: signing in and out, forms, roles, the first visit, and what stands on pages.

#[path = "../support/source.rs"]
mod source;
#[path = "../support/mod.rs"]
mod support;

mod carts;
mod forms;
mod letters;
mod loyalty;
mod pages;
mod sales;
mod set_up;
mod shop;
mod sign_in;
