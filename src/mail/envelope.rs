//! A letter with its headers, as RFC 5322 has it. Whatever stands in a header is one line of what a header may hold:
//! no name, subject or variable can begin another header.

use data_encoding::BASE64;

use crate::domain::Timestamp;

use super::letters::Composed;

/// Everything that a letter's headers say.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The letter's public id, which also names it in `Message-ID`.
    pub id: String,
    /// Who writes, for people.
    pub from_name: String,
    /// Who writes.
    pub from: String,
    /// To whom.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// The shop's public name, for `List-Id`.
    pub list: String,
    /// Where one click ends these letters (RFC 8058); an HTTPS address of ours.
    pub unsubscribe_url: String,
    /// What it says.
    pub letter: Composed,
}

impl Envelope {
    /// The header lines, one a line, without the body's own.
    pub fn headers(&self) -> String {
        let domain = self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let lines = [
            ("From", format!("{} <{}>", word(&self.from_name), one_line(&self.from))),
            ("To", one_line(&self.to)),
            ("Subject", word(&self.letter.subject)),
            ("Date", self.at.rfc2822()),
            ("Message-ID", format!("<{}@{}>", one_line(&self.id), one_line(domain))),
            ("List-Id", format!("<{}.{}>", label(&self.list), one_line(domain))),
            ("List-Unsubscribe", format!("<{}>", one_line(&self.unsubscribe_url))),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ("MIME-Version", "1.0".to_owned()),
        ];
        lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }

    /// The whole letter with both bodies, lines ended by CR LF.
    pub fn eml(&self) -> String {
        let boundary = format!("=_{}", self.id);
        let part = |kind: &str, body: &str| {
            format!(
                "--{boundary}\nContent-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}\n",
                wrapped(body)
            )
        };
        let text = format!(
            "{}Content-Type: multipart/alternative; boundary=\"{boundary}\"\n\n{}{}--{boundary}--\n",
            self.headers(),
            part("text/plain", &self.letter.text),
            part("text/html", &self.letter.html)
        );
        text.replace('\n', "\r\n")
    }
}

/// One line: control characters, line ends among them, become blanks.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// A text in a header: plain where it is, else an encoded word (RFC 2047), in pieces of 45 bytes so that no word is
/// longer than 75 characters.
fn word(text: &str) -> String {
    let line = one_line(text);
    let plain = line.chars().all(|c| c.is_ascii_alphanumeric() || " .'!-".contains(c));
    if plain && line.len() <= 60 {
        return line;
    }
    let mut pieces: Vec<String> = vec![String::new()];
    for c in line.chars() {
        if pieces.last().is_some_and(|piece| piece.len() + c.len_utf8() > 45) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let words: Vec<String> =
        pieces.iter().map(|piece| format!("=?utf-8?B?{}?=", BASE64.encode(piece.as_bytes()))).collect();
    words.join("\n ")
}

/// A name of letters, digits and dashes.
fn label(text: &str) -> String {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    name.trim_matches('-').to_ascii_lowercase()
}

/// Base64 in lines of 76 characters (RFC 2045, section 6.8).
fn wrapped(body: &str) -> String {
    let encoded = BASE64.encode(body.as_bytes());
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(name: &str, subject: &str) -> Envelope {
        Envelope {
            id: "msg_1".into(),
            from_name: name.into(),
            from: "shop@example.com".into(),
            to: "ann@example.com".into(),
            at: Timestamp::from_secs(1_773_576_000),
            list: "Shop=".into(),
            unsubscribe_url: "https://mail.example/u/abc".into(),
            letter: Composed { subject: subject.into(), html: "<p>Hello</p>".into(), text: "Hello".into() },
        }
    }

    #[test]
    fn no_name_and_no_subject_begins_another_header() {
        let text = envelope("Shop\r\nBcc: all@example.com", "Hi\nX-Evil: 1").headers();
        assert!(!text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("X-Evil")), "{text}");
    }

    #[test]
    fn texts_beyond_ascii_are_encoded_in_short_words() {
        let text = envelope("Käse & Brot", &"ä".repeat(100)).headers();
        assert!(text.contains("From: =?utf-8?B?S8Okc2UgJiBCcm90?= <shop@example.com>"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 90), "{text}");
    }

    #[test]
    fn one_click_headers_are_there() {
        let text = envelope("Shop", "Hi").headers();
        assert!(text.contains("List-Unsubscribe: <https://mail.example/u/abc>\n"));
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"));
        assert!(text.contains("Date: Sun, 15 Mar 2026 12:00:00 +0000\n"), "{text}");
    }
}
