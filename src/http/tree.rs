//! One reply tree and its three writers: XML, JSON, JSONP. A call builds the tree once and knows of no format; the
//! tree knows of no call. Names are ours and static, so only values need care: whatever stands in them, each writer's
//! output is well-formed.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::PrettyFormatter;

/// A whole reply: how the call ended, and what it has to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// An attribute of the root in XML, the first plain key in JSON.
    pub status: &'static str,
    /// What follows, in this order.
    pub fields: Vec<Field>,
}

/// A named part of a reply or of a [`Node::Fields`].
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// There once.
    One(&'static str, Node),
    /// Any number of them, straight among other fields: siblings of one name in XML, an array under it in JSON.
    Many(&'static str, Vec<Node>),
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A scalar; a string in JSON, whatever it is.
    Text(String),
    /// Named parts.
    Fields(Vec<Field>),
    /// Entries of one kind and nothing else: in XML each under this tag, in JSON an array that does without it.
    List(&'static str, Vec<Node>),
}

/// A scalar field.
pub fn text(name: &'static str, value: impl ToString) -> Field {
    Field::One(name, Node::Text(value.to_string()))
}

/// White space in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Four spaces for each level.
    Indented,
    /// None at all.
    Condensed,
}

impl Reply {
    /// Writes `<response status="…">`, UTF-8, without a declaration and without white space between elements: a
    /// strict client that walks child nodes then meets elements only. An empty element is `<item></item>`.
    /// Characters that XML 1.0 cannot carry are left out.
    pub fn to_xml(&self) -> io::Result<String> {
        let mut out = Writer::new(Vec::new());
        let mut root = BytesStart::new("response");
        root.push_attribute(("status", self.status));
        out.write_event(Event::Start(root))?;
        write_fields(&mut out, &self.fields)?;
        out.write_event(Event::End(BytesEnd::new("response")))?;
        String::from_utf8(out.into_inner()).map_err(io::Error::other)
    }

    /// Writes `{"status":"…",…}`.
    pub fn to_json(&self, layout: Layout) -> io::Result<String> {
        let mut out = Vec::new();
        match layout {
            Layout::Condensed => self.serialize(&mut serde_json::Serializer::new(&mut out))?,
            Layout::Indented => {
                let formatter = PrettyFormatter::with_indent(b"    ");
                self.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
            }
        }
        let json = String::from_utf8(out).map_err(io::Error::other)?;
        // Legal in JSON, line ends in the JavaScript of old browsers. They stand in strings only, so that an escape
        // is the same value.
        Ok(json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
    }

    /// Writes `/**/callback({…});`. The comment keeps the callback's name off the first bytes of the answer, which a
    /// plug-in might take for a file of its own kind. The name must have been checked: see [`is_callback`].
    pub fn to_jsonp(&self, callback: &str, layout: Layout) -> io::Result<String> {
        Ok(format!("/**/{callback}({});", self.to_json(layout)?))
    }
}

/// Whether a text is a dotted JavaScript identifier of at most 128 characters, and so safe and useful as the name of
/// a function. Only ASCII letters are taken, and no word that JavaScript has for itself.
pub fn is_callback(text: &str) -> bool {
    let is_identifier = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    let first = text.split('.').next().unwrap_or_default();
    text.len() <= 128 && text.split('.').all(is_identifier) && !RESERVED.contains(&first)
}

/// What cannot be the name of a function, or the head of a dotted one; `this` can be its head but is no use.
const RESERVED: [&str; 40] = [
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "null",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

fn write_fields(out: &mut Writer<Vec<u8>>, fields: &[Field]) -> io::Result<()> {
    for field in fields {
        match field {
            Field::One(name, node) => write_element(out, name, node)?,
            Field::Many(name, nodes) => write_elements(out, name, nodes)?,
        }
    }
    Ok(())
}

fn write_elements(out: &mut Writer<Vec<u8>>, name: &str, nodes: &[Node]) -> io::Result<()> {
    nodes.iter().try_for_each(|node| write_element(out, name, node))
}

fn write_element(out: &mut Writer<Vec<u8>>, name: &str, node: &Node) -> io::Result<()> {
    out.write_event(Event::Start(BytesStart::new(name)))?;
    match node {
        Node::Text(value) => {
            let legal: String = value.chars().filter(|c| is_xml_char(*c)).collect();
            out.write_event(Event::Text(BytesText::new(&legal)))?;
        }
        Node::Fields(fields) => write_fields(out, fields)?,
        Node::List(tag, entries) => write_elements(out, tag, entries)?,
    }
    out.write_event(Event::End(BytesEnd::new(name)))
}

/// `Char` of XML 1.0; surrogates are no `char`. The writer escapes, but it lets the others through.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.fields.len()))?;
        map.serialize_entry("status", self.status)?;
        serialize_fields(&mut map, &self.fields)?;
        map.end()
    }
}

fn serialize_fields<M: SerializeMap>(map: &mut M, fields: &[Field]) -> Result<(), M::Error> {
    for field in fields {
        match field {
            Field::One(name, node) => map.serialize_entry(name, node)?,
            Field::Many(name, nodes) => map.serialize_entry(name, nodes)?,
        }
    }
    Ok(())
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Text(value) => serializer.serialize_str(value),
            Node::List(_, entries) => serializer.collect_seq(entries),
            Node::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                serialize_fields(&mut map, fields)?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::*;

    fn sample(value: &str) -> Reply {
        let day = |quantity: &str| Node::Fields(vec![text("date", "2026-03-15"), text("quantity", quantity)]);
        Reply {
            status: "success",
            fields: vec![
                Field::One("empty", Node::List("customer", Vec::new())),
                Field::One("one", Node::List("customer", vec![Node::Fields(vec![text("code", value)])])),
                Field::One(
                    "mixed",
                    Node::Fields(vec![text("count", 2), Field::Many("day", vec![day("1"), day(value)])]),
                ),
                Field::Many("none", Vec::new()),
                text("item", ""),
            ],
        }
    }

    /// The character data of an XML text, all of it together; panics when it is not well-formed.
    fn characters(xml: &str) -> String {
        let mut reader = Reader::from_str(xml);
        let mut found = String::new();
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Eof => return found,
                Event::Text(part) => found.push_str(&part),
                Event::GeneralRef(part) => match part.resolve_char_ref().expect("a character") {
                    Some(c) => found.push(c),
                    None => found.push_str(quick_xml::escape::resolve_predefined_entity(&part).expect("an entity")),
                },
                _ => {}
            }
        }
    }

    #[test]
    fn xml_names_every_entry_and_spells_empty_elements_out() {
        assert_eq!(
            sample("7").to_xml().expect("XML"),
            "<response status=\"success\"><empty></empty><one><customer><code>7</code></customer></one>\
             <mixed><count>2</count><day><date>2026-03-15</date><quantity>1</quantity></day>\
             <day><date>2026-03-15</date><quantity>7</quantity></day></mixed><item></item></response>"
        );
    }

    #[test]
    fn json_has_arrays_for_lists_and_strings_for_scalars() {
        assert_eq!(
            sample("7").to_json(Layout::Condensed).expect("JSON"),
            "{\"status\":\"success\",\"empty\":[],\"one\":[{\"code\":\"7\"}],\"mixed\":{\"count\":\"2\",\"day\":\
             [{\"date\":\"2026-03-15\",\"quantity\":\"1\"},{\"date\":\"2026-03-15\",\"quantity\":\"7\"}]},\
             \"none\":[],\"item\":\"\"}"
        );
        let reply = Reply { status: "error", fields: vec![text("error", "No")] };
        assert_eq!(
            reply.to_json(Layout::Indented).expect("JSON"),
            "{\n    \"status\": \"error\",\n    \"error\": \"No\"\n}"
        );
    }

    #[test]
    fn what_xml_cannot_carry_is_dropped_and_the_rest_escaped() {
        let reply =
            Reply { status: "success", fields: vec![text("a", "<&>\"'\r\n\t\u{1}\u{7f}\u{b}\u{fffe}\u{ffff}😀")] };
        assert_eq!(
            reply.to_xml().expect("XML"),
            "<response status=\"success\"><a>&lt;&amp;&gt;&quot;&apos;&#13;\n\t\u{7f}😀</a></response>"
        );
    }

    #[test]
    fn jsonp_is_a_call_whose_strings_end_no_line() {
        let reply = Reply { status: "success", fields: vec![text("a", "\u{2028}|\u{2029}")] };
        assert_eq!(
            reply.to_jsonp("shop.show", Layout::Condensed).expect("JSONP"),
            "/**/shop.show({\"status\":\"success\",\"a\":\"\\u2028|\\u2029\"});"
        );
    }

    #[test]
    fn callbacks_are_dotted_identifiers_and_nothing_else() {
        let longest = "c".repeat(128);
        for good in ["f", "$", "_0", "jQuery110_42", "angular.callbacks._0", "a.if", longest.as_str()] {
            assert!(is_callback(good), "{good}");
        }
        let too_long = "c".repeat(129);
        let bad = ["", ".", "a.", ".a", "a..b", "1a", "a-b", "a b", "alert(1)//", "a\n", "f;g", "é", "while", "this.f"];
        for bad in bad.into_iter().chain([too_long.as_str()]) {
            assert!(!is_callback(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_value_parses_back_from_xml_but_for_illegal_characters(value in any::<String>()) {
            let legal: String = value.chars().filter(|c| is_xml_char(*c)).collect();
            let xml = sample(&value).to_xml().expect("XML");
            prop_assert_eq!(characters(&xml), format!("{legal}22026-03-1512026-03-15{legal}"));
        }

        #[test]
        fn any_value_parses_back_from_json(value in any::<String>()) {
            for layout in [Layout::Indented, Layout::Condensed] {
                let json = sample(&value).to_json(layout).expect("JSON");
                let parsed: serde_json::Value = serde_json::from_str(&json).expect("well-formed JSON");
                prop_assert_eq!(parsed["one"][0]["code"].as_str(), Some(value.as_str()));
                let separators = ['\u{2028}', '\u{2029}'];
                prop_assert!(!json.contains(separators));
            }
        }

        #[test]
        fn a_callback_that_passes_is_ascii_without_a_way_out(text in "[ -~]{0,12}") {
            if is_callback(&text) {
                let ways_out = ['(', ')', ';', '/', '<', ' ', '\'', '"', '['];
                prop_assert!(!text.contains(ways_out));
            }
        }
    }
}
