//! What a rule reports: the diagnostic with its labels and its fix. A leaf: it uses no other part of the project.

mod fix;
mod location;
mod severity;
mod wording;

pub use fix::{Applicability, Creation, Edit, Fix, Move};
pub use location::{Location, RepoPath, Span, Spanned};
pub use severity::Severity;
pub use wording::enumerated;

/// The stable identity of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// The code, never reused: `NET001`.
    pub code: &'static str,
    /// The name that people say: `loopback-bind`.
    pub name: &'static str,
}

/// The family of a rule's code, by its letters: `NET` of `NET001`.
#[must_use]
pub fn family(code: &str) -> &str {
    code.trim_end_matches(|end: char| end.is_ascii_digit())
}

/// A place with a remark, often the evidence for a finding that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub location: Location,
    /// The remark, in lower case and without a full stop: "gradio is pinned to 4.19.2 here".
    pub message: String,
}

/// What a finding has in common with others of its file, so that one may tell of all: the jump of one library, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// What this one is about: "`langchain.chains.LLMChain`".
    pub subjects: Vec<String>,
    /// What is said of the subjects of all: "fail with langchain 1.5.0, which the next build installs".
    pub predicate: String,
    /// What to do about this one: "use `langchain_classic.chains.LLMChain`"; perhaps empty.
    pub advice: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that reports it.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// What will go wrong, in one sentence without a full stop.
    pub message: String,
    /// The place to look at first.
    pub location: Location,
    /// A remark at that place.
    pub remark: Option<String>,
    /// Further places, often evidence in other files.
    pub labels: Vec<Label>,
    /// Text that no output may show: secrets.
    pub masked: Vec<Location>,
    /// What to do about it.
    pub help: Option<String>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// The name of the deployment that it concerns; `None` where it holds anywhere.
    pub deployment: Option<String>,
    /// Whether the same finding in other files has the same cause, so that one tells of all.
    pub joins: bool,
    /// What it has in common with others of its file.
    pub shared: Option<Shared>,
}

impl Diagnostic {
    /// A finding of `rule` at `location`; the rest is added by the methods below.
    #[must_use]
    pub fn new(rule: RuleId, severity: Severity, location: Location, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            location,
            remark: None,
            labels: Vec::new(),
            masked: Vec::new(),
            help: None,
            fix: None,
            deployment: None,
            joins: false,
            shared: None,
        }
    }

    /// Sets the remark at the primary place.
    pub fn remark(&mut self, remark: impl Into<String>) -> &mut Self {
        self.remark = Some(remark.into());
        self
    }

    /// Adds a label.
    pub fn label(&mut self, location: Location, message: impl Into<String>) -> &mut Self {
        self.labels.push(Label { location, message: message.into() });
        self
    }

    /// Adds several labels.
    pub fn labels(&mut self, labels: impl IntoIterator<Item = Label>) -> &mut Self {
        self.labels.extend(labels);
        self
    }

    /// Hides text from every output, whichever finding shows its line.
    pub fn mask(&mut self, location: Location) -> &mut Self {
        self.masked.push(location);
        self
    }

    /// Says that the same finding in other files has the same cause.
    pub fn joins(&mut self) -> &mut Self {
        self.joins = true;
        self
    }

    /// Says what it has in common with others of its file.
    pub fn shares(&mut self, shared: Shared) -> &mut Self {
        self.shared = Some(shared);
        self
    }

    /// Sets what to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the fix, if there is one.
    pub fn fix(&mut self, fix: impl Into<Option<Fix>>) -> &mut Self {
        self.fix = fix.into();
        self
    }
}
