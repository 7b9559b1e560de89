//! One requirement: which package, which versions of it, from where, and when.

use pep440_rs::{Operator, VersionSpecifiers};

use super::{Marker, PackageName, Target};
use crate::diagnostic::{Span, Spanned};
use crate::knowledge::version_set::VersionSet;

/// In whose words a requirement states its versions: what a fix has to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConstraintSyntax {
    /// PEP 440 after the name: `flask>=2,<3`.
    Pep508,
    /// The value of a key in a Poetry table: `flask = "^2.0"`.
    Poetry,
    /// The value of a key in a Pipfile: `flask = "==2.0"`.
    Pipfile,
    /// A conda match specification: `flask=2.0`.
    Conda,
}

/// Where a package comes from, other than an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementSource {
    /// An archive or wheel at a URL.
    Url(String),
    /// A repository under version control.
    Vcs {
        /// The URL, with the kind of version control before its `+`: `git+https://…`.
        url: String,
        /// The branch, tag or commit after `@`.
        revision: Option<String>,
    },
    /// A file or folder.
    Path(String),
}

impl RequirementSource {
    /// Whether it is a repository or a URL, so that what the package needs is not known.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Path(_))
    }

    /// Whether a later build gets the same code: a commit, a tag that names a version, a hash, one wheel or a local path.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        match self {
            Self::Path(_) => true,
            Self::Url(url) => {
                let file = url.split(['#', '?']).next().unwrap_or_default();
                file.ends_with(".whl") || url.contains("#sha256=") || url.contains("&sha256=")
            }
            Self::Vcs { revision, .. } => revision.as_deref().is_some_and(|revision| {
                let commit = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
                let release = revision.contains('.') && revision.ends_with(|c: char| c.is_ascii_digit());
                commit || release
            }),
        }
    }
}

/// A requirement of a package by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The package.
    pub name: Spanned<PackageName>,
    /// The extras in brackets, normalised as package names are.
    pub extras: Vec<Spanned<String>>,
    /// The versions, as a list of specifiers that must all hold. Constraints in other words are translated; see
    /// [`Self::alternatives`] for those that no list can express.
    pub specifiers: VersionSpecifiers,
    /// Exactly the version part: `>=4.0,<5`. Without its parentheses or quotes.
    pub specifier_span: Option<Span>,
    /// Where a specifier would be inserted: after the name and the extras.
    pub insert_at: usize,
    /// The versions, where a list of specifiers can't express them: Poetry's `||`.
    pub alternatives: Option<VersionSet>,
    /// The operand of a `===` that is no PEP 440 version.
    pub verbatim_version: Option<String>,
    /// Whether the version holds a variable, `${VERSION}`, whose value only the build knows.
    pub has_variable: bool,
    /// The condition after `;`.
    pub marker: Option<Spanned<Marker>>,
    /// Where it comes from, other than an index.
    pub source: Option<Spanned<RequirementSource>>,
    /// How many `--hash` options it carries.
    pub hashes: usize,
    /// Options on its line that pip reads and ignores there, such as `--index-url URL`.
    pub misplaced_options: Vec<Spanned<String>>,
    /// The whole requirement: options included, comment not.
    pub span: Span,
    /// Whether it is installed in place with `-e`.
    pub editable: bool,
    /// In whose words the versions are stated.
    pub syntax: ConstraintSyntax,
}

/// A requirement that names no package: a path or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedRequirement {
    /// Where it comes from.
    pub source: Spanned<RequirementSource>,
    /// The name that its URL suggests: the repository's own.
    pub suggested_name: Option<PackageName>,
    /// The extras in brackets, normalised as package names are.
    pub extras: Vec<Spanned<String>>,
    /// The condition after `;`.
    pub marker: Option<Spanned<Marker>>,
    /// How many `--hash` options it carries.
    pub hashes: usize,
    /// The whole requirement: options included, comment not.
    pub span: Span,
    /// Whether it is installed in place with `-e`.
    pub editable: bool,
}

/// A requirement as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParsedRequirement {
    /// Of a package by name.
    Named(Requirement),
    /// Of whatever is at a path or URL.
    Unnamed(UnnamedRequirement),
}

impl Requirement {
    /// The requirement of any version of `name`, with nothing said beside.
    pub(crate) fn bare(name: Spanned<PackageName>, span: Span, syntax: ConstraintSyntax) -> Self {
        Self {
            insert_at: name.span.end,
            name,
            extras: Vec::new(),
            specifiers: VersionSpecifiers::empty(),
            specifier_span: None,
            alternatives: None,
            verbatim_version: None,
            has_variable: false,
            marker: None,
            source: None,
            hashes: 0,
            misplaced_options: Vec::new(),
            span,
            editable: false,
            syntax,
        }
    }

    /// The requirement of exactly `version` of `name`, as `span` says in other words: a card's `sdk_version`. `None` where
    /// one of them is malformed.
    #[must_use]
    pub fn exact(name: &str, version: &str, span: Span) -> Option<Self> {
        let specifiers = format!("=={version}").parse().ok()?;
        let bare = Self::bare(Spanned::new(name.parse().ok()?, span), span, ConstraintSyntax::Pep508);
        Some(Self { specifiers, specifier_span: Some(span), ..bare })
    }

    /// The versions that it allows. Every version where it says nothing, and where it names a source whose version is
    /// not known: ask [`Self::source`] before speaking of the newest release.
    #[must_use]
    pub fn allowed(&self) -> VersionSet {
        self.alternatives.clone().unwrap_or_else(|| VersionSet::from_specifiers(&self.specifiers))
    }

    /// Whether the next build gets the same release: one exact version, a fixed source, or hashes.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.hashes > 0
            || self.verbatim_version.is_some()
            || self.source.as_ref().is_some_and(|source| source.value.is_fixed())
            || self
                .specifiers
                .iter()
                .any(|specifier| matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual))
            || self.alternatives.as_ref().is_some_and(|set| set.exact_version().is_some())
    }

    /// Whether it keeps releases of some later version out, by a bound, a pin or a fixed source.
    #[must_use]
    pub fn has_upper_bound(&self) -> bool {
        self.is_pinned() || self.allowed().has_upper_bound()
    }

    /// Whether it asks for the extra `name`, given in normalised form.
    #[must_use]
    pub fn has_extra(&self, name: &str) -> bool {
        self.extras.iter().any(|extra| extra.value == name)
    }

    /// Whether it counts on `target`: its marker holds there, or it has none.
    #[must_use]
    pub fn applies_to(&self, target: &Target) -> bool {
        self.marker.as_ref().is_none_or(|marker| marker.value.holds_on(target, None))
    }
}
