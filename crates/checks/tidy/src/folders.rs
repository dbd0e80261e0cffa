//! The folder is the dependency rule: which package may depend on which of ours.

/// One dependency of one of our packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The depending package's folder below `crates/`: `services/api`.
    pub from: String,
    /// The folder of what it depends on; none for a package from a registry.
    pub to: Option<String>,
    /// The dependency's package name.
    pub name: String,
    /// Whether it ships.
    pub kind: Kind,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of what is built for users; build dependencies count too.
    Ships,
    /// Only for tests.
    Dev,
}

/// What a package may depend on, as patterns over folders below `crates/`; the first matching row decides.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base/domain", &[]),
    ("base/hls", &["base/domain"]),
    ("base/ports", &["base/domain"]),
    ("base/conformance", &["base/ports", "base/domain"]),
    ("base/service-kit", &["base/ports", "base/domain"]),
    ("adapters/", &["base/domain", "base/hls", "base/ports", "base/service-kit"]),
    ("services/", &["base/domain", "base/hls", "base/ports", "base/service-kit"]),
    ("apps/", &["base/domain", "base/hls", "base/ports", "base/service-kit", "adapters/", "services/"]),
    ("checks/", &[""]),
];

/// What tests may depend on beyond `ALLOWED`.
const ALLOWED_FOR_TESTS: &[(&str, &[&str])] = &[("adapters/", &["base/conformance"])];

/// Every arrow between our packages that its folder does not allow.
#[must_use]
pub fn violations(arrows: &[Arrow]) -> Vec<String> {
    arrows.iter().filter_map(violation).collect()
}

fn violation(arrow: &Arrow) -> Option<String> {
    let to = arrow.to.as_deref()?;
    if allows(ALLOWED, &arrow.from, to) {
        return None;
    }
    if arrow.kind == Kind::Dev && allows(ALLOWED_FOR_TESTS, &arrow.from, to) {
        return None;
    }
    let what = if arrow.kind == Kind::Dev { "tests of " } else { "" };
    Some(format!("{what}crates/{} must not depend on crates/{to} (in crates/{0}/Cargo.toml)", arrow.from))
}

fn allows(rows: &[(&str, &[&str])], from: &str, to: &str) -> bool {
    rows.iter()
        .find(|(folder, _)| covers(folder, from))
        .is_some_and(|(_, targets)| targets.iter().any(|target| covers(target, to)))
}

/// Whether a pattern means a folder: all of it, or what begins with it when it ends with `/` or is empty.
fn covers(pattern: &str, folder: &str) -> bool {
    if pattern.is_empty() || pattern.ends_with('/') { folder.starts_with(pattern) } else { pattern == folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str, kind: Kind) -> Arrow {
        Arrow { from: from.to_owned(), to: Some(to.to_owned()), name: to.to_owned(), kind }
    }

    #[test]
    fn the_allowed_arrows_pass() {
        let allowed = [
            arrow("base/ports", "base/domain", Kind::Ships),
            arrow("base/service-kit", "base/ports", Kind::Ships),
            arrow("adapters/sqlite", "base/ports", Kind::Ships),
            arrow("adapters/sqlite", "base/conformance", Kind::Dev),
            arrow("services/api", "base/hls", Kind::Ships),
            arrow("apps/standalone", "services/api", Kind::Ships),
            arrow("apps/standalone", "adapters/files", Kind::Ships),
            arrow("checks/bench", "apps/standalone", Kind::Ships),
        ];
        assert_eq!(violations(&allowed), Vec::<String>::new());
    }

    #[test]
    fn every_wrong_arrow_is_named() {
        let wrong = [
            ("base/domain", "base/ports"),
            ("base/hls", "base/ports"),
            ("base/ports", "base/service-kit"),
            ("base/service-kit", "base/hls"),
            ("adapters/sqlite", "adapters/files"),
            ("adapters/sqlite", "services/api"),
            ("adapters/sqlite", "base/conformance"),
            ("services/api", "services/vod-processor"),
            ("services/api", "adapters/sqlite"),
            ("services/api", "base/conformance"),
            ("apps/standalone", "checks/e2e"),
            ("apps/standalone", "base/conformance"),
            ("elsewhere/thing", "base/domain"),
        ];
        for (from, to) in wrong {
            let found = violations(&[arrow(from, to, Kind::Ships)]);
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert!(found[0].contains(from) && found[0].contains(to), "{}", found[0]);
        }
    }

    #[test]
    fn tests_of_a_service_may_not_reach_an_adapter() {
        assert_eq!(violations(&[arrow("services/api", "adapters/sqlite", Kind::Dev)]).len(), 1);
        assert_eq!(violations(&[arrow("services/api", "base/conformance", Kind::Dev)]).len(), 1);
    }

    #[test]
    fn packages_of_the_world_are_not_folders() {
        let arrow =
            Arrow { from: "base/domain".to_owned(), to: None, name: "serde".to_owned(), kind: Kind::Ships };
        assert_eq!(violations(&[arrow]), Vec::<String>::new());
    }
}
