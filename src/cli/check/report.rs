//! Writes what `preflight check` found: findings where they were asked for, the summary where it is in no one's way.

use std::io::{self, Write};

use super::{CheckArguments, Checking};
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, print};
use crate::output::{self, Findings, Format, Presentation};
use crate::{fix, knowledge};

/// Whether a format is for reading in a terminal.
pub(super) fn is_for_people(format: Format) -> bool {
    matches!(format, Format::Full | Format::Concise)
}

/// Writes everything, and gives the exit code: `exit`, unless the output can't be written.
pub(super) fn report(arguments: &CheckArguments, checkings: &[Checking], exit: Exit, terminal: Terminal) -> Exit {
    let (mut out, mut aside) = (Vec::new(), Vec::new());
    // Into memory, this can't fail.
    let _ = write_report(arguments, checkings, terminal, &mut out, &mut aside);
    if !arguments.quiet {
        let _ = io::stderr().write_all(&aside);
    }
    let Some(path) = &arguments.output_file else { return print(&out, exit, terminal) };
    match std::fs::write(path, &out) {
        Ok(()) => exit,
        Err(error) => {
            terminal.error(&format!("can't write {}: {error}", path.display()));
            Exit::Failure
        }
    }
}

/// Writes the findings to `out`; the summary, where a program may read the findings, to `aside`.
fn write_report(
    arguments: &CheckArguments,
    checkings: &[Checking],
    terminal: Terminal,
    out: &mut Vec<u8>,
    aside: &mut Vec<u8>,
) -> io::Result<()> {
    let findings: Vec<Findings<'_>> = checkings.iter().map(Checking::findings).collect();
    let format = arguments.format.unwrap_or(Format::Full);
    let presentation = |advice| match &arguments.output_file {
        Some(_) => terminal.file(advice),
        None => terminal.stdout(advice),
    };
    let tables = checkings.iter().flat_map(|checking| &checking.settings.packs);
    // SARIF alone describes the rules, too.
    let pages = match format {
        Format::Sarif => knowledge::pages_with(tables.map(|pack| pack.table)),
        _ => Vec::new(),
    };
    let all_advice = checkings.iter().all(|checking| checking.settings.advice);
    if arguments.diff {
        for Checking { root, mending, report, .. } in checkings {
            let secrets = output::secrets(&report.repository, &report.diagnostics);
            // A patch in a file is for `git apply`, which needs every byte; elsewhere someone may look at it.
            let clean = |text: &str| match &arguments.output_file {
                Some(_) => text.to_owned(),
                None => output::hide(&secrets, &output::line(text)),
            };
            let coloured = presentation(false).paint.is_coloured();
            // `git apply` refuses paths that climb, so a root above or elsewhere is the patch's own root.
            let base = if root.is_below() { root.prefix.as_str() } else { "" };
            fix::write_diff(out, &mending.changes, base, coloured, &clean)?;
        }
    } else if arguments.statistics {
        output::write_statistics(out, &findings, presentation(false).paint)?;
    } else if is_for_people(format) || format == Format::Github {
        for (checking, findings) in checkings.iter().zip(&findings) {
            let presentation = presentation(checking.settings.advice);
            output::write_findings(out, format, std::slice::from_ref(findings), &pages, presentation)?;
        }
    } else {
        output::write_findings(out, format, &findings, &pages, presentation(all_advice))?;
    }
    if arguments.quiet {
        return Ok(());
    }
    let to_stdout = !arguments.diff && format == Format::Full && arguments.output_file.is_none();
    let (summary, Presentation { paint, .. }) =
        if to_stdout { (out, terminal.stdout(false)) } else { (aside, terminal.stderr()) };
    let mended = checkings.iter().map(|checking| checking.mending.mended);
    let (mended, files) = mended.fold((0, 0), |sum, (fixes, files)| (sum.0 + fixes, sum.1 + files));
    if mended > 0 {
        output::write_fixed(summary, mended, files, paint)?;
    }
    output::write_summary(summary, &findings, all_advice, paint)
}

impl Checking {
    fn findings(&self) -> Findings<'_> {
        Findings {
            repository: &self.report.repository,
            diagnostics: &self.report.diagnostics,
            deployments: self.report.deployments,
            prefix: &self.root.prefix,
            stands_in: self.root.stands_in.as_ref(),
            absolute_root: Some(&self.root.folder),
        }
    }
}
