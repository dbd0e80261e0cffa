//! The text files of the repository, and the packages of its workspace, as the rules look at them.

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};
use ignore::WalkBuilder;

use crate::folders::{Arrow, Kind};

/// A text file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Path from the repository's root, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl TextFile {
    /// A file made up for a test, or read elsewhere.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the file is Rust source.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether the file's name ends with a dot and the given extension.
    #[must_use]
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// The root of the repository that this crate was built in.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).expect("the crate is three folders below the root").to_path_buf()
}

/// Every file that git does not ignore and that is text, hidden ones included, sorted by path.
#[must_use]
pub fn text_files(root: &Path) -> Vec<TextFile> {
    let walk = WalkBuilder::new(root).hidden(false).require_git(false).sort_by_file_path(Ord::cmp).build();
    walk.filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
            let text = std::fs::read_to_string(entry.path()).ok()?;
            (!path.starts_with(".git/")).then_some(TextFile { path, text })
        })
        .collect()
}

/// Every dependency of every package of the workspace, ours and the world's.
///
/// # Errors
/// What cargo says when it cannot read the workspace.
pub fn arrows(root: &Path) -> Result<Vec<Arrow>, cargo_metadata::Error> {
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let base = metadata.workspace_root.as_std_path();
    let mut arrows = Vec::new();
    for package in metadata.packages {
        let folder = package.manifest_path.parent().map(|path| below_crates(path.as_std_path(), base));
        for dependency in &package.dependencies {
            arrows.push(Arrow {
                from: folder.clone().flatten().unwrap_or_else(|| package.name.to_string()),
                to: dependency.path.as_ref().and_then(|path| below_crates(path.as_std_path(), base)),
                name: dependency.name.clone(),
                kind: if dependency.kind == DependencyKind::Development { Kind::Dev } else { Kind::Ships },
            });
        }
    }
    Ok(arrows)
}

/// `base/domain` for a package's folder; none when it is not in `crates/`.
fn below_crates(folder: &Path, root: &Path) -> Option<String> {
    Some(folder.strip_prefix(root.join("crates")).ok()?.to_str()?.replace('\\', "/"))
}
