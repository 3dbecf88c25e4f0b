//! From verbs to XML.

use std::io;

use quick_xml::{Writer, events::BytesText};

use super::{Gather, Prompt, Rejection, Verb};
use crate::text::without_illegal;

type Xml = Writer<Vec<u8>>;

/// The `Response` element, without an XML declaration.
pub(super) fn document(verbs: &[Verb]) -> String {
    let mut xml = Writer::new(Vec::new());
    let written = xml
        .create_element("Response")
        .write_inner_content(|xml| verbs.iter().try_for_each(|verb| write_verb(xml, verb)));
    match written {
        Ok(_) => String::from_utf8_lossy(&xml.into_inner()).into_owned(),
        // A vector takes every byte. Should that ever change, the caller is not left on a silent line.
        Err(_) => "<Response><Hangup/></Response>".to_owned(),
    }
}

fn write_verb(xml: &mut Xml, verb: &Verb) -> io::Result<()> {
    match verb {
        Verb::Prompt(prompt) => write_prompt(xml, prompt),
        Verb::Gather(gather) => write_gather(xml, gather),
        Verb::Redirect { url } => write_text(xml, "Redirect", [("method", "POST".to_owned())], url),
        Verb::Hangup => write_empty(xml, "Hangup", []),
        Verb::Reject(Rejection::Rejected) => write_empty(xml, "Reject", [("reason", "rejected".to_owned())]),
        Verb::Reject(Rejection::Busy) => write_empty(xml, "Reject", [("reason", "busy".to_owned())]),
        Verb::Message { body } => write_text(xml, "Message", [], body),
    }
}

fn write_prompt(xml: &mut Xml, prompt: &Prompt) -> io::Result<()> {
    match prompt {
        Prompt::Say(say) => {
            say.pieces().iter().try_for_each(|piece| write_text(xml, "Say", say.attributes(), piece))
        }
        Prompt::Play { url } => write_text(xml, "Play", [], url),
        Prompt::Pause { seconds } => write_empty(xml, "Pause", [("length", seconds.to_string())]),
    }
}

fn write_gather(xml: &mut Xml, gather: &Gather) -> io::Result<()> {
    let mut element = xml.create_element("Gather");
    for (name, value) in gather.attributes() {
        element = element.with_attribute((name, without_illegal(&value).as_str()));
    }
    element
        .write_inner_content(|xml| gather.prompts.iter().try_for_each(|prompt| write_prompt(xml, prompt)))?;
    Ok(())
}

fn write_text(
    xml: &mut Xml,
    name: &str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
    text: &str,
) -> io::Result<()> {
    let mut element = xml.create_element(name);
    for (name, value) in attributes {
        element = element.with_attribute((name, without_illegal(&value).as_str()));
    }
    element.write_text_content(BytesText::new(&without_illegal(text)))?;
    Ok(())
}

fn write_empty(
    xml: &mut Xml,
    name: &str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
) -> io::Result<()> {
    let mut element = xml.create_element(name);
    for (name, value) in attributes {
        element = element.with_attribute((name, value.as_str()));
    }
    element.write_empty()?;
    Ok(())
}
