//! Attribute lists: `NAME=value,NAME="quoted value"` (RFC 8216 4.2).

/// The attributes of one tag, in their order. Whatever cannot be read is named in `fault`, the rest is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    fault: Option<&'static str>,
}

impl<'a> Attributes<'a> {
    /// Reads an attribute list.
    pub(crate) fn read(mut rest: &'a str) -> Self {
        let mut list = Self::default();
        while !rest.is_empty() {
            let Some((name, value)) = rest.split_once('=') else {
                list.fault = Some("an attribute without '='");
                return list;
            };
            if !is_name(name) {
                list.fault = Some("an attribute name other than A-Z, 0-9 and '-'");
            }
            let Some((value, after)) = split_value(value) else {
                list.fault = Some("a quote that is not closed, or text after it");
                return list;
            };
            list.pairs.push((name, value));
            rest = after;
        }
        list
    }

    /// The value of an attribute, without its quotes.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// Every attribute with its value.
    pub(crate) fn pairs(&self) -> &[(&'a str, &'a str)] {
        &self.pairs
    }

    /// What breaks the syntax of the list.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        self.fault
    }
}

/// The value that a text begins with, and what follows the comma after it.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let Some(inside) = text.strip_prefix('"') else {
        return Some(text.split_once(',').unwrap_or((text, "")));
    };
    let (value, after) = inside.split_once('"')?;
    if after.is_empty() { Some((value, after)) } else { Some((value, after.strip_prefix(',')?)) }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_inside_quotes_do_not_split() {
        let list = Attributes::read("BANDWIDTH=1,CODECS=\"avc1,mp4a\",NAME=\"\"");
        assert_eq!(list.pairs(), [("BANDWIDTH", "1"), ("CODECS", "avc1,mp4a"), ("NAME", "")]);
        assert_eq!((list.fault(), list.get("CODECS")), (None, Some("avc1,mp4a")));
    }

    #[test]
    fn faults_are_named_and_the_rest_is_kept() {
        for text in ["A", "A=1,B", "A=1,B=\"x", "A=1,B=\"x\"y", "A=1,b=2", "A=1, B=2"] {
            let list = Attributes::read(text);
            assert!(list.fault().is_some(), "{text}");
            assert!(text == "A" || list.get("A") == Some("1"), "{text}");
        }
    }
}
