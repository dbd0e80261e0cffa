//! `docker-compose.yml` names settings of the registry only, and repeats their defaults as they are.

use crate::settings::Setting;

/// Every way in which the text of a compose file and the registry differ.
///
/// It takes a setting as `${NAME:-default}`, which also holds when the setting is empty, or hands it on as `NAME:`.
pub fn violations(compose: &str, registry: &[Setting]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in compose.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
        let flaws = references(line).map(|reference| wrong_reference(reference, registry));
        let flaws = flaws.chain([handed_on(line).and_then(|name| unknown(name, registry))]);
        found.extend(flaws.flatten().map(|flaw| format!("docker-compose.yml:{}: {flaw}", index + 1)));
    }
    found
}

/// What stands between `${` and `}`.
fn references(line: &str) -> impl Iterator<Item = &str> {
    line.split("${").skip(1).map(|rest| rest.split('}').next().unwrap_or_default())
}

/// The name in a line that is a name in capitals without a value.
fn handed_on(line: &str) -> Option<&str> {
    let name = line.trim().strip_suffix(':')?;
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

fn wrong_reference(reference: &str, registry: &[Setting]) -> Option<String> {
    let Some((name, default)) = reference.split_once(":-") else {
        return Some(format!("${{{reference}}} has no default (`:-`)"));
    };
    let Some(setting) = registry.iter().find(|setting| setting.name == name) else {
        return unknown(name, registry);
    };
    let right = &setting.default;
    (default != right).then(|| format!("the default of {name} is `{right}`, not `{default}`"))
}

fn unknown(name: &str, registry: &[Setting]) -> Option<String> {
    let known = registry.iter().any(|setting| setting.name == name);
    (!known).then(|| format!("{name} is no setting"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Vec<Setting> {
        let setting = |name: &str, default: &str| Setting {
            name: name.to_owned(),
            default: default.to_owned(),
            meaning: String::new(),
        };
        vec![setting("API_PORT", "8000"), setting("IMAGE", "kafka:4")]
    }

    const RIGHT: &str =
        "# ${ANY}\nimage: ${IMAGE:-kafka:4}\nenvironment:\n  API_PORT:\n  OF_OTHERS: \"${API_PORT:-8000}\"\n";

    #[test]
    fn known_settings_with_their_defaults_pass() {
        assert_eq!(violations(RIGHT, &registry()), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_told_with_its_line() {
        for (compose, what) in [
            (RIGHT.replace("kafka:4}", "kafka:5}"), ":2: the default of IMAGE"),
            (RIGHT.replace(":-kafka:4", ""), ":2: ${IMAGE} has no default"),
            (RIGHT.replace("${API_PORT", "${PORT"), ":5: PORT is no setting"),
            (RIGHT.replace("  API_PORT:", "  API_PORTS:"), ":4: API_PORTS is no setting"),
        ] {
            let found = violations(&compose, &registry());
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(what), "{found:?}");
        }
    }
}
