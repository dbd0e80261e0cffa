//! The rules, over the real tree.

use std::sync::LazyLock;

use tidy::tree::{self, TextFile};
use tidy::{compose, folders, links, names, openings, paths, settings, vendors};

static FILES: LazyLock<Vec<TextFile>> = LazyLock::new(|| tree::text_files(&tree::root()));
static ARROWS: LazyLock<Vec<folders::Arrow>> =
    LazyLock::new(|| tree::arrows(&tree::root()).expect("cargo reads the workspace"));

/// The rules name what they forbid, and try it out in their own tests.
const RULES: &str = "crates/checks/tidy/src/";

fn passes(violations: &[String]) {
    assert!(violations.is_empty(), "\n  {}\n", violations.join("\n  "));
}

fn files_but_the_rules() -> Vec<TextFile> {
    FILES.iter().filter(|file| !file.path.starts_with(RULES)).cloned().collect()
}

#[test]
fn the_tree_was_read() {
    for path in ["run.sh", ".env", ".ci/run", "Cargo.toml", "crates/checks/tidy/src/lib.rs"] {
        assert!(FILES.iter().any(|file| file.path == path), "{path} is not among the files looked at");
    }
    let expected =
        |arrow: &&folders::Arrow| arrow.from == "base/ports" && arrow.to.as_deref() == Some("base/domain");
    assert!(ARROWS.iter().any(|arrow| expected(&arrow)), "the arrow ports -> domain was not seen");
}

#[test]
fn packages_depend_on_what_their_folder_allows() {
    passes(&folders::violations(&ARROWS));
}

#[test]
fn vendors_stay_in_their_adapters() {
    passes(&vendors::wrong_dependencies(&ARROWS));
    passes(&vendors::wrong_sources(&files_but_the_rules()));
}

#[test]
fn only_the_encoder_spawns_processes() {
    passes(&vendors::wrong_spawns(&FILES));
}

#[test]
fn files_open_with_what_lives_there() {
    passes(&openings::violations(&FILES));
}

#[test]
fn files_are_short_and_called_by_their_subject() {
    passes(&names::violations(&FILES));
}

#[test]
fn nothing_names_a_place_outside_the_project() {
    passes(&paths::violations(&FILES));
}

#[test]
fn links_point_at_something() {
    passes(&links::violations(&FILES, |path| tree::root().join(path).exists()));
}

#[test]
fn the_settings_file_says_what_the_registry_says() {
    passes(&settings::violations(text_of(".env"), &registry()));
}

#[test]
fn the_fleet_takes_the_settings_of_the_registry() {
    passes(&compose::violations(text_of("docker-compose.yml"), &registry()));
}

fn text_of(path: &str) -> &'static str {
    let file = FILES.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("{path} is not in the repository")).text
}

fn registry() -> Vec<settings::Setting> {
    service_kit::settings::ALL
        .iter()
        .map(|setting| settings::Setting {
            name: setting.name.to_owned(),
            default: setting.default.to_owned(),
            meaning: setting.meaning.to_owned(),
        })
        .collect()
}
