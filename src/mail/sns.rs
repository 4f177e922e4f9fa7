//! Whether a message of Amazon SNS is Amazon's: the signature of its envelope, by the key of a certificate that only Amazon can
//! put at its own host. The rules are those of Amazon's page "Verifying the signatures of Amazon SNS messages".

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use url::Url;
use x509_parser::pem::parse_x509_pem;

use crate::domain::{Error, Result};

/// How long Amazon may take to hand out a certificate, and how large one is at most.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_BYTES: u64 = 20_000;

/// Certificates that are remembered. Amazon changes its own about once a year, and each of its regions has one.
const MOST_CERTIFICATES: usize = 64;

/// The certificates that messages of SNS were signed with so far, by address.
#[derive(Default)]
pub struct Sns {
    keys: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Sns {
    /// Whether Amazon signed an envelope: a JSON object with `Type`, `Signature` and what was signed. Blocks while a certificate
    /// is fetched that was not seen before. `Err`: it could not be had, and the message may be sent again.
    pub fn is_genuine(&self, envelope: &Value) -> Result<bool> {
        let text = |name: &str| envelope.get(name).and_then(Value::as_str);
        let algorithm = match text("SignatureVersion") {
            // What Amazon still signs with unless a topic asks for better.
            Some("1") => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Ok(false),
        };
        let signature = text("Signature").and_then(|signature| BASE64.decode(signature.as_bytes()).ok());
        let address = text("SigningCertURL").or(text("SigningCertUrl")).filter(|address| is_amazons(address));
        let (Some(signature), Some(address), Some(signed)) = (signature, address, signed(envelope)) else {
            return Ok(false);
        };
        let key = match self.known(address) {
            Some(key) => key,
            None => self.learn(address, &fetch(address)?)?,
        };
        Ok(UnparsedPublicKey::new(algorithm, &key).verify(signed.as_bytes(), &signature).is_ok())
    }

    /// Remembers the certificate of an address, in PEM. Returns its key.
    pub fn learn(&self, address: &str, pem: &[u8]) -> Result<Vec<u8>> {
        let unreadable = || Error::internal("the certificate of Amazon SNS could not be read");
        let (_, pem) = parse_x509_pem(pem).map_err(|_| unreadable())?;
        let certificate = pem.parse_x509().map_err(|_| unreadable())?;
        let key = certificate.public_key().subject_public_key.data.to_vec();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST_CERTIFICATES {
            keys.clear();
        }
        keys.insert(address.to_owned(), key.clone());
        Ok(key)
    }

    fn known(&self, address: &str) -> Option<Vec<u8>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }
}

/// The text that was signed: these members and their values on lines of their own, in this order, those that are absent left out.
fn signed(envelope: &Value) -> Option<String> {
    let names: &[&str] = match envelope.get("Type").and_then(Value::as_str)? {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
            &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        }
        _ => return None,
    };
    let lines = names.iter().filter_map(|name| Some(format!("{name}\n{}\n", envelope.get(*name)?.as_str()?)));
    Some(lines.collect())
}

/// Whether a certificate at an address is Amazon's: at `sns.REGION.amazonaws.com`, or its Chinese sister, by HTTPS.
fn is_amazons(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default();
    let region = host
        .strip_prefix("sns.")
        .and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    let is_region = |region: &str| {
        !region.is_empty()
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path().ends_with(".pem")
        && region.is_some_and(is_region)
}

/// Gets a certificate from Amazon. TLS says that it is Amazon who answers, so no redirect is followed.
fn fetch(address: &str) -> Result<Vec<u8>> {
    let unavailable = |e: ureq::Error| Error::internal(format!("the certificate of Amazon SNS could not be had: {e}"));
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).https_only(true).build();
    let mut answer = ureq::Agent::new_with_config(config).get(address).call().map_err(unavailable)?;
    answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec().map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_taken_from_amazon_alone() {
        for address in [
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0123.pem",
        ] {
            assert!(is_amazons(address), "{address}");
        }
        for address in [
            "http://sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
            "https://user@sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
            "https://bucket.sns.evil.amazonaws.com/a.pem",
            "https://sns.a.b.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com/a.der",
            "sns.eu-west-1.amazonaws.com/a.pem",
            "",
        ] {
            assert!(!is_amazons(address), "{address}");
        }
    }
}
