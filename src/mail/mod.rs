//! Letters: what they say, their headers, and how they leave. It knows neither the store nor the process.

pub mod coupons;
pub mod envelope;
mod gate;
pub mod letters;
pub mod mailer;
pub mod reports;
pub mod sample;
pub mod smtp;
pub mod sns;
pub mod template;
pub mod transport;
