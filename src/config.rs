//! The configuration of the process: flags over `CARTWRIGHT_*` environment over a TOML file over defaults. What
//! belongs to one shop is a setting of that shop, not here.

mod file;
mod proxies;
mod smtp;
mod tls;
mod upkeep;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::domain::{Error, Result};

pub use proxies::Proxies;
pub use smtp::{Secret, Smtp, Tls};
pub use tls::Certificate;
pub use upkeep::{Backup, LogFormat};

/// A file of this name in the working folder is read when no other is named.
pub const DEFAULT_FILE: &str = "cartwright.toml";

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Dotted, as in TOML.
    pub name: &'static str,
    /// In force until something else is said.
    pub default: &'static str,
    /// Whether TOML writes it as a number.
    pub number: bool,
    /// One sentence for the operator.
    pub meaning: &'static str,
}

/// Every key, in the order of the example file.
pub const KEYS: &[Key] = &[
    Key {
        name: "listen",
        default: "127.0.0.1:8080",
        number: false,
        meaning: "Address and port to listen on. Put a TLS proxy in front, or set [tls], before it is anything but loopback.",
    },
    Key {
        name: "data",
        default: "./data",
        number: false,
        meaning: "Folder of the database; made when it is not there.",
    },
    Key {
        name: "log",
        default: "info",
        number: false,
        meaning: "What is logged: error, warn, info, debug, trace, or filters such as cartwright=debug.",
    },
    Key {
        name: "log_format",
        default: "text",
        number: false,
        meaning: "How a line of the log looks: text, or json (an object a line, for a collector).",
    },
    Key {
        name: "slow_write_ms",
        default: "250",
        number: true,
        meaning: "A write that takes longer than this many milliseconds is told to the log; 0 is off.",
    },
    Key {
        name: "public_url",
        default: "",
        number: false,
        meaning: "Where the world reaches this process, such as https://carts.my-shop.example. Links in letters begin with it.",
    },
    Key {
        name: "proxies",
        default: "127.0.0.1, ::1",
        number: false,
        meaning: "Addresses or networks of proxies in front, between commas; from there alone X-Forwarded-For is believed.",
    },
    Key {
        name: "tls.certificate",
        default: "",
        number: false,
        meaning: "File (PEM) of a certificate and those in between: with it `listen` speaks TLS. SIGHUP reads it anew. Blank: a proxy does.",
    },
    Key {
        name: "tls.key",
        default: "",
        number: false,
        meaning: "File (PEM) of its private key, for nobody else to read.",
    },
    Key {
        name: "backup.every",
        default: "1d",
        number: false,
        meaning: "How often `serve` copies the database and checks the copy, such as 6h; off is never.",
    },
    Key {
        name: "backup.keep",
        default: "7",
        number: true,
        meaning: "How many of these copies are kept; the oldest go first.",
    },
    Key {
        name: "backup.folder",
        default: "",
        number: false,
        meaning: "Where they are; blank: backups in the data folder. Another disk is better.",
    },
    Key {
        name: "metrics.listen",
        default: "",
        number: false,
        meaning: "Address and port that answer /metrics for Prometheus, such as 127.0.0.1:9464; blank is off. Keep it from strangers.",
    },
    Key {
        name: "mail.transport",
        default: "captured",
        number: false,
        meaning: "How letters leave: captured (kept here, nobody gets them), smtp, folder (a .eml file each), or stdout.",
    },
    Key {
        name: "mail.folder",
        default: "./outgoing",
        number: false,
        meaning: "Folder of the transport `folder`, such as a mail server's pick-up directory.",
    },
    Key {
        name: "mail.per_minute",
        default: "0",
        number: true,
        meaning: "Letters that leave in a minute at most; 0 is off.",
    },
    Key {
        name: "mail.smtp.host",
        default: "",
        number: false,
        meaning: "Mail server of the transport `smtp`, such as smtp.my-provider.example.",
    },
    Key {
        name: "mail.smtp.port",
        default: "587",
        number: true,
        meaning: "Its port: 587, 465 with tls, 25 on your own machine.",
    },
    Key {
        name: "mail.smtp.tls",
        default: "starttls",
        number: false,
        meaning: "starttls (required, not only tried), tls (from the first byte), or none (a relay on this machine).",
    },
    Key { name: "mail.smtp.user", default: "", number: false, meaning: "Who signs in; blank: nobody does." },
    Key {
        name: "mail.smtp.password",
        default: "",
        number: false,
        meaning: "With what. Better in the environment as CARTWRIGHT_MAIL_SMTP_PASSWORD, or in a file.",
    },
    Key { name: "mail.smtp.password_file", default: "", number: false, meaning: "File that holds it, instead." },
    Key {
        name: "mail.smtp.ca_file",
        default: "",
        number: false,
        meaning: "File (PEM) of authorities that may vouch for the mail server besides the known ones, such as your own.",
    },
    Key {
        name: "mail.smtp.timeout_seconds",
        default: "30",
        number: true,
        meaning: "How long the mail server may take for each answer.",
    },
    Key {
        name: "webhooks.allow_private",
        default: "off",
        number: false,
        meaning: "Whether webhooks may call this machine and private networks: on or off.",
    },
    Key {
        name: "limits.per_key_per_minute",
        default: "6000",
        number: true,
        meaning: "Calls of the REST interface that one key may make in a minute; 0 is off. A shop may have its own (`site set`).",
    },
    Key {
        name: "limits.per_address_per_minute",
        default: "0",
        number: true,
        meaning: "The same for one network address; 0 is off. A shop may have its own.",
    },
    Key {
        name: "limits.connections",
        default: "10000",
        number: true,
        meaning: "Connections that are open at once; further ones wait.",
    },
    Key {
        name: "limits.body_bytes",
        default: "1048576",
        number: true,
        meaning: "Largest request body that is read; a larger one is refused.",
    },
    Key {
        name: "limits.body_seconds",
        default: "10",
        number: true,
        meaning: "How long a client may take to send a request body.",
    },
    Key {
        name: "limits.shutdown_seconds",
        default: "10",
        number: true,
        meaning: "How long the process may take to end when it is told to stop; requests and letters in flight finish in it.",
    },
];

