//! Hugging Face Spaces: the card at the head of a README, and what it says.

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::frontmatter::FrontMatter;
use crate::formats::yaml::Node;
use crate::knowledge::space_card;
use crate::repo::FileKind;

use super::{Documents, Sdk};

/// Keys that only a Space's card has. Model and data set cards share the others.
const TELLING_KEYS: &[&str] = &[
    "sdk",
    "sdk_version",
    "app_file",
    "app_port",
    "app_build_command",
    "colorFrom",
    "colorTo",
    "short_description",
    "python_version",
];

/// Folders whose READMEs are material, not deployments.
const MATERIAL: &[&str] =
    &["test", "tests", "fixtures", "testdata", "test_data", "templates", "template", "docs", "cookiecutter"];

/// The card of a Space.
#[derive(Debug, Clone, Copy)]
pub struct Card<'d> {
    readme: &'d RepoPath,
    node: &'d Node,
}

impl<'d> Card<'d> {
    /// The README that carries it.
    #[must_use]
    pub fn readme(&self) -> &'d RepoPath {
        self.readme
    }

    /// The folder that is the Space.
    #[must_use]
    pub fn root(&self) -> RepoPath {
        self.readme.parent()
    }

    /// The keys and values.
    #[must_use]
    pub fn node(&self) -> &'d Node {
        self.node
    }

    /// The text of a scalar, as written: `3.10` stays `3.10`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Spanned<String>> {
        self.node.get(key)?.spanned_text()
    }

    /// The place of a key's value.
    #[must_use]
    pub fn location(&self, key: &str) -> Option<Location> {
        Some(Location::new(self.readme, self.node.get(key)?.span))
    }

    /// What the Space is built with.
    #[must_use]
    pub fn sdk(&self) -> Sdk {
        self.text("sdk").map_or(Sdk::Unknown, |sdk| Sdk::from_card(&sdk.value))
    }

    /// The file that starts, with its place in the card where it is written there.
    #[must_use]
    pub fn app_file(&self) -> (String, Option<Location>) {
        match self.text("app_file") {
            Some(file) => (file.value, Some(Location::new(self.readme, file.span))),
            None => (space_card().defaults.app_file.clone(), None),
        }
    }
}

/// The cards of all Spaces in the repository, by their folders.
#[must_use]
pub fn cards(documents: &Documents) -> Vec<Card<'_>> {
    let readmes = documents.repository().of_kind(FileKind::Readme).map(|entry| entry.path());
    readmes.filter(|path| !is_material(path)).filter_map(|path| card(documents, path)).collect()
}

/// The card of the Space that `readme` describes, if it does.
#[must_use]
pub fn card<'d>(documents: &'d Documents, readme: &'d RepoPath) -> Option<Card<'d>> {
    let node = documents.front_matter(readme)?.mapping()?;
    let telling = TELLING_KEYS.iter().filter(|key| node.get(key).is_some()).count();
    (node.get("sdk").is_some() || telling >= 2).then_some(Card { readme, node })
}

/// Whether the head of `readme` was meant as the card of a Space and can't be read: it names the keys of one.
#[must_use]
pub fn is_broken_card(documents: &Documents, readme: &RepoPath) -> bool {
    let Some(source) = documents.repository().source(readme) else { return false };
    let head = match documents.front_matter(readme) {
        Some(FrontMatter::Unterminated { opening }) => source.text().get(opening.end..),
        Some(FrontMatter::Found { body, document: Err(_), .. }) => source.text().get(body.start..body.end),
        _ => None,
    };
    let Some(head) = head else { return false };
    let lines = head.lines().take(40);
    let keys = lines.filter_map(|line| line.split_once(':')).filter(|(key, _)| TELLING_KEYS.contains(&key.trim()));
    keys.count() >= 2 && !is_material(readme)
}

fn is_material(readme: &RepoPath) -> bool {
    readme.parent().parts().any(|part| MATERIAL.contains(&part.to_ascii_lowercase().as_str()))
}
