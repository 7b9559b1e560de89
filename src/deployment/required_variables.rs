//! Variables that deployed code can't do without, and whether anything in the repository names them.

use crate::diagnostic::{Location, RepoPath};
use crate::formats::python::{Call, Callee, Class, EnvironmentAccess, EnvironmentAccessKind, Module, ValueKind};
use crate::formats::rust::{Callee as RustCallee, RustValue};
use crate::knowledge::is_provided_variable;
use crate::repo::FileKind;

use super::reach::{Reached, is_aside};
use super::{Deployment, Platform};

/// What happens where a variable is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// `os.environ["X"]`.
    KeyError,
    /// `int(os.getenv("X"))`: the call does not take `None`.
    NotTaken,
    /// `os.getenv("X").split()`: `None` has no attributes.
    NoAttribute,
    /// A field of pydantic's settings without a default.
    Settings,
    /// `st.secrets["X"]`.
    StreamlitSecret,
    /// `env::var("X").unwrap()`.
    Panic,
}

/// A variable that code requires.
#[derive(Debug, Clone)]
pub struct RequiredVariable {
    /// Where it is read.
    pub location: Location,
    /// Its name.
    pub variable: String,
    /// Whether it is read as the program starts.
    pub at_import: bool,
    /// What happens without it.
    pub failure: Failure,
    /// The class of settings whose field it is.
    pub settings: Option<String>,
}

/// Functions that fail on `None`.
const TAKE_NO_NONE: &[&str] = &[
    "builtins.int",
    "builtins.float",
    "json.loads",
    "os.path.join",
    "pathlib.Path",
    "builtins.open",
    "os.makedirs",
    "ast.literal_eval",
];

/// Bases of classes whose fields are variables.
const SETTINGS: &[&str] = &[
    "pydantic_settings.BaseSettings",
    "pydantic.BaseSettings",
    "pydantic_settings.main.BaseSettings",
    "pydantic.v1.BaseSettings",
];