/// Limits that protect the process.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// 0 is off.
    pub per_key_per_minute: u32,
    /// 0 is off.
    pub per_address_per_minute: u32,
    /// At once.
    pub connections: usize,
    /// Bytes.
    pub body_bytes: usize,
    /// Seconds.
    pub body_seconds: u64,
    /// Seconds.
    pub shutdown_seconds: u64,
}

/// The configuration in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the database.
    pub data: PathBuf,
    /// Filters of the log.
    pub log: String,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// Milliseconds from which on a write is slow; 0 is off.
    pub slow_write_ms: u64,
    /// Copies of the database.
    pub backup: Backup,
    /// Where Prometheus asks, if it may.
    pub metrics: Option<SocketAddr>,
    /// Where the world reaches this process, without a slash at its end.
    pub public_url: Option<String>,
    /// Proxies whose word on whom they speak for is taken.
    pub proxies: Proxies,
    /// The certificate, where this process speaks TLS by itself.
    pub tls: Option<Certificate>,
    /// How letters leave.
    pub mail: Mail,
    /// The folder of the transport `folder`, whichever is in force: it may have been another one before.
    pub mail_folder: PathBuf,
    /// Letters a minute; 0 is off.
    pub mail_per_minute: u32,
    /// The mail server of the transport `smtp`.
    pub smtp: Smtp,
    /// Whether webhooks may call this machine and private networks.
    pub webhooks_allow_private: bool,
    /// Limits that protect the process.
    pub limits: Limits,
    /// Where each value came from, by name of its key.
    pub sources: BTreeMap<&'static str, Source>,
}

