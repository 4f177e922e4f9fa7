//! What CartStack's dialect does beyond single answers: the list of its set-up page, the platforms that tell it of carts, and
//! whom it tells.

#[path = "../support/mod.rs"]
mod support;

mod set_up_page;
mod shopify;
mod webhooks;
