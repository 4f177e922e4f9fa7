//! Letters and how they leave. This floor knows values only: what a letter says follows from what it is given, and
//! nothing here reads a store, a clock or a configuration.

pub mod letters;
