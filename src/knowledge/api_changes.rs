//! What changed in which version of a library: `rules/api/*.toml`. How a row is written and checked stands in
//! `rules/api/README.md`.

mod example;
mod pattern;
mod table;
mod team;

pub use example::ChangeExample;
pub use pattern::{PatternError, SymbolPattern};
pub use table::{RowPlace, TableError, parse as parse_api_table};
pub use team::{team_page, team_table};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::page::FixAvailability;
use super::version_set::VersionSet;

/// The changes of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The distribution, as its project spells it; `python` for the standard library, whose versions are Python's.
    pub name: String,
    /// The same in the one spelling that stands for all.
    pub normalized: String,
    /// The import names that belong to it: `PIL` for pillow. Empty for the standard library.
    pub modules: Vec<String>,
    /// Modules of other distributions through which it is used as well: `fastapi.templating` for starlette.
    pub through: Vec<String>,
    /// What calls return: `pandas.read_csv` a `pandas.DataFrame`. See [`resolved_name`].
    pub results: BTreeMap<String, String>,
    /// What changed, in the order of the table.
    pub changes: Vec<Change>,
    /// The rule that the table is, where its findings carry a code of their own: a team's.
    pub rule: Option<TableRule>,
    /// Code with the versions that break it and those that do not. Empty for tables that are compiled in, whose examples
    /// only a test reads.
    pub examples: Vec<ChangeExample>,
}

/// A rule that consists of one table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRule {
    /// Its code: `ACME001`.
    pub code: String,
    /// Its name: `old-acme-client`.
    pub name: String,
    /// What it reports, in one line.
    pub summary: String,
    /// What else its page says, in Markdown.
    pub description: Option<String>,
    /// Where to read on.
    #[serde(default)]
    pub references: Vec<String>,
}

impl Library {
    /// Whether this is the standard library, so that the versions in its rows are Python's own.
    #[must_use]
    pub fn is_python(&self) -> bool {
        self.name == "python"
    }
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A module that can be imported, with everything in it.
    Module,
    /// A function.
    Function,
    /// A class: to construct, to import or to inherit from.
    Class,
    /// A method, through an instance or the class.
    Method,
    /// A keyword argument of a call.
    Parameter,
    /// Some values of an argument of a call.
    ParameterValue,
    /// A name that is read: a constant, a property, a re-export.
    Attribute,
    /// The same code does something else. Where the code must look a certain way, [`Change::condition`] says how.
    Behaviour,
}

/// One change of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The qualified names it is about, by the path that users import them from.
    pub symbols: Vec<SymbolPattern>,
    /// Names that the symbols match and that are not meant.
    pub exceptions: Vec<SymbolPattern>,
    /// What it is about.
    pub kind: ChangeKind,
    /// The argument, for [`ChangeKind::Parameter`] and [`ChangeKind::ParameterValue`].
    pub parameter: Option<String>,
    /// The position, from 0, at which that argument may also stand without its name.
    pub position: Option<usize>,
    /// The plain values concerned, for [`ChangeKind::ParameterValue`]: strings without quotes, `True`, `False`, `None`,
    /// numbers as written.
    pub values: Vec<String>,
    /// How the argument must be passed, where that matters.
    pub passed: Option<Passed>,
    /// For a call: it matters where none of these keyword arguments is passed; with [`Self::position`], nor one at that
    /// place.
    pub without: Vec<String>,
    /// For [`ChangeKind::ParameterValue`]: texts that show, in whatever file of the repository, that it is cared for.
    pub unless: Vec<String>,
    /// Of these names, the deployed code must use one for this to matter.
    pub beside: Vec<SymbolPattern>,
    /// Packages, normalised, one of which stands in for what is missing: with it, this does not matter. Where not empty, it
    /// must be known what is installed.
    pub unless_installed: Vec<String>,
    /// How the code must look for this to matter, in words. A row with a condition is for a rule that knows it; a rule
    /// that only compares names leaves it alone.
    pub condition: Option<String>,
    /// The same for a rule: the condition that it is to test.
    pub when: Option<When>,
    /// The versions that warn, or whose documentation does.
    pub deprecated: Option<VersionSet>,
    /// The versions in which it fails: removed, or not there yet. With neither set, whatever the version is: a rule of a
    /// team about its own code.
    pub breaks: Option<VersionSet>,
    /// How bad it is, where that is not what follows from the versions.
    pub severity: Option<StatedSeverity>,
    /// What will go wrong, where that should not be told in the usual words; with the same placeholders as
    /// [`Self::fails`].
    pub message: Option<String>,
    /// What to do, before anything else that the row says.
    pub help: Option<String>,
    /// What to write instead, as it goes after the word "use"; see [`Self::use_instead`] and [`Self::no_replacement`].
    pub replacement: Option<String>,
    /// The versions that know the replacement; `None` where it does not depend on the version.
    pub works: Option<VersionSet>,
    /// The distribution that has the replacement, where it is another one.
    pub requires: Option<String>,
    /// The line that is printed when it fails or warns, as exact as known; `{symbol}`, `{parent}`, `{class}` and `{name}`
    /// stand for the qualified name in question and its parts, see [`Self::failure`].
    pub fails: Option<String>,
    /// The line that versions print which deprecate it, where [`Self::fails`] is what later ones print.
    pub warns: Option<String>,
    /// What else there is to know, in one or two sentences.
    pub note: Option<String>,
    /// How to rewrite the code, where that is mechanical.
    pub fix: Option<ApiFix>,
    /// How far the fix can be trusted; [`FixAvailability::None`] without one.
    pub applicability: FixAvailability,
    /// Where this is from, in the order of the table; never empty. `4.56.0 transformers/modeling_utils.py has text
    /// dtype` is a sentence that the verifier evaluates, `docs: …` and `run: …` are for people.
    pub evidence: Vec<String>,
    /// How the evidence was checked.
    pub checked: Checked,
}

