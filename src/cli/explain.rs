//! `preflight explain`: a rule's page, for a terminal.

use clap::Args;

use super::rules::TableArguments;
use super::terminal::Terminal;
use super::{Exit, print};
use crate::config::nearest;
use crate::knowledge::{self, RulePage};
use crate::output::{Problem, markdown};

/// The arguments of `preflight explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A rule's code or name
    #[arg(value_name = "CODE|NAME")]
    rule: String,
    #[command(flatten)]
    tables: TableArguments,
}

pub(super) fn run(arguments: &ExplainArguments, terminal: Terminal) -> Exit {
    let Some(packs) = arguments.tables.packs(terminal) else { return Exit::Failure };
    let pages = knowledge::pages_with(packs.iter().map(|pack| pack.table));
    let is_meant = |page: &&RulePage| {
        page.code.eq_ignore_ascii_case(&arguments.rule) || page.name.eq_ignore_ascii_case(&arguments.rule)
    };
    let Some(page) = pages.iter().find(is_meant) else {
        let names = pages.iter().flat_map(|page| [page.code.as_str(), page.name.as_str()]);
        let help = match nearest(&arguments.rule, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`preflight rules` lists the rules".to_owned(),
        };
        let message = format!("no rule is called `{}`", arguments.rule);
        terminal.problem(&Problem { message: &message, place: None, help: Some(&help) });
        return Exit::Failure;
    };
    let presentation = terminal.stdout(false);
    // Long lines of prose are hard to read, whatever the terminal's width.
    let text = markdown::render(&document(page), presentation.width.min(100), presentation.paint);
    print(text.as_bytes(), Exit::Clean, terminal)
}

/// The page with what its front matter says.
fn document(page: &RulePage) -> String {
    let mut document = format!("# {} {}\n\n", page.code, page.name);
    document.push_str(&format!("**{}** · fix: {} · since {}\n\n", page.severity, page.fix.as_str(), page.since));
    let body = page.body.trim_start();
    // The page may have a title of its own; one is enough.
    let body = match body.strip_prefix("# ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => body,
    };
    let summary = page.summary.trim();
    if !body.trim_start().starts_with(summary) {
        document.push_str(&format!("{summary}\n\n"));
    }
    document.push_str(body);
    if !page.references.is_empty() {
        document.push_str("\n\n## References\n\n");
        page.references.iter().for_each(|reference| document.push_str(&format!("- {reference}\n")));
    }
    document
}
