//! Just enough of a document tree.

use super::Unusable;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// One element.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Self>,
    /// Text directly inside, entities resolved.
    pub(super) text: String,
}

impl Element {
    /// An attribute's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a whole document.
pub(super) fn read(source: &str) -> Result<Element, Unusable> {
    let mut reader = Reader::from_str(source.trim_start_matches('\u{feff}'));
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        match reader.read_event().map_err(|error| bad(&error.to_string()))? {
            Event::Start(start) => {
                if root.is_some() {
                    return Err(bad("more than one root element"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                if root.is_some() {
                    return Err(bad("more than one root element"));
                }
                close(element(&start)?, &mut open, &mut root);
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| bad("an end tag without a start"))?;
                close(done, &mut open, &mut root);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                add_text(&text, &mut open)?;
            }
            Event::CData(data) => {
                let text = data.xml10_content();
                add_text(&text, &mut open)?;
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let character = reference.resolve_char_ref().map_err(|error| bad(&error.to_string()))?;
                let text = match character {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(name)
                        .ok_or_else(|| bad(&format!("unknown entity &{name};")))?
                        .to_owned(),
                };
                add_text(&text, &mut open)?;
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err(bad("document types are not allowed")),
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(bad("an element is not closed"));
    }
    root.ok_or_else(|| bad("there is no element"))
}

fn element(start: &BytesStart<'_>) -> Result<Element, Unusable> {
    let name = start.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| bad(&error.to_string()))?;
        let raw = &attribute.value;
        if raw.contains('<') {
            return Err(bad("'<' in an attribute's value"));
        }
        let value = quick_xml::escape::unescape(raw).map_err(|error| bad(&error.to_string()))?.into_owned();
        attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn add_text(text: &str, open: &mut [Element]) -> Result<(), Unusable> {
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(bad(&format!("control character U+{:04X}", u32::from(c))));
    }
    match open.last_mut() {
        Some(parent) => parent.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(bad("text outside the root element")),
    }
    Ok(())
}

fn bad(text: &str) -> Unusable {
    Unusable { code: 12_100, text: format!("Document parse failure: {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entities_attributes_and_nesting() {
        let root =
            read("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><!-- x --><Say voice='a&amp;b'>1 &lt; 2 &#65;&quot;</Say><Pause/></Response>\n")
                .unwrap();
        assert_eq!(root.name, "Response");
        assert_eq!(root.children.len(), 2);
        assert_eq!(root.children[0].get("voice"), Some("a&b"));
        assert_eq!(root.children[0].text, "1 < 2 A\"");
    }

    #[test]
    fn refuses_what_is_not_well_formed() {
        for source in [
            "",
            "hello",
            "{\"a\":1}",
            "<Response>",
            "<Response></Say>",
            "<Response/><Response/>",
            "<Response>&nope;</Response>",
            "<Response a=1/>",
            "<Response><Say>a & b</Say></Response>",
            "<!DOCTYPE x><Response/>",
        ] {
            assert_eq!(read(source).unwrap_err().code, 12_100, "{source}");
        }
    }
}