/// What a table says in place of a replacement: `nothing`, `nothing: the order is descending`, `nothing yet: …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReplacement<'c> {
    /// The library offers no such thing any more, or not yet, for this reason.
    Missing(Option<&'c str>),
    /// It is not needed, for this reason.
    Needless(&'c str),
}

impl<'c> NoReplacement<'c> {
    fn parse(text: &'c str) -> Option<Self> {
        match text.strip_prefix("nothing")? {
            "" | " like it" => Some(Self::Missing(None)),
            rest => match rest.strip_prefix(" yet: ") {
                Some(why) => Some(Self::Missing(Some(why))),
                None => Some(Self::Needless(rest.strip_prefix(": ")?)),
            },
        }
    }
}

impl Change {
    /// Whether the change is about the thing of that qualified name: for a module, also about everything in it.
    #[must_use]
    pub fn concerns(&self, qualified: &str) -> bool {
        let meant = |symbol: &SymbolPattern| match self.kind {
            ChangeKind::Module => symbol.matches_within(qualified),
            _ => symbol.matches(qualified),
        };
        self.symbols.iter().any(meant) && !self.exceptions.iter().any(meant)
    }

    /// What to write instead, as it goes after the word "use"; `None` where nothing is known, or nothing is needed.
    #[must_use]
    pub fn use_instead(&self) -> Option<&str> {
        self.replacement.as_deref().filter(|text| NoReplacement::parse(text).is_none())
    }

    /// Where the table says that nothing is to be written instead: why.
    #[must_use]
    pub fn no_replacement(&self) -> Option<NoReplacement<'_>> {
        NoReplacement::parse(self.replacement.as_deref()?)
    }

    /// The line that is printed when the use of `qualified` fails, as exact as known. What is imported by its name fails
    /// otherwise than what is taken from its module.
    #[must_use]
    pub fn failure(&self, qualified: &str, imported: bool) -> Option<String> {
        // Of a module that is gone, Python names the module and not what is in it.
        let rest = self.symbols.iter().find_map(|symbol| symbol.rest_of(qualified)).unwrap_or_default();
        let gone =
            if self.kind == ChangeKind::Module { qualified.strip_suffix(rest).unwrap_or(qualified) } else { qualified };
        let line = filled(self.fails.as_deref()?, gone);
        let (parent, name) = gone.rsplit_once('.').unwrap_or(("", gone));
        let is_attribute = line.starts_with("AttributeError: module ");
        let is_import =
            line.starts_with("ImportError: cannot import name ") || line.starts_with("ModuleNotFoundError: ");
        Some(if imported && is_attribute {
            match rest {
                "" => format!("ImportError: cannot import name '{name}' from '{parent}'"),
                _ => format!("ModuleNotFoundError: No module named '{gone}'"),
            }
        } else if !imported && is_import && !parent.is_empty() {
            format!("AttributeError: module '{parent}' has no attribute '{name}'")
        } else {
            line
        })
    }

    /// The line that is printed when the use of `qualified` warns, as exact as known.
    #[must_use]
    pub fn warning(&self, qualified: &str) -> Option<String> {
        let line = self.warns.as_deref().or(self.fails.as_deref().filter(|_| self.breaks.is_none()))?;
        Some(filled(line, qualified))
    }

    /// Whether deprecating versions warn by an exception that Python shows only for the program's main file.
    #[must_use]
    pub fn warns_quietly(&self) -> bool {
        const QUIET: &[&str] =
            &["DeprecationWarning: ", "PendingDeprecationWarning: ", "PydanticDeprecatedSince", "MovedIn20Warning: "];
        let line = self.warns.as_deref().or(self.fails.as_deref().filter(|_| self.breaks.is_none()));
        line.is_some_and(|line| QUIET.iter().any(|class| line.starts_with(class)))
    }

    /// The qualified name to write instead of `qualified`, where the fix replaces the symbol.
    #[must_use]
    pub fn renamed(&self, qualified: &str) -> Option<String> {
        let Some(ApiFix::ReplaceSymbol(new)) = &self.fix else { return None };
        let last = qualified.rsplit('.').next().unwrap_or(qualified);
        if let Some(new) = new.strip_suffix(".{name}") {
            return Some(format!("{new}.{last}"));
        }
        let rest = match self.kind {
            ChangeKind::Module => self.symbols.iter().find_map(|symbol| symbol.rest_of(qualified))?,
            _ => "",
        };
        Some(format!("{new}{rest}"))
    }

    /// Literal strings of which a source must contain at least one, or this change can't concern it: of the parameter,
    /// its values, and the last parts of the symbols, the group that says most. Empty where nothing is literal.
    #[must_use]
    pub fn needles(&self) -> Vec<&str> {
        let names: Option<Vec<&str>> = self.symbols.iter().map(SymbolPattern::needle).collect();
        let mut groups: Vec<Vec<&str>> = names.into_iter().collect();
        if self.position.is_none() && self.without.is_empty() {
            groups.extend(self.parameter.as_deref().map(|parameter| vec![parameter]));
        }
        groups.push(self.values.iter().map(String::as_str).collect());
        let says = |group: &Vec<&str>| group.iter().map(|needle| needle.len()).min().unwrap_or(0);
        groups.into_iter().max_by_key(says).unwrap_or_default()
    }
}

