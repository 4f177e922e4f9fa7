//! The mail server that letters are handed to, and how its password is kept out of sight.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::{Error, Result, words};

words! {
    /// How the connection to the mail server is protected.
    Tls, "mail.smtp.tls" {
        /// From the command of that name on, which the server must know.
        Starttls = "starttls",
        /// From the first byte.
        Tls = "tls",
        /// Not at all.
        None = "none",
    }
}

/// A text that no log and no `config show` prints.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text in.
    pub fn new(text: &str) -> Self {
        Secret(SecretString::from(text))
    }

    /// The text, for whoever it is meant for.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is any.
    pub fn shown(&self) -> String {
        if self.expose().is_empty() { String::new() } else { "(hidden)".to_owned() }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

/// The mail server of the transport `smtp`.
#[derive(Clone, Debug, PartialEq)]
pub struct Smtp {
    /// Its name; blank while that transport is not chosen.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Who signs in; blank: nobody does.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// Where that was read from.
    pub password_file: String,
    /// File with further authorities whose word on its certificate counts; blank: none.
    pub ca_file: String,
    /// What stands in it, PEM; blank where the file is not read.
    pub authorities: String,
    /// How long it may take for each answer.
    pub timeout_seconds: u32,
}

impl Smtp {
    /// Reads the keys. A password file is read later, where the transport is chosen.
    pub(super) fn read<'a>(
        text: impl Fn(&str) -> &'a str,
        number: impl Fn(&'static str) -> Result<u32>,
    ) -> Result<Self> {
        let port = u16::try_from(number("mail.smtp.port")?)
            .map_err(|_| Error::refused("mail.smtp.port", "must be at most 65535"))?;
        let mut smtp = Smtp {
            host: text("mail.smtp.host").to_owned(),
            port,
            tls: text("mail.smtp.tls").parse()?,
            user: text("mail.smtp.user").to_owned(),
            password: Secret::new(text("mail.smtp.password")),
            password_file: text("mail.smtp.password_file").to_owned(),
            ca_file: text("mail.smtp.ca_file").to_owned(),
            authorities: String::new(),
            timeout_seconds: number("mail.smtp.timeout_seconds")?.max(1),
        };
        if text("mail.transport") == "smtp" && !smtp.password_file.is_empty() {
            smtp.password = smtp.password_from_file()?;
        }
        if text("mail.transport") == "smtp" && !smtp.ca_file.is_empty() {
            smtp.authorities = smtp.read_authorities()?;
        }
        Ok(smtp)
    }

    fn read_authorities(&self) -> Result<String> {
        let pem = std::fs::read_to_string(&self.ca_file)
            .map_err(|e| Error::refused("mail.smtp.ca_file", format!("cannot read {}: {e}", self.ca_file)))?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            let reason = format!("{} holds no certificate in PEM", self.ca_file);
            return Err(Error::refused("mail.smtp.ca_file", reason));
        }
        Ok(pem)
    }

    fn password_from_file(&self) -> Result<Secret> {
        if !self.password.expose().is_empty() {
            return Err(Error::refused("mail.smtp.password_file", "goes not with mail.smtp.password: name one"));
        }
        let text = std::fs::read_to_string(&self.password_file).map_err(|e| {
            Error::refused("mail.smtp.password_file", format!("cannot read {}: {e}", self.password_file))
        })?;
        Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
    }

    /// Whether letters can be handed to it at all.
    pub(super) fn check(&self) -> Result<()> {
        if self.host.is_empty() {
            return Err(Error::missing("mail.smtp.host"));
        }
        let here = self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.tls == Tls::None && !self.user.is_empty() && !here {
            return Err(Error::refused("mail.smtp.tls", "must not be none: the password would go out in clear"));
        }
        Ok(())
    }
}
