//! Runs the rules over a tree and keeps what the settings ask for.

mod guard;
mod join;
mod suppression;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use crate::config::{DeploymentSettings, Pack, Settings};
use crate::deployment::{Documents, Overrides, Platform, Project};
use crate::diagnostic::{Diagnostic, RepoPath, RuleId, Span};
use crate::fix::Checked;
use crate::formats::frontmatter::FrontMatter;
use crate::formats::python::Module;
use crate::formats::{toml, yaml};
use crate::repo::{FileKind, Repository, Source, WalkError};
use crate::rules::api::{team_rule_id, team_rules};
use crate::rules::{RULES, Reporter, Rule};

/// Stack of the threads that run rules: deep enough for the nesting that the parsers admit.
const STACK_BYTES: usize = 32 << 20;

/// Why a tree can't be checked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The root can't be listed.
    #[error("can't check {0}")]
    Root(#[from] WalkError),
}

/// What a check found.
#[derive(Debug)]
pub struct Report {
    /// The tree.
    pub repository: Repository,
    /// What was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of deployments recognised.
    pub deployments: usize,
    /// Rules that failed in themselves, each with what it said: their findings are missing.
    pub failures: Vec<String>,
    /// What the configuration states about deployments and nothing fits.
    pub misfits: Vec<String>,
}

impl Checked for Report {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// Every rule that can report, sorted by code.
#[must_use]
pub fn known_rules() -> Vec<RuleId> {
    RULES.iter().map(|rule| rule.id()).collect()
}

/// The same with those that a team adds.
#[must_use]
pub fn known_rules_with(packs: &[Pack]) -> Vec<RuleId> {
    let mut rules = known_rules();
    rules.extend(packs.iter().filter_map(|pack| team_rule_id(pack.table)));
    rules.sort();
    rules
}

/// The names of platforms that a configuration may state.
#[must_use]
pub fn known_platforms() -> Vec<&'static str> {
    Platform::names().collect()
}

/// Checks the folder `root`.
///
/// # Errors
/// [`EngineError`] where the root can't be listed.
pub fn check(root: &Path, settings: &Settings) -> Result<Report, EngineError> {
    Ok(check_repository(Repository::open(root, &settings.walk_options())?, settings))
}

/// Checks a tree that is at hand already.
#[must_use]
pub fn check_repository(repository: Repository, settings: &Settings) -> Report {
    on_deep_stack(move || check_here(repository, settings))
}

/// Finds out what is deployed from a tree and hands it to `look`.
pub fn with_project<T: Send>(
    repository: Repository,
    settings: &Settings,
    look: impl FnOnce(&Project<'_>) -> T + Send,
) -> T {
    on_deep_stack(move || {
        let documents = Documents::new(repository);
        look(&Project::discover(&documents, &overrides(settings)).with_resolutions(&settings.resolutions))
    })
}

/// Runs work on threads of our own, whose stacks are deep enough; on the caller's where no thread can be had.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn check_here(repository: Repository, settings: &Settings) -> Report {
    let tables: Vec<_> = settings.packs.iter().map(|pack| pack.table).collect();
    let team = team_rules(&tables);
    let all = RULES.iter().copied().chain(team.iter().map(|rule| rule as &dyn Rule));
    let rules: Vec<&dyn Rule> = all.filter(|rule| settings.rules.contains(rule.id().code)).collect();
    let documents = Documents::new(repository);
    let project = Project::discover(&documents, &overrides(settings)).with_resolutions(&settings.resolutions);
    let concerned: Vec<&dyn Rule> = rules.iter().copied().filter(|rule| rule.concerns(&project)).collect();
    documents.look_for(concerned.iter().flat_map(|rule| rule.literals()).chain(suppression::LITERALS).copied());
    let (mut diagnostics, failures) = run(&concerned, &project);
    let is_wanted = |diagnostic: &Diagnostic| !settings.is_ignored(diagnostic.rule.code, &diagnostic.location.path);
    diagnostics.retain(&is_wanted);
    let known = known_rules_with(&settings.packs);
    let selected = |code: &str| settings.rules.contains(code);
    let (diagnostics, suppressions) =
        suppression::apply(&documents, join::without_repetitions(merge(diagnostics)), &known, &selected);
    let mut diagnostics = join::join(diagnostics);
    for rule in &rules {
        let mut reporter = Reporter::new(rule.id(), None);
        rule.check_suppressions(&suppressions, &mut reporter);
        diagnostics.extend(reporter.finish().into_iter().filter(&is_wanted));
    }
    diagnostics.sort_by(|a, b| {
        (&a.location.path, a.location.span, a.rule.code, &a.message).cmp(&(
            &b.location.path,
            b.location.span,
            b.rule.code,
            &b.message,
        ))
    });
    let deployments = project.deployments().len();
    let misfits = project.misfits().to_vec();
    drop(project);
    Report { repository: documents.into_repository(), diagnostics, deployments, failures, misfits }
}

