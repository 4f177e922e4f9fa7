//! Use cases: one function per thing that anybody may ask, given a transaction and whose site it is about. They
//! know neither HTTP nor files nor the process, and compose: the demo, the archive and every door use the same ones.

pub mod access;
pub mod archive;
pub mod bounces;
pub mod by_hand;
pub mod capture;
pub mod carts;
pub mod clockwork;
pub mod confirmations;
pub mod consents;
pub mod coupons;
pub mod customers;
pub mod dashboard;
pub mod engagement;
pub mod go_lives;
pub mod idempotency;
pub mod ids;
pub mod keys;
pub mod links;
pub mod listing;
pub mod loyalty;
pub mod messages;
pub mod outbox;
pub mod passes;
pub mod platforms;
pub mod purchases;
pub mod reports;
pub mod sequences;
pub mod sessions;
pub mod set_up;
pub mod sites;
pub mod stats;
pub mod subscribers;
pub mod suppressions;
pub mod users;
mod webhook_bodies;
pub mod webhooks;