/// A line of a table with its placeholders filled in.
#[must_use]
pub fn filled(line: &str, qualified: &str) -> String {
    let (parent, name) = qualified.rsplit_once('.').unwrap_or(("", qualified));
    let class = parent.rsplit('.').next().unwrap_or(parent);
    line.replace("{symbol}", qualified).replace("{parent}", parent).replace("{class}", class).replace("{name}", name)
}

/// A condition on the code that a rule knows how to test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// No event loop can be had where the object is made: after an `asyncio.run` in the same thread, off the main thread,
    /// or from Python 3.14 anywhere.
    NoEventLoop,
    /// A function hands a list of pairs to the component that the call makes.
    PairsForMessages,
}

/// How an argument is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passed {
    /// By its place, whatever it is.
    ByPosition,
    /// By its place, as a text that stands in the call.
    TextByPosition,
}

/// A severity as a table states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatedSeverity {
    /// The build, the start or the first request fails there.
    Error,
    /// It fails under a condition.
    Warning,
    /// A habit that leads to failures.
    Advice,
}

/// A mechanical rewrite.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiFix {
    /// The argument keeps its value under another name.
    RenameParameter(String),
    /// The argument goes, with its value.
    RemoveArgument,
    /// The symbol has this qualified name now; a last part `{name}` stands for the symbol's own last part. What is in a
    /// module keeps its name below the new one.
    ReplaceSymbol(String),
    /// The attribute or method of an instance has this name now.
    RenameAttribute(String),
}

/// How the evidence of a row was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// `tools/verify_knowledge.py` reads it in the released packages.
    Wheel,
    /// It was executed; the evidence says on what.
    Run,
    /// The documentation says so.
    Documentation,
}

/// The tables of all libraries, by name.
///
/// # Panics
/// Never in a built binary: a table that can't be read fails a test of this module.
#[must_use]
pub fn api_changes() -> &'static [Library] {
    static LIBRARIES: LazyLock<Vec<Library>> = LazyLock::new(|| {
        let mut libraries = table::compiled_in();
        libraries.sort_by(|a, b| a.name.cmp(&b.name));
        libraries
    });
    &LIBRARIES
}

/// The table of one library, by the name of its distribution in any spelling that installers take for the same.
#[must_use]
pub fn api_changes_of(distribution: &str) -> Option<&'static Library> {
    let normal = super::normalized_name(distribution);
    api_changes().iter().find(|library| library.normalized == normal)
}

/// What calls are known to return, of all libraries that are compiled in.
static RESULTS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let results = api_changes().iter().flat_map(|library| &library.results);
    results.map(|(call, class)| (call.as_str(), class.as_str())).collect()
});

/// The name of a method by its class, where it is named by a call that is known to return an instance:
/// `pandas.read_csv().head().append` is `pandas.DataFrame.append`, and `PIL.ImageDraw.Draw.textsize`, where a function is
/// spelled like a class, is `PIL.ImageDraw.ImageDraw.textsize`. `more` are tables besides those that are compiled in.
#[must_use]
pub fn resolved_name<'name>(qualified: &'name str, more: &[&Library]) -> Cow<'name, str> {
    let mut name = Cow::Borrowed(qualified);
    let mut at = 0;
    while let Some(dot) = name.get(at..).and_then(|rest| rest.find('.')).map(|dot| at + dot) {
        let call = name.get(..dot).unwrap_or_default();
        let called = call.strip_suffix("()").unwrap_or(call);
        let known = RESULTS.get(called).copied();
        if let Some(class) =
            known.or_else(|| more.iter().find_map(|library| Some(library.results.get(called)?.as_str())))
        {
            let rest = name.get(dot..).unwrap_or_default();
            at = class.len() + 1;
            name = Cow::Owned(format!("{class}{rest}"));
        } else {
            at = dot + 1;
        }
    }
    name
}

#[cfg(test)]
mod tests;
