//! `.env` and the settings registry say the same.

/// One setting of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the environment.
    pub name: String,
    /// Its default as text; empty when there is none.
    pub default: String,
    /// What it does, which is what the comment above it begins with.
    pub meaning: String,
}

/// Every way in which the text of an `.env` file and the registry differ.
///
/// Each setting stands there once, as `NAME=default`, under a comment that begins with its meaning.
#[must_use]
pub fn violations(env: &str, registry: &[Setting]) -> Vec<String> {
    let entries = entries(env);
    let mut found: Vec<String> = registry.iter().filter_map(|setting| differs(setting, &entries)).collect();
    for entry in &entries {
        if !registry.iter().any(|setting| setting.name == entry.name) {
            found.push(format!(".env: {} is no setting", entry.name));
        }
    }
    found
}

/// What is wrong with the entry of one setting.
fn differs(setting: &Setting, entries: &[Entry]) -> Option<String> {
    let Setting { name, default, meaning } = setting;
    let mut same_name = entries.iter().filter(|entry| entry.name == *name);
    let Some(entry) = same_name.next() else {
        return Some(format!(".env: {name} is missing (default `{default}`)"));
    };
    if same_name.next().is_some() {
        return Some(format!(".env: {name} stands there more than once"));
    }
    if entry.value != *default {
        return Some(format!(".env: {name} is `{}`, but its default is `{default}`", entry.value));
    }
    let begins = meaning.trim_end_matches('.');
    (!entry.comment.starts_with(begins)).then(|| format!(".env: the comment above {name} is not `{meaning}`"))
}

struct Entry {
    name: String,
    value: String,
    /// The comment lines right above it, joined by spaces.
    comment: String,
}

fn entries(env: &str) -> Vec<Entry> {
    let mut comment: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in env.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
            continue;
        }
        if let Some((name, value)) = line.split_once('=') {
            let comment = comment.join(" ");
            found.push(Entry { name: name.to_owned(), value: value.to_owned(), comment });
        }
        comment.clear();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, default: &str, meaning: &str) -> Setting {
        Setting { name: name.to_owned(), default: default.to_owned(), meaning: meaning.to_owned() }
    }

    fn registry() -> Vec<Setting> {
        vec![
            setting("API_PORT", "8000", "The port of the API."),
            setting("API_KEYS", "", "Keys; empty: anybody."),
        ]
    }

    const RIGHT: &str =
        "# The port of\n# the API (TCP).\nAPI_PORT=8000\n\n# Keys; empty: anybody.\nAPI_KEYS=\n";

    #[test]
    fn the_same_settings_pass() {
        assert_eq!(violations(RIGHT, &registry()), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_told() {
        for (env, what) in [
            (RIGHT.replace("8000", "8001"), "its default is"),
            (RIGHT.replace("API_KEYS=", ""), "API_KEYS is missing"),
            (RIGHT.replace("API_KEYS=", "# API_KEYS="), "API_KEYS is missing"),
            (format!("{RIGHT}# More.\nOTHER=1\n"), "OTHER is no setting"),
            (format!("{RIGHT}# The port of the API.\nAPI_PORT=8000\n"), "more than once"),
            (RIGHT.replace("# Keys; empty: anybody.\n", ""), "comment above API_KEYS"),
            (RIGHT.replace("# the API", "# a thing"), "comment above API_PORT"),
        ] {
            let found = violations(&env, &registry());
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(what), "{found:?}");
        }
    }
}
