//! How a line of the log is written: for people, or as an object for a collector.

use std::io::Write;

use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};

use crate::config::{Config, LogFormat};

/// Sets logging up. Tried again by a second command of one test process; the first set-up stays.
pub(super) fn begin(config: &Config) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(&config.log);
    if config.log_format == LogFormat::Json {
        builder.format(object);
    }
    drop(builder.try_init());
}

/// An object with the time, the level, who speaks, what is said, and the values that came with it.
fn object(out: &mut Formatter, record: &Record) -> std::io::Result<()> {
    let mut fields = Fields(Map::new());
    fields.0.insert("at".into(), out.timestamp_millis().to_string().into());
    fields.0.insert("level".into(), record.level().as_str().to_ascii_lowercase().into());
    fields.0.insert("target".into(), record.target().into());
    fields.0.insert("message".into(), record.args().to_string().into());
    // A value that cannot be read is left out; the message has it.
    drop(record.key_values().visit(&mut fields));
    writeln!(out, "{}", Json::Object(fields.0))
}

struct Fields(Map<String, Json>);

impl<'a> VisitSource<'a> for Fields {
    fn visit_pair(&mut self, key: Key<'a>, value: Value<'a>) -> Result<(), Error> {
        let json = match (value.to_u64(), value.to_f64()) {
            (Some(number), _) => number.into(),
            // As many digits as the time of a request is worth.
            (None, Some(number)) => ((number * 10.0).round() / 10.0).into(),
            (None, None) => value.to_string().into(),
        };
        self.0.insert(key.as_str().to_owned(), json);
        Ok(())
    }
}
