//! Hugging Face Spaces: the card at the head of a README, and what it says.

use crate::diagnostic::{Location, RepoPath, Spanned};
use crate::formats::frontmatter::{self, FrontMatter};
use crate::formats::yaml::Node;
use crate::knowledge::space_card;
use crate::repo::FileKind;

use super::{Documents, Sdk, workflows};

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
    let cards = readmes.filter(|path| !is_material(path)).filter_map(|path| card(documents, path));
    cards.filter(|card| !is_template(card.node())).collect()
}

/// Whether a tool will fill in the card's values.
fn is_template(card: &Node) -> bool {
    let mut texts = card.entries().iter().filter_map(|(_, value)| value.scalar_text());
    texts.any(|text| ["{{", "<<", "{%", "${"].iter().any(|mark| text.contains(mark)))
}

/// Whether a live workflow names the card, which is then but a part of a tree that it puts together.
#[must_use]
pub fn is_assembled(documents: &Documents, card: &Card<'_>) -> bool {
    let readme = card.readme().as_str();
    !card.root().is_root()
        && workflows::live(documents)
            .any(|(path, _)| documents.repository().source(path).is_some_and(|source| source.text().contains(readme)))
}

/// Whether a workflow speaks of a requirements file, which it then may write or copy there.
#[must_use]
pub fn is_supplied(documents: &Documents) -> bool {
    let mut workflows = documents.repository().of_kind(FileKind::Workflow);
    workflows.any(|entry| entry.source().is_ok_and(|source| source.text().contains("requirements.txt")))
}

/// Whether a Dockerfile shows that it was made for a Space. Other hosts build the same files.
#[must_use]
pub fn is_made_for_a_space(documents: &Documents, dockerfile: &RepoPath) -> bool {
    documents.repository().source(dockerfile).is_some_and(|source| {
        let text = source.text().to_ascii_lowercase();
        ["7860", "huggingface.co", "hugging face", "hf spaces", "hf space"].iter().any(|mark| text.contains(mark))
    })
}

/// Whether a Dockerfile was made for a Space that takes no notice of it, since its card asks for another SDK.
#[must_use]
pub fn is_passed_over(documents: &Documents, dockerfile: &RepoPath) -> bool {
    let is_beside =
        |card: &Card<'_>| card.root() == dockerfile.parent() && !matches!(card.sdk(), Sdk::Docker | Sdk::Unknown);
    is_made_for_a_space(documents, dockerfile) && cards(documents).iter().any(is_beside)
}

/// The card of the Space that `readme` describes, if it does.
#[must_use]
pub fn card<'d>(documents: &'d Documents, readme: &'d RepoPath) -> Option<Card<'d>> {
    let node = documents.front_matter(readme)?.mapping()?;
    let telling = TELLING_KEYS.iter().filter(|key| node.get(key).is_some()).count();
    (node.get("sdk").is_some() || telling >= 2).then_some(Card { readme, node })
}

/// A card that can't be read as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenCard {
    /// The block is opened and never closed.
    Unterminated {
        /// The opening `---`.
        opening: Location,
        /// Where and with what text it can be closed, where its last key is plain to see.
        end: Option<(usize, String)>,
    },
    /// The block is not YAML.
    Invalid {
        /// Where that was noticed.
        at: Location,
        /// The parser's reason.
        reason: String,
    },
    /// The block does not open the file.
    Misplaced {
        /// Where it is opened.
        at: Location,
        /// Why it is not taken for one, as a clause.
        why: &'static str,
    },
}

/// The cards of the repository that were meant as such and can't be read: they name the keys of one.
#[must_use]
pub fn broken_cards(documents: &Documents) -> Vec<BrokenCard> {
    let readmes = documents.repository().of_kind(FileKind::Readme).map(|entry| entry.path());
    readmes.filter(|path| !is_material(path)).filter_map(|path| broken_card(documents, path)).collect()
}

/// What is wrong with the head of `readme`, where it was meant as a card and can't be read.
#[must_use]
pub fn broken_card(documents: &Documents, readme: &RepoPath) -> Option<BrokenCard> {
    let source = documents.repository().source(readme)?;
    let text = source.text();
    match documents.front_matter(readme)? {
        FrontMatter::Unterminated { opening } => {
            let body = text.get(opening.end..)?;
            if !names_a_card(body) {
                return None;
            }
            // The keys end at the first line that is none: blank, a heading, prose.
            let mut end = opening.end + body.find('\n')? + 1;
            for line in text.get(end..)?.split_inclusive('\n') {
                let is_key = line.split_once(':').is_some_and(|(key, _)| is_plain_key(key));
                if !is_key && !line.starts_with([' ', '-']) {
                    break;
                }
                end += line.len();
            }
            let newline = source.newline();
            let before = if text.get(..end)?.ends_with('\n') { "" } else { newline };
            let end = Some((end, format!("{before}---{newline}")));
            Some(BrokenCard::Unterminated { opening: Location::new(readme, *opening), end })
        }
        FrontMatter::Found { body, document: Err(error), .. } => names_a_card(body.of(text))
            .then(|| BrokenCard::Invalid { at: Location::new(readme, error.span), reason: error.message.clone() }),
        FrontMatter::Found { .. } => None,
        FrontMatter::Absent => {
            let late = frontmatter::late_block(text)?;
            let (at, why) = (Location::new(readme, late.opening), late.why);
            names_a_card(late.body.of(text)).then_some(BrokenCard::Misplaced { at, why })
        }
    }
}

/// Whether text has the keys of a Space's card at the start of its lines, `sdk` with one of its values among them.
fn names_a_card(text: &str) -> bool {
    let entries: Vec<_> = text.lines().take(40).filter_map(|line| line.split_once(':')).collect();
    let sdk = |(key, value): &(&str, &str)| {
        *key == "sdk" && Sdk::from_card(value.trim().trim_matches(['"', '\''])) != Sdk::Unknown
    };
    entries.iter().any(sdk) && entries.iter().filter(|(key, _)| space_card().key(key).is_some()).count() >= 2
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn is_material(readme: &RepoPath) -> bool {
    readme.parent().parts().any(|part| MATERIAL.contains(&part.to_ascii_lowercase().as_str()))
}
