//! What goes out, whatever stands in it: XML that an XML parser reads, JSON that a JSON parser reads, and the same values
//! in both; names of callbacks.

use cartwright::http::tree::{Field, Layout, Node, Reply, is_callback};
use proptest::prelude::*;
use proptest::sample::select;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::fuzz;
use crate::mutate::{awkward_text, mutated_text};

const NAMES: [&str; 6] = ["item", "customer", "code", "first_name", "a", "campaign"];

fn node() -> impl Strategy<Value = Node> + Clone {
    let leaf = awkward_text().prop_map(Node::Text);
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            fields(inner.clone()).prop_map(Node::Fields),
            (select(&NAMES[..]), prop::collection::vec(inner, 0..6)).prop_map(|(tag, nodes)| Node::List(tag, nodes)),
        ]
    })
}

/// Fields as calls make them: each name once.
fn fields(inner: impl Strategy<Value = Node> + Clone) -> impl Strategy<Value = Vec<Field>> {
    let one = prop_oneof![
        3 => inner.clone().prop_map(|node| vec![node]).prop_map(Ok),
        1 => prop::collection::vec(inner, 0..4).prop_map(Err),
    ];
    prop::collection::vec(one, 0..NAMES.len()).prop_map(|parts| {
        let named = NAMES.iter().zip(parts);
        named
            .map(|(name, part)| match part {
                Ok(mut node) => Field::One(name, node.remove(0)),
                Err(nodes) => Field::Many(name, nodes),
            })
            .collect()
    })
}

/// The texts of a tree, in order.
fn texts(fields: &[Field], out: &mut Vec<String>) {
    fn of(node: &Node, out: &mut Vec<String>) {
        match node {
            Node::Text(text) => out.push(text.clone()),
            Node::Fields(fields) => texts(fields, out),
            Node::List(_, nodes) => nodes.iter().for_each(|node| of(node, out)),
        }
    }
    for field in fields {
        match field {
            Field::One(_, node) => of(node, out),
            Field::Many(_, nodes) => nodes.iter().for_each(|node| of(node, out)),
        }
    }
}

/// The strings of a JSON value, in order, but for the status.
fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, out)),
        Value::Object(map) => map.values().for_each(|value| strings(value, out)),
        other => panic!("{other} is no text"),
    }
}

/// All characters of a well-formed XML document with one root.
fn characters(xml: &str) -> Result<String, TestCaseError> {
    let fault = |e: &dyn std::fmt::Display| TestCaseError::fail(format!("{e}: {xml:?}"));
    let (mut reader, mut found, mut depth, mut roots) = (Reader::from_str(xml), String::new(), 0, 0);
    loop {
        match reader.read_event().map_err(|e| fault(&e))? {
            Event::Eof => break,
            Event::Start(_) => {
                roots += i32::from(depth == 0);
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Text(part) => found.push_str(&part),
            Event::GeneralRef(part) => match part.resolve_char_ref().map_err(|e| fault(&e))? {
                Some(c) => found.push(c),
                None => {
                    found.push_str(quick_xml::escape::resolve_predefined_entity(&part).ok_or_else(|| fault(&"entity"))?)
                }
            },
            other => return Err(fault(&format!("{other:?}"))),
        }
    }
    prop_assert_eq!((depth, roots), (0, 1));
    Ok(found)
}

#[test]
fn a_tree_is_well_formed_in_every_format_and_says_the_same_in_each() {
    fuzz("tests/fuzz/seeds/trees.txt", &fields(node()), |fields| {
        let mut said = Vec::new();
        texts(&fields, &mut said);
        let reply = Reply { status: "success", fields };
        let legal = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        let xml = reply.to_xml().expect("XML");
        prop_assert_eq!(characters(&xml)?, said.concat().chars().filter(legal).collect::<String>());
        for layout in [Layout::Indented, Layout::Condensed] {
            let json = reply.to_json(layout).expect("JSON");
            let value: Value = serde_json::from_str(&json).map_err(|e| TestCaseError::fail(format!("{e}: {json}")))?;
            let mut found = Vec::new();
            strings(&value, &mut found);
            prop_assert_eq!(&found[1..], &said[..]);
            prop_assert_eq!(reply.to_jsonp("f", layout).expect("JSONP"), format!("/**/f({json});"));
            let ends_a_line = ['\u{2028}', '\u{2029}'];
            prop_assert!(!json.contains(ends_a_line));
        }
        Ok(())
    });
}

#[test]
fn a_callback_is_a_dotted_name() {
    let names = prop_oneof![
        mutated_text(&["jQuery110_42", "angular.callbacks._0", "$", "a.b.c", "while", "f(1)", "this.x", "alert(1)//"]),
        awkward_text(),
    ];
    fuzz("tests/fuzz/seeds/callbacks.txt", &names, |name| {
        if is_callback(&name) {
            prop_assert!(name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_$.".contains(&b)));
            let sound = name.split('.').all(|part| part.starts_with(|c: char| !c.is_ascii_digit()));
            prop_assert!(sound, "{name:?}");
        }
        Ok(())
    });
}