/// How letters leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Kept in the store, and nobody gets them.
    Captured,
    /// Handed to the configured mail server.
    Smtp,
    /// A file each in this folder.
    Folder(PathBuf),
    /// Printed.
    Stdout,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Nobody said otherwise.
    Default,
    /// A line of this file.
    File(PathBuf),
    /// This variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl Config {
    /// Puts the layers together. `file` is one that was asked for and must be there; without it the default file is
    /// read where there is one.
    pub fn load(
        flags: &[(&'static str, String)],
        environment: impl Fn(&str) -> Option<String>,
        file: Option<&Path>,
    ) -> Result<Self> {
        let mut values: BTreeMap<&'static str, (String, Source)> =
            KEYS.iter().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect();
        let path = match file {
            Some(path) => Some(path.to_owned()),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
        };
        if let Some(path) = path {
            for (name, value) in file::read(&path)? {
                values.insert(name, (value, Source::File(path.clone())));
            }
        }
        for key in KEYS {
            let variable = variable(key.name);
            if let Some(value) = environment(&variable) {
                values.insert(key.name, (value, Source::Environment(variable)));
            }
        }
        for (name, value) in flags {
            values.insert(name, (value.clone(), Source::Flag));
        }
        let number = |name: &'static str| -> Result<u32> {
            let text = values[name].0.trim();
            text.parse().map_err(|_| Error::malformed(name, format!("must be a whole number, not `{text}`")))
        };
        let smtp = Smtp::read(|name| values[name].0.trim(), number)?;
        Ok(Config {
            listen: values["listen"].0.trim().parse().map_err(|_| {
                Error::malformed(
                    "listen",
                    format!("must be address:port such as 127.0.0.1:8080, not `{}`", values["listen"].0),
                )
            })?,
            data: match values["data"].0.trim() {
                "" => return Err(Error::missing("data")),
                folder => PathBuf::from(folder),
            },
            log: values["log"].0.clone(),
            log_format: values["log_format"].0.trim().parse()?,
            slow_write_ms: number("slow_write_ms")?.into(),
            backup: Backup::read(|name| values[name].0.trim(), number)?,
            metrics: upkeep::metrics_address(&values["metrics.listen"].0)?,
            public_url: public_url(&values["public_url"].0)?,
            proxies: Proxies::read(&values["proxies"].0)?,
            tls: Certificate::read(|name| values[name].0.trim())?,
            mail: match values["mail.transport"].0.trim() {
                "captured" => Mail::Captured,
                "smtp" => {
                    smtp.check()?;
                    Mail::Smtp
                }
                "folder" => Mail::Folder(PathBuf::from(&values["mail.folder"].0)),
                "stdout" => Mail::Stdout,
                _ => return Err(Error::refused("mail.transport", "must be one of captured, smtp, folder, stdout")),
            },
            mail_folder: PathBuf::from(&values["mail.folder"].0),
            mail_per_minute: number("mail.per_minute")?,
            smtp,
            webhooks_allow_private: match values["webhooks.allow_private"].0.trim() {
                "on" => true,
                "off" | "" => false,
                _ => return Err(Error::refused("webhooks.allow_private", "must be on or off")),
            },
            limits: Limits {
                per_key_per_minute: number("limits.per_key_per_minute")?,
                per_address_per_minute: number("limits.per_address_per_minute")?,
                connections: number("limits.connections")?.max(1) as usize,
                body_bytes: number("limits.body_bytes")? as usize,
                body_seconds: number("limits.body_seconds")?.into(),
                shutdown_seconds: number("limits.shutdown_seconds")?.into(),
            },
            sources: values.into_iter().map(|(name, (_, source))| (name, source)).collect(),
        })
    }

    /// Where copies of the database are kept.
    pub fn backup_folder(&self) -> PathBuf {
        self.backup.folder.clone().unwrap_or_else(|| self.data.join("backups"))
    }

    /// `http` or `https`, as this process speaks it.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Whether browsers reach this process by TLS, of its own or of a proxy.
    pub fn is_secure(&self) -> bool {
        self.tls.is_some() || self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// What links begin with: the public address, else where this process listens.
    pub fn base(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("{}://{}", self.scheme(), self.listen))
    }

    /// Every key with its value in force, in the order of the example file.
    pub fn values(&self) -> Vec<(&'static Key, String)> {
        let limits = &self.limits;
        let text = [
            self.listen.to_string(),
            self.data.display().to_string(),
            self.log.clone(),
            self.log_format.as_str().to_owned(),
            self.slow_write_ms.to_string(),
            self.public_url.clone().unwrap_or_default(),
            self.proxies.text(),
            self.tls.as_ref().map_or(String::new(), |tls| tls.certificate.display().to_string()),
            self.tls.as_ref().map_or(String::new(), |tls| tls.key.display().to_string()),
            self.backup.every_text(),
            self.backup.keep.to_string(),
            self.backup.folder.as_ref().map_or(String::new(), |folder| folder.display().to_string()),
            self.metrics.map_or(String::new(), |address| address.to_string()),
            match &self.mail {
                Mail::Captured => "captured".to_owned(),
                Mail::Smtp => "smtp".to_owned(),
                Mail::Folder(_) => "folder".to_owned(),
                Mail::Stdout => "stdout".to_owned(),
            },
            self.mail_folder.display().to_string(),
            self.mail_per_minute.to_string(),
            self.smtp.host.clone(),
            self.smtp.port.to_string(),
            self.smtp.tls.as_str().to_owned(),
            self.smtp.user.clone(),
            self.smtp.password.shown(),
            self.smtp.password_file.clone(),
            self.smtp.ca_file.clone(),
            self.smtp.timeout_seconds.to_string(),
            if self.webhooks_allow_private { "on" } else { "off" }.to_owned(),
            limits.per_key_per_minute.to_string(),
            limits.per_address_per_minute.to_string(),
            limits.connections.to_string(),
            limits.body_bytes.to_string(),
            limits.body_seconds.to_string(),
            limits.shutdown_seconds.to_string(),
        ];
        KEYS.iter().zip(text).collect()
    }

    /// The example file: every key with its default and one sentence.
    pub fn example() -> String {
        let mut text = String::from(
            "# Cartwright's configuration. Every key is here with its default; what is left out has it.\n\
             # CARTWRIGHT_LISTEN, CARTWRIGHT_LIMITS_BODY_BYTES and so on in the environment go before this file,\n\
             # and flags go before both.\n",
        );
        let mut table = "";
        for key in KEYS {
            let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
            if section != table {
                text.push_str(&format!("\n[{section}]"));
                table = section;
            }
            let value = if key.number { key.default.to_owned() } else { format!("{:?}", key.default) };
            text.push_str(&format!("\n# {}\n{name} = {value}\n", key.meaning));
        }
        text
    }
}

/// An address of the web without a path's slash at its end; blank is none.
fn public_url(text: &str) -> Result<Option<String>> {
    let text = text.trim().trim_end_matches('/');
    let known = text.starts_with("https://") || text.starts_with("http://");
    match text {
        "" => Ok(None),
        text if known && !text.contains(char::is_whitespace) => Ok(Some(text.to_owned())),
        _ => Err(Error::malformed("public_url", "must be an address such as https://carts.my-shop.example")),
    }
}

/// The environment variable of a key.
pub fn variable(name: &str) -> String {
    format!("CARTWRIGHT_{}", name.replace('.', "_").to_ascii_uppercase())
}
