//! Documents for the carrier: whatever is said, the markup is ours.

use lucius_telephony::twiml::{Gather, Say, Twiml};
use quick_xml::{Reader, escape::unescape, events::Event};

/// What XML 1.0 can hold of a text.
fn legal(text: &str) -> String {
    let fits = |sign: &char| matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

/// Without white space: a long text is cut at some.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The text of all elements, and the values of all attributes called `name`; fails on any verb that was not written.
fn read(document: &str, name: &str) -> (String, Vec<String>) {
    let mut reader = Reader::from_str(document);
    let (mut text, mut values) = (String::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                let verb = element.name();
                let verb: &str = verb.as_ref();
                assert!(
                    ["Response", "Say", "Gather", "Message", "Redirect", "Hangup"].contains(&verb),
                    "{verb}"
                );
                for attribute in element.attributes() {
                    let attribute = attribute.unwrap();
                    let key: &str = attribute.key.as_ref();
                    if key == name {
                        values.push(unescape(&attribute.value).unwrap().into_owned());
                    }
                }
            }
            Event::Text(piece) => text.push_str(&unescape(&piece).unwrap()),
            Event::GeneralRef(reference) => {
                let named = format!("&{};", &*reference);
                text.push_str(&unescape(&named).unwrap());
            }
            Event::End(_) | Event::Decl(_) => {}
            Event::Eof => return (text, values),
            other @ (Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {
                panic!("{other:?}")
            }
        }
    }
}

/// What is said comes out as it went in, and so do attributes; nothing becomes markup.
pub(crate) fn document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let expected = legal(&text);
    let (said, _) = read(&Twiml::new().say(&*text).render(), "");
    assert_eq!(dense(&said), dense(&expected));
    let (written, _) = read(&Twiml::new().message(&text).hangup().render(), "");
    assert_eq!(dense(&written), dense(&expected));
    let gather = Gather::new(&*text).say(Say::new("x").language(&*text));
    let document = Twiml::new().gather(gather).redirect(&*text).render();
    let (led, actions) = read(&document, "action");
    assert_eq!((led, actions), (format!("x{expected}"), vec![expected.clone()]));
    let (_, languages) = read(&document, "language");
    assert_eq!(languages, [expected]);
}
