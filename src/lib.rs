//! Cartwright: one binary that wins back abandoned carts and rewards customers, on one SQLite file.
//!
//! The modules in reading order, from the inside out; `tests/layers.rs` holds the arrows:
//!
//! ```text
//! main → cli → server → { dialects, dashboard } → http → app → { store, mail, config } → domain
//!        cli, server → jobs → app
//!        { dialects, dashboard, jobs, cli } → ops → store → domain
//! ```

pub mod domain;

pub mod store;

pub mod ops;

pub mod config;

pub mod mail;

pub mod app;

pub mod http;

pub mod jobs;

pub mod dialects;

pub mod dashboard;

pub mod server;

pub mod cli;
