//! `preflight check`: check roots, mend what was asked to be mended, and write what is left.

mod arguments;
mod report;

pub(super) use arguments::CheckArguments;
use report::{is_for_people, report};

use super::configuration::{ConfigurationFile, packs, report_config_error, settings};
use super::progress::Progress;
use super::resolution::take_resolutions;
use super::roots::{Root, told_roots};
use super::show_settings::write_settings;
use super::terminal::Terminal;
use super::{Exit, print};
use crate::config::Settings;
use crate::diagnostic::{Diagnostic, RepoPath};
use crate::engine::{self, Report};
use crate::fix::{self, ChangeSet, Checked};
use crate::repo::{FileKind, Presence, Repository};

/// What came of one root.
struct Checking {
    root: Root,
    settings: Settings,
    /// What there is to report.
    report: Report,
    mending: Mending,
}

/// What came of mending.
#[derive(Default)]
struct Mending {
    /// Findings mended, and files changed.
    mended: (usize, usize),
    /// What would change, where it is only to be shown.
    changes: ChangeSet,
    /// Whether something was to be mended and could not be.
    failed: bool,
}

pub(super) fn run(arguments: &CheckArguments, terminal: Terminal) -> Exit {
    let (roots, mut exit) = told_roots(&arguments.paths, terminal);
    if arguments.statistics && arguments.format.is_some_and(|format| !is_for_people(format)) {
        terminal.error("--statistics goes with the formats full and concise only");
        return Exit::Failure;
    }
    let mut settled: Vec<(Root, Settings)> = Vec::new();
    for root in roots {
        let file = ConfigurationFile::chosen(arguments.config.as_deref(), arguments.isolated);
        let packs = packs(&root.folder, &arguments.rules, arguments.isolated);
        match packs.and_then(|packs| settings(file, &arguments.overrides(), &root.folder, packs)) {
            Ok(settings) => settled.push((root, settings)),
            Err(error) => {
                report_config_error(&error, terminal);
                return Exit::Failure;
            }
        }
    }
    if arguments.show_settings {
        return show_settings(&settled, exit, terminal);
    }

    if arguments.resolve {
        for (root, settings) in &mut settled {
            match take_resolutions(&root.folder, settings, arguments.quiet) {
                Ok(remarks) if arguments.quiet => drop(remarks),
                Ok(remarks) => remarks.iter().for_each(|remark| terminal.note(remark)),
                Err(error) => {
                    terminal.error(&error.to_string());
                    return Exit::Failure;
                }
            }
        }
    }

    let progress = Progress::start("checking", arguments.quiet);
    let checked: Vec<_> = settled.into_iter().map(|(root, settings)| check_root(arguments, root, settings)).collect();
    drop(progress);
    let mut checkings = Vec::new();
    for checked in checked {
        match checked {
            Ok((checking, remarks)) => {
                for remark in remarks.iter().filter(|remark| remark.is_error || !arguments.quiet) {
                    remark.tell(terminal);
                }
                exit = exit.max(earned(&checking));
                checkings.push(checking);
            }
            Err(error) => {
                terminal.error(&error.to_string());
                exit = Exit::Failure;
            }
        }
    }
    if checkings.is_empty() {
        return exit;
    }
    report(arguments, &checkings, exit, terminal)
}

fn show_settings(settled: &[(Root, Settings)], exit: Exit, terminal: Terminal) -> Exit {
    let mut out = Vec::new();
    for (root, settings) in settled {
        if let Err(error) = write_settings(&mut out, &root.folder, settings) {
            terminal.error(&format!("can't show the settings: {error}"));
            return Exit::Failure;
        }
    }
    print(&out, exit, terminal)
}

/// Something to tell on the side.
struct Remark {
    text: String,
    is_error: bool,
}

impl Remark {
    fn note(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false }
    }

    fn error(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: true }
    }

    fn tell(&self, terminal: Terminal) {
        if self.is_error { terminal.error(&self.text) } else { terminal.note(&self.text) }
    }
}

fn check_root(
    arguments: &CheckArguments,
    root: Root,
    settings: Settings,
) -> Result<(Checking, Vec<Remark>), engine::EngineError> {
    let only = root.only.as_deref();
    let first = Wanted::new(engine::check(&root.folder, &settings)?, only);
    let mut remarks = about_given_files(&first.report.repository, only.unwrap_or_default());
    remarks.extend(first.report.failures.iter().chain(&first.report.misfits).map(Remark::error));
    let Some(least) = arguments.least_applicability() else {
        return Ok((Checking { root, settings, report: first.report, mending: Mending::default() }, remarks));
    };
    let outcome =
        fix::fix(&first, least, &engine::parses, |tree| Wanted::new(engine::check_repository(tree, &settings), only));
    for refused in &outcome.dropped {
        remarks.push(Remark::note(format!(
            "{} at {}{}: the fix \"{}\" was left out: {}",
            refused.rule.code, root.prefix, refused.location.path, refused.message, refused.reason
        )));
    }
    let mut mending = Mending::default();
    let mut report = first.report;
    if arguments.diff {
        mending.changes = outcome.changes;
    } else if let Err(error) = fix::write_changes(&root.folder, &outcome.changes) {
        remarks.push(Remark::error(format!("can't write the fixes: {error}")));
        mending.failed = true;
    } else if let Some(after) = outcome.report {
        mending.mended = (outcome.applied.len(), outcome.changes.len());
        report = after.report;
    }
    Ok((Checking { root, settings, report, mending }, remarks))
}

/// Says of each file that was given by name and that nothing here can check, that it was not checked: hooks pass such
/// files all the time, so it is no failure.
fn about_given_files(repository: &Repository, given: &[RepoPath]) -> Vec<Remark> {
    let about = |path: &RepoPath| match repository.entry(path) {
        Some(entry) if entry.kind() == FileKind::Other => Some(format!("{path}: no rule looks at this kind of file")),
        Some(_) => None,
        None if repository.presence(path) == Presence::Unknown => {
            Some(format!("{path} is a link or in a folder that is not read: it was not checked"))
        }
        None => Some(format!("{path} is left out by an ignore file or by the configuration: it was not checked")),
    };
    given.iter().filter_map(about).map(Remark::note).collect()
}

/// A report, cut to what concerns the given files.
struct Wanted {
    report: Report,
}

impl Wanted {
    fn new(mut report: Report, only: Option<&[RepoPath]>) -> Self {
        if let Some(only) = only {
            report.diagnostics.retain(|diagnostic| concerns(diagnostic, only));
        }
        Self { report }
    }
}

impl Checked for Wanted {
    fn repository(&self) -> &Repository {
        &self.report.repository
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        &self.report.diagnostics
    }
}

/// Whether a finding stands in one of the files, or has a label there.
fn concerns(diagnostic: &Diagnostic, files: &[RepoPath]) -> bool {
    let labels = diagnostic.labels.iter().map(|label| &label.location.path);
    std::iter::once(&diagnostic.location.path).chain(labels).any(|path| files.contains(path))
}

fn earned(checking: &Checking) -> Exit {
    let fails = |diagnostic: &Diagnostic| checking.settings.fail_on.fails(diagnostic.severity);
    let report = &checking.report;
    if checking.mending.failed || !report.failures.is_empty() || !report.misfits.is_empty() {
        Exit::Failure
    } else if checking.report.diagnostics.iter().any(fails) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}
