//! The list of rules.

use std::io::{self, Write};

use serde_json::json;

use super::json::write_json;
use super::wrap::wrap;
use super::{Paint, Presentation};
use crate::diagnostic::{Severity, family};
use crate::knowledge::{FixAvailability, RulePage};

/// Lists the rules for people, one a line, by family.
///
/// # Errors
/// What `out` reports.
pub fn write_rules_text(out: &mut dyn Write, pages: &[RulePage], presentation: Presentation) -> io::Result<()> {
    let paint = presentation.paint;
    let name_width = pages.iter().map(|page| page.name.len()).max().unwrap_or(0);
    let mut last = "";
    for page in pages {
        let own = family(&page.code);
        if own != last && !last.is_empty() {
            writeln!(out)?;
        }
        last = own;
        let first = format!(
            "{}  {}  {} {}  ",
            paint.bold(&format!("{:<6}", page.code)),
            paint.accent(&format!("{:<name_width$}", page.name)),
            severity(paint, &page.severity),
            fix_sign(paint, page.fix),
        );
        let indent = " ".repeat(textwrap::core::display_width(&first));
        // Where there is no room beside the columns, the summary goes below.
        if presentation.width < indent.len() + 24 {
            writeln!(out, "{}", first.trim_end())?;
            writeln!(out, "{}", wrap(&page.summary, presentation.width, "        ", "        "))?;
        } else {
            writeln!(out, "{}", wrap(&page.summary, presentation.width, &first, &indent))?;
        }
    }
    writeln!(
        out,
        "\n{}",
        paint.dim("✓ --fix   ~ --unsafe-fixes   · by hand   (the severity is the highest that a rule reports)")
    )
}

/// Lists the rules as JSON.
///
/// # Errors
/// What `out` reports.
pub fn write_rules_json(out: &mut dyn Write, pages: &[RulePage]) -> io::Result<()> {
    let rules: Vec<_> = pages
        .iter()
        .map(|page| {
            let severities: Vec<&str> = page.severity.split(',').map(str::trim).collect();
            json!({
                "code": page.code,
                "name": page.name,
                "summary": page.summary,
                "severities": severities,
                "fix": page.fix.as_str(),
                "since": page.since,
                "references": page.references,
            })
        })
        .collect();
    write_json(out, &json!({ "version": 1, "rules": rules }))
}

/// The severities of a page, padded, in the colour of the first.
fn severity(paint: Paint, severities: &str) -> String {
    let first = match severities.split(',').next().map(str::trim) {
        Some("error") => Severity::Error,
        Some("advice") => Severity::Advice,
        _ => Severity::Warning,
    };
    paint.severity(first, &format!("{:<7}", first.as_str()))
}

fn fix_sign(paint: Paint, fix: FixAvailability) -> String {
    match fix {
        FixAvailability::None => " ".to_owned(),
        FixAvailability::Display => "·".to_owned(),
        FixAvailability::Unsafe => "~".to_owned(),
        FixAvailability::Safe => paint.good("✓"),
    }
}
