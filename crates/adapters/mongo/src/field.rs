//! Names of fields. Ordinary ones are the same in JSON and in MongoDB; those that MongoDB would refuse, or
//! take for something else, are escaped in the manner of addresses (RFC 3986, section 2.1).

use mongodb::bson::{cstr, raw::CStr};
use std::borrow::Cow;

/// The field of the document's version.
pub(crate) const REVISION: &CStr = cstr!("revision");
/// The field of the version that this one replaced.
pub(crate) const REPLACED: &CStr = cstr!("replaced_revision");

/// The fields at the top of a document that are not its body's.
const OWN: [&CStr; 3] = [cstr!("_id"), REVISION, REPLACED];

/// What stands for a name without a character.
const EMPTY: &str = "%";

/// The field at the top of a document for a name in a body.
pub(crate) fn top(name: &str) -> Cow<'_, str> {
    if !is_of_body(name) {
        let (first, rest) = name.split_at(1);
        Cow::Owned(format!("%{:02X}{rest}", first.as_bytes()[0]))
    } else {
        nested(name)
    }
}

/// The field inside a field of a document for a name in a body.
pub(crate) fn nested(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        return Cow::Borrowed(EMPTY);
    }
    // A dot would be a path, a dollar in front an operator, and a field ends with its first NUL.
    let is_special = |at: usize, char: char| matches!(char, '%' | '.' | '\0') || (at == 0 && char == '$');
    if !name.char_indices().any(|(at, char)| is_special(at, char)) {
        return Cow::Borrowed(name);
    }
    let escape = |(at, char)| {
        if is_special(at, char) { format!("%{:02X}", u32::from(char)) } else { String::from(char) }
    };
    Cow::Owned(name.char_indices().map(escape).collect())
}

/// Whether a field at the top of a document is part of its body.
pub(crate) fn is_of_body(field: &str) -> bool {
    OWN.iter().all(|own| own.as_str() != field)
}

/// The name in a body for a field.
pub(crate) fn name(field: &str) -> String {
    if field == EMPTY {
        return String::new();
    }
    let mut parts = field.split('%');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match unescaped(part) {
            Some((char, rest)) => {
                name.push(char);
                name.push_str(rest);
            }
            // Another program's: there is nothing to undo.
            None => {
                name.push('%');
                name.push_str(part);
            }
        }
    }
    name
}

fn unescaped(part: &str) -> Option<(char, &str)> {
    let (digits, rest) = part.split_at_checked(2)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|byte| is_hex && byte.is_ascii())?;
    Some((char::from(byte), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay() {
        for ordinary in ["status", "created_at", "1080p", "Grüße", "a$b", "id", "revisions"] {
            assert!(matches!(top(ordinary), Cow::Borrowed(same) if same == ordinary));
            assert_eq!(name(ordinary), ordinary);
        }
    }

    #[test]
    fn special_names_are_escaped() {
        let known = [
            ("", "%"),
            ("$ne", "%24ne"),
            ("a.b", "a%2Eb"),
            ("100%", "100%25"),
            ("a\0b", "a%00b"),
            ("%", "%25"),
        ];
        for (special, field) in known {
            assert_eq!((top(special).as_ref(), nested(special).as_ref()), (field, field));
        }
        assert_eq!((top("_id").as_ref(), nested("_id").as_ref()), ("%5Fid", "_id"));
        assert_eq!(top("revision"), "%72evision");
    }

    #[test]
    fn what_no_name_leads_to_is_read_as_it_is() {
        for foreign in ["%zz", "50% of", "%4", "%é", "%FF", "%+1"] {
            assert_eq!(name(foreign), foreign);
        }
    }

    proptest! {
        #[test]
        fn every_name_survives(text in "[a-z%.$_\0é]{0,8}|_id|revision|replaced_revision") {
            for field in [top(&text), nested(&text)] {
                prop_assert_eq!(name(&field), text.as_str());
                prop_assert!(!field.is_empty() && !field.starts_with('$') && !field.contains(['.', '\0']));
            }
            prop_assert!(is_of_body(&top(&text)));
        }
    }
}