/// Runs every rule once for the repository and once for each deployment. A rule that fails in itself hides no other.
fn run(rules: &[&dyn Rule], project: &Project<'_>) -> (Vec<Diagnostic>, Vec<String>) {
    let deployments = (0..project.deployments().len()).map(Some);
    let passes: Vec<Option<usize>> = std::iter::once(None).chain(deployments).collect();
    let results: Vec<Result<Vec<Diagnostic>, String>> = rules
        .par_iter()
        .flat_map(|rule| passes.par_iter().map(move |pass| (rule, pass)))
        .map(|(rule, pass)| {
            let deployment = pass.and_then(|index| project.deployments().get(index));
            let mut reporter = Reporter::new(rule.id(), deployment.map(|deployment| deployment.name()));
            let outcome = guard::guarded(|| match deployment {
                Some(deployment) => rule.check_deployment(deployment, &mut reporter),
                None => rule.check(project, &mut reporter),
            });
            let RuleId { code, name } = rule.id();
            match outcome {
                Ok(()) => Ok(reporter.finish()),
                Err(said) => Err(format!("{code} {name} failed in itself and its findings are missing: {said}")),
            }
        })
        .collect();
    let mut diagnostics = Vec::new();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(found) => diagnostics.extend(found),
            Err(failure) => failures.push(failure),
        }
    }
    failures.sort();
    failures.dedup();
    (diagnostics, failures)
}

/// One cause is one diagnostic: the same rule at the same place, found for several deployments, is kept once, for the
/// deployment where it is worst.
fn merge(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: BTreeMap<(RuleId, RepoPath, Span), Vec<Diagnostic>> = BTreeMap::new();
    for diagnostic in diagnostics {
        let place = (diagnostic.rule, diagnostic.location.path.clone(), diagnostic.location.span);
        let same = kept.entry(place).or_default();
        // Several findings at one place of one deployment are different ones, such as two faults of one card.
        match same.iter_mut().find(|known| known.deployment != diagnostic.deployment) {
            Some(known) if known.severity < diagnostic.severity => *known = diagnostic,
            Some(_) => {}
            None => same.push(diagnostic),
        }
    }
    kept.into_values().flatten().collect()
}

fn overrides(settings: &Settings) -> Vec<Overrides> {
    settings.deployments.iter().map(|(name, stated)| overriding(name, stated)).collect()
}

fn overriding(name: &str, stated: &DeploymentSettings) -> Overrides {
    Overrides {
        name: name.to_owned(),
        platform: stated.platform.as_deref().and_then(Platform::from_name),
        root: stated.root.clone(),
        python: stated.python.as_deref().and_then(|version| version.parse().ok()),
        entry: stated.entry.clone(),
        port: stated.port,
        environment: stated.environment.clone().into_iter().collect(),
    }
}

/// Whether `text` is well-formed, by the format that its path tells; `true` for formats that nothing here can parse.
#[must_use]
pub fn parses(path: &RepoPath, text: &str) -> bool {
    match FileKind::of(path) {
        FileKind::Toml | FileKind::Pyproject | FileKind::Pipfile => toml::parse_document(text).is_ok(),
        FileKind::Json | FileKind::Notebook => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        FileKind::Python => Module::parse(&Source::new(path.clone(), text)).syntax_errors.is_empty(),
        FileKind::Yaml | FileKind::Workflow | FileKind::Action | FileKind::Compose | FileKind::CondaEnvironment => {
            yaml::parse(text, 0).is_ok()
        }
        FileKind::Readme => match FrontMatter::parse(text) {
            FrontMatter::Found { document, .. } => document.is_ok(),
            FrontMatter::Absent | FrontMatter::Unterminated { .. } => true,
        },
        FileKind::Dockerfile => crate::formats::dockerfile::Dockerfile::parse(&Source::new(path.clone(), text)).is_ok(),
        FileKind::Rust => crate::formats::rust::RustFile::parse(text).error.is_none(),
        _ => true,
    }
}