impl Deployment<'_> {
    /// The variables that code there requires, and that nothing in the repository sets or mentions.
    #[must_use]
    pub fn undeclared_variables(&self) -> Vec<RequiredVariable> {
        if self.platform().value == Platform::Unspecified {
            return vec![];
        }
        let mut found: Vec<RequiredVariable> = Vec::new();
        if self.reach().is_certain() {
            for (path, reached) in self.reach().files() {
                let Some(module) = self.documents().python(path) else { continue };
                self.read_in_python(path, reached, module, &mut found);
                self.settings(path, module, &mut found);
            }
        }
        if self.builds_rust() {
            self.read_in_rust(&mut found);
        }
        found.retain(|read| !self.is_set_by_the_program(&read.variable) && !self.is_mentioned(&read.variable));
        found
    }

    fn read_in_python(&self, path: &RepoPath, reached: &Reached, module: &Module, found: &mut Vec<RequiredVariable>) {
        for access in &module.environment {
            let failure = match access.kind {
                EnvironmentAccessKind::Required => Failure::KeyError,
                EnvironmentAccessKind::Secret => Failure::StreamlitSecret,
                EnvironmentAccessKind::Optional if access.default.is_none() => {
                    let Some(failure) = use_of_none(module, access) else { continue };
                    failure
                }
                _ => continue,
            };
            // A read that gives `None` elsewhere in the file is there to see whether the variable is set.
            let asks = |kind: EnvironmentAccessKind| match kind {
                EnvironmentAccessKind::Test | EnvironmentAccessKind::Write => true,
                EnvironmentAccessKind::Optional => failure == Failure::KeyError,
                EnvironmentAccessKind::Required | EnvironmentAccessKind::Secret => false,
            };
            let asked = module.environment.iter().any(|other| other.variable == access.variable && asks(other.kind));
            // Read twice, the first time to see whether it is set.
            let is_tested = failure != Failure::KeyError
                && (module.conditions(access.block).next().is_some()
                    || module.environment.iter().filter(|other| other.variable == access.variable).count() > 1);
            let guarded = module.in_main_guard(access.block) && reached.importer.is_some();
            let caught = ["KeyError", "TypeError", "AttributeError", "FileNotFoundError"]
                .iter()
                .any(|exception| module.is_caught(access.block, exception))
                || module.in_type_checking(access.block);
            if asked || is_tested || guarded || caught || self.is_provided(path, &access.variable) {
                continue;
            }
            let at_import = access.function.is_none() && module.conditions(access.block).next().is_none();
            found.push(RequiredVariable {
                location: Location::new(path, access.span),
                variable: access.variable.to_string(),
                at_import,
                failure,
                settings: None,
            });
        }
    }

    /// Whether a Python file of the program sets a variable itself.
    fn is_set_by_the_program(&self, variable: &str) -> bool {
        let files = self.documents().repository().within(self.root());
        let python = files.filter(|entry| entry.kind() == FileKind::Python && !is_aside(entry.path(), self.root()));
        let mut sets = python.filter(|entry| entry.source().is_ok_and(|source| source.text().contains(variable)));
        let is_write =
            |access: &EnvironmentAccess| access.kind == EnvironmentAccessKind::Write && *access.variable == *variable;
        sets.any(|entry| {
            self.documents().python(entry.path()).is_some_and(|module| module.environment.iter().any(is_write))
        })
    }

    fn is_provided(&self, path: &RepoPath, variable: &str) -> bool {
        is_provided_variable(variable)
            || self.environment().get(variable).is_some()
            || self.variable_at_run(path, variable).is_some()
    }

    /// The fields without a default of the settings that a file makes as it is imported.
    fn settings(&self, path: &RepoPath, module: &Module, found: &mut Vec<RequiredVariable>) {
        for (id, class) in module.class_ids() {
            let is_settings = class
                .bases
                .iter()
                .any(|base| base.name.as_ref().is_some_and(|name| SETTINGS.iter().any(|known| name == *known)));
            let made = |call: &&Call| matches!(&call.callee, Callee::Class(made) if *made == id);
            let Some(call) = module.calls.iter().find(made) else { continue };
            // What is given in the call is not read from the environment.
            let is_plain = call.arguments.is_empty() && !call.unknown_keywords && !call.unknown_positional;
            if !is_settings || !is_plain || call.function.is_some() || module.is_caught(call.block, "ValidationError") {
                continue;
            }
            let Some(prefix) = self.prefix(path, module, class) else { continue };
            for field in class.attributes.iter().filter(|attribute| attribute.method.is_none()) {
                let is_given = module.assignments.iter().any(|assignment| assignment.target_span == field.span);
                if is_given
                    || field.name.starts_with('_')
                    || &*field.name == "model_config"
                    || !self.is_required(path, field.span)
                {
                    continue;
                }
                let variable = format!("{prefix}{}", field.name).to_uppercase();
                let lower = variable.to_lowercase();
                if self.is_provided(path, &variable) || self.is_provided(path, &lower) || self.is_mentioned(&lower) {
                    continue;
                }
                found.push(RequiredVariable {
                    location: Location::new(path, field.span),
                    variable,
                    at_import: true,
                    failure: Failure::Settings,
                    settings: Some(class.name.to_string()),
                });
            }
        }
    }

    /// The prefix that settings put before the names of their fields; `None` where it is not plain.
    fn prefix(&self, path: &RepoPath, module: &Module, class: &Class) -> Option<String> {
        let text = class.span.of(self.documents().repository().source(path)?.text());
        if !text.contains("env_prefix") {
            // Aliases, secrets files and sources of other kinds give fields other names and places.
            let special = ["alias", "secrets_dir", "customise_sources", "env_nested", "env=", "env ="];
            return (!special.iter().any(|word| text.contains(word))).then(String::new);
        }
        let in_class = |span: crate::diagnostic::Span| class.span.covers(span);
        let in_call =
            module.calls.iter().filter(|call| in_class(call.span)).find_map(|call| call.keyword("env_prefix"));
        let assigned = module.assignments.iter().find(|one| in_class(one.span) && &*one.target == "env_prefix");
        let value = in_call.map(|argument| &argument.value).or(assigned.map(|one| &one.value))?;
        value.as_str().map(str::to_owned)
    }

    /// Whether a bare annotation asks for a value: it does not where `None` is one.
    fn is_required(&self, path: &RepoPath, field: crate::diagnostic::Span) -> bool {
        let Some(source) = self.documents().repository().source(path) else { return false };
        let line = source.line_at(field.start);
        let annotation = source.text().get(field.end..line.end).unwrap_or_default();
        annotation.trim_start().starts_with(':')
            && !["None", "Optional", "ClassVar", "Any", "PrivateAttr"].iter().any(|word| annotation.contains(word))
    }

    fn read_in_rust(&self, found: &mut Vec<RequiredVariable>) {
        let repository = self.documents().repository();
        let files = repository.within(self.root()).filter(|entry| entry.kind() == FileKind::Rust);
        let dockerfile =
            self.dockerfile().and_then(|(path, _)| repository.source(path)).map_or("", |source| source.text());
        // A build script runs where the image is built; of several programs, those run that the Dockerfile names.
        let runs = |path: &RepoPath| {
            let name = path.file_name().trim_end_matches(".rs");
            let is_further = path.parent().file_name() == "bin";
            !matches!(name, "build" | "test" | "tests")
                && !is_aside(path, self.root())
                && (!is_further || dockerfile.contains(name))
        };
        for entry in files.filter(|entry| runs(entry.path())) {
            let speaks = entry.source().is_ok_and(|source| source.text().contains("env::var"));
            let Some(file) = speaks.then(|| self.documents().rust(entry.path())).flatten() else { continue };
            for call in file.calls.iter().filter(|call| !call.in_test) {
                let RustCallee::Method { receiver, name } = &call.callee else { continue };
                let RustValue::Env { name: Some(variable), default: None } = &receiver.value else { continue };
                let is_known =
                    found.iter().any(|read| read.variable == *variable && read.location.path == *entry.path());
                if !matches!(name.value.as_str(), "unwrap" | "expect")
                    || is_known
                    || self.is_provided(entry.path(), variable)
                {
                    continue;
                }
                let in_main = call
                    .function
                    .and_then(|index| file.functions.get(index))
                    .is_some_and(|one| one.name.value == "main")
                    && entry.path().file_name() == "main.rs";
                found.push(RequiredVariable {
                    location: Location::new(entry.path(), call.span),
                    variable: variable.clone(),
                    at_import: in_main,
                    failure: Failure::Panic,
                    settings: None,
                });
            }
        }
    }

    /// Whether any file of the repository but code names a variable: an example, a manifest, a workflow, a README.
    fn is_mentioned(&self, variable: &str) -> bool {
        let whole = |text: &str| {
            text.match_indices(variable).any(|(at, _)| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                !text[..at].chars().next_back().is_some_and(is_name)
                    && !text[at + variable.len()..].chars().next().is_some_and(is_name)
            })
        };
        let entries = self.documents().repository().entries().filter(|entry| {
            !matches!(entry.kind(), FileKind::Python | FileKind::Notebook | FileKind::Rust | FileKind::PythonLock)
                && (entry.kind() != FileKind::Other
                    || matches!(
                        entry.path().extension(),
                        "md" | "rst" | "txt" | "example" | "template" | "sample" | "tf"
                    )
                    || entry.path().file_name().contains("env"))
        });
        entries.filter_map(|entry| entry.source().ok()).any(|source| whole(source.text()))
    }
}

/// How a read that may give `None` is used right there, where that fails.
fn use_of_none(module: &Module, access: &EnvironmentAccess) -> Option<Failure> {
    let takes = module.calls.iter().any(|call| {
        let fails = call.qualified().is_some_and(|name| TAKE_NO_NONE.iter().any(|known| name == *known));
        fails
            && call.arguments.iter().any(|argument| {
                argument.value.span == access.span
                    && matches!(&argument.value.kind, ValueKind::Env { default: None, required: false, .. })
            })
    });
    if takes {
        return Some(Failure::NotTaken);
    }
    let on_it = |call: &Call| call.callee_span.start == access.span.start && call.callee_span.end > access.span.end;
    module.calls.iter().any(on_it).then_some(Failure::NoAttribute)
}
