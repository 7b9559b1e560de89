//! `preflight explain`: a rule's page, for a terminal.

use clap::Args;

use super::rules::TableArguments;
use super::terminal::Terminal;
use super::{Exit, print};
use crate::config::nearest;
use crate::diagnostic::family;
use crate::knowledge::{self, RulePage};
use crate::output::{Problem, markdown, write_rules_text};

/// The arguments of `preflight explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A rule's code or name; for a family such as `NET`, its rules are listed
    #[arg(value_name = "CODE|NAME|FAMILY")]
    rule: String,
    /// Show the examples too, which are the rule's tests
    #[arg(long)]
    examples: bool,
    #[command(flatten)]
    tables: TableArguments,
}

pub(super) fn run(arguments: &ExplainArguments, terminal: Terminal) -> Exit {
    let Some(packs) = arguments.tables.packs(terminal) else { return Exit::Failure };
    let pages = knowledge::pages_with(packs.iter().map(|pack| pack.table));
    let is_meant = |page: &&RulePage| {
        page.code.eq_ignore_ascii_case(&arguments.rule) || page.name.eq_ignore_ascii_case(&arguments.rule)
    };
    let presentation = terminal.stdout(false);
    let Some(page) = pages.iter().find(is_meant) else {
        let of_family: Vec<RulePage> =
            pages.iter().filter(|page| family(&page.code).eq_ignore_ascii_case(&arguments.rule)).cloned().collect();
        if !of_family.is_empty() {
            let mut out = Vec::new();
            return match write_rules_text(&mut out, &of_family, presentation) {
                Ok(()) => print(&out, Exit::Clean, terminal),
                Err(error) => {
                    terminal.error(&format!("can't list the rules: {error}"));
                    Exit::Failure
                }
            };
        }
        let names = pages.iter().flat_map(|page| [page.code.as_str(), page.name.as_str()]);
        let help = match nearest(&arguments.rule, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`preflight rules` lists the rules".to_owned(),
        };
        let message = format!("no rule is called `{}`", arguments.rule);
        terminal.problem(&Problem { message: &message, place: None, help: Some(&help) });
        return Exit::Failure;
    };
    // Long lines of prose are hard to read, whatever the terminal's width.
    let text = markdown::render(&document(page, arguments.examples), presentation.width.min(100), presentation.paint);
    print(text.as_bytes(), Exit::Clean, terminal)
}

/// The page with what its front matter says; of its examples, only how many there are, unless they are asked for.
fn document(page: &RulePage, examples: bool) -> String {
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
    match body.split_once("\n## Examples\n").filter(|_| !examples) {
        None => document.push_str(body),
        Some((prose, hidden)) => {
            let count = hidden.lines().filter(|line| line.starts_with("### ")).count();
            document.push_str(prose);
            let command = format!("`preflight explain {} --examples`", page.code);
            document.push_str(&format!("\n## Examples\n\n{count}, shown by {command}\n"));
        }
    }
    if !page.references.is_empty() {
        document.push_str("\n\n## References\n\n");
        page.references.iter().for_each(|reference| document.push_str(&format!("- {reference}\n")));
    }
    document
}
