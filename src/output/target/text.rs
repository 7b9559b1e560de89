//! The deployments for people: a heading each, and below it the facts in three columns: what, the value, who says so.

use std::io::{self, Write};

use textwrap::core::display_width;

use super::super::wrap::wrap;
use super::super::{Paint, Presentation, line};
use super::facts::{Because, DeploymentFacts, PackageFact, Place};

/// The column of the values.
const INDENT: usize = 14;
/// The widest that the column of values is made for the sake of the places beside it.
const MAX_VALUES: usize = 40;
/// How many files are named before the rest is only counted.
const MAX_FILES: usize = 10;

/// One line of facts.
struct Row {
    what: &'static str,
    value: String,
    because: Option<Because>,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Bad,
}

impl Row {
    fn new(what: &'static str, value: impl Into<String>, because: Option<Because>) -> Self {
        Self { what, value: line(&value.into()).into_owned(), because, style: Style::Plain }
    }

    fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// Writes one deployment.
pub(super) fn write(out: &mut dyn Write, facts: &DeploymentFacts, presentation: Presentation) -> io::Result<()> {
    let Presentation { paint, width, .. } = presentation;
    writeln!(out, "{}", paint.bold(&line(&facts.name)))?;
    let rows = rows(facts);
    let values = rows.iter().map(|row| display_width(&row.value)).filter(|width| *width <= MAX_VALUES).max();
    let values = values.unwrap_or(0).min(width.saturating_sub(INDENT + 24));
    let mut last = "";
    for row in &rows {
        let what = if row.what == last { "" } else { row.what };
        last = row.what;
        write_row(out, row, what, values, presentation)?;
    }
    let files = files(facts);
    if !files.is_empty() {
        let first = format!("  {}", paint.accent(&format!("{:<12}", "runs")));
        writeln!(out, "{}", wrap(&files, width, &first, &" ".repeat(INDENT)))?;
    }
    Ok(())
}

fn write_row(
    out: &mut dyn Write,
    row: &Row,
    what: &str,
    values: usize,
    Presentation { paint, width, .. }: Presentation,
) -> io::Result<()> {
    let what = paint.accent(&format!("{what:<12}"));
    let indent = " ".repeat(INDENT);
    let value = |text: &str| match row.style {
        Style::Plain => text.to_owned(),
        Style::Strong => paint.bold(text),
        Style::Bad => paint.severity(crate::diagnostic::Severity::Error, text),
    };
    let Some(because) = &row.because else {
        return writeln!(out, "{}", wrap(&value(&row.value), width, &format!("  {what}"), &indent));
    };
    let because = said_by(because);
    let taken = display_width(&row.value);
    let padding = values.saturating_sub(taken) + 2;
    if INDENT + taken + padding + display_width(&because) <= width {
        return writeln!(out, "  {what}{}{}{}", value(&row.value), " ".repeat(padding), dim(paint, &because));
    }
    // What does not fit beside the value goes below it, a little further in.
    writeln!(out, "{}", wrap(&value(&row.value), width, &format!("  {what}"), &format!("{indent}  ")))?;
    let below = wrap(&because, width, &format!("{indent}  "), &format!("{indent}  "));
    below.lines().try_for_each(|line| writeln!(out, "{}", dim(paint, line)))
}

fn dim(paint: Paint, text: &str) -> String {
    paint.dim(text)
}

/// Who says so.
fn said_by(because: &Because) -> String {
    match because {
        Because::Stated(place) => at(place),
        Because::Default { reason } => reason.clone(),
        Because::Configured => "stated in preflight's configuration".to_owned(),
    }
}

fn at(place: &Place) -> String {
    line(&format!("{}:{}", place.path, place.line)).into_owned()
}

fn rows(facts: &DeploymentFacts) -> Vec<Row> {
    let mut rows = vec![
        Row::new("platform", facts.platform.title.clone(), Some(facts.platform.because.clone())).styled(Style::Strong),
        Row::new("folder", facts.root.clone(), None),
    ];
    if let Some(dockerfile) = &facts.dockerfile {
        rows.push(Row::new("image from", dockerfile.clone(), None));
    }
    rows.extend(
        facts.pushed_by.iter().map(|place| Row::new("pushed by", "a workflow", Some(Because::Stated(place.clone())))),
    );
    for start in &facts.starts {
        let file = start.file.as_deref().unwrap_or_default();
        let value = match &start.command {
            Some(command) if !file.is_empty() && !command.ends_with(file) => format!("{command}  → {file}"),
            Some(command) => command.clone(),
            None => file.to_owned(),
        };
        rows.push(Row::new("starts", value, Some(start.because.clone())));
    }
    match &facts.python {
        Some(python) => rows.push(Row::new("Python", python.value.clone(), Some(python.because.clone()))),
        None if !facts.packages.is_empty() || !facts.files.python.is_empty() => {
            rows.push(Row::new("Python", "not said", None));
        }
        None => {}
    }
    rows.extend(facts.manifests.iter().map(|manifest| {
        let fixed = if manifest.fixed { ", fixed by a lock file or hashes" } else { "" };
        Row::new("installs", format!("{}{fixed}", manifest.path), None)
    }));
    rows.extend(facts.packages.iter().filter(|package| package.asked_for).map(package));
    let others = facts.packages.iter().filter(|package| !package.asked_for).count();
    if others > 0 {
        let what = if others == 1 { "package" } else { "packages" };
        rows.push(Row::new("packages", format!("and {others} {what} that only the lock file names"), None));
    }
    if let Some(brought) = &facts.brought {
        let because = Because::Default { reason: format!("{} chooses it", brought.resolver) };
        rows.extend(
            brought
                .packages
                .iter()
                .map(|(name, version)| Row::new("brought in", format!("{name} {version}"), Some(because.clone()))),
        );
    }
    for server in &facts.servers {
        let port = server.port.map(|port| format!(":{port}")).unwrap_or_default();
        let value = format!("{} on {}{port}", server.framework, server.host);
        let style = if server.loopback { Style::Bad } else { Style::Plain };
        rows.push(Row::new("listens", value, Some(Because::Stated(server.place.clone()))).styled(style));
    }
    for port in &facts.ports {
        let what = match port.role {
            "connected" => "the platform connects to it",
            "declared" => "declared",
            "published" => "published",
            _ => "asked by a health check",
        };
        rows.push(Row::new("ports", format!("{} {what}", port.port), Some(port.because.clone())));
    }
    rows.extend(facts.environment.iter().map(|variable| {
        let value = match &variable.value {
            Some(value) => format!("{}={value}", variable.name),
            None => format!("{} set, value not in the repository", variable.name),
        };
        Row::new("environment", value, Some(variable.because.clone()))
    }));
    rows
}

fn package(package: &PackageFact) -> Row {
    let versions = match (&package.versions, &package.next) {
        (None, _) if package.several_locked => "several versions, fixed by lock files".to_owned(),
        (None, _) => "from a path, a URL or a variable".to_owned(),
        (Some(versions), Some(next)) if next != versions => format!("{versions} → {next}"),
        (Some(versions), _) => versions.clone(),
    };
    let because = package.places.first().cloned().map(Because::Stated);
    Row::new("packages", format!("{} {versions}", package.name), because)
}

fn files(facts: &DeploymentFacts) -> String {
    let files = &facts.files.python;
    let named = files.iter().take(MAX_FILES).map(|path| line(path).into_owned()).collect::<Vec<_>>().join(", ");
    let rest = files.len().saturating_sub(MAX_FILES);
    let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    match files.len() {
        0 => String::new(),
        _ if facts.files.followed => format!("{named}{rest}"),
        _ => format!("{named}{rest} (what starts can't be told, so every file that looks like the program)"),
    }
}
