//! One line a finding: `path:line:col: severity CODE message`, which editors and `grep` understand.

use std::io::{self, Write};

use super::{Findings, Presentation, sanitize};
use crate::diagnostic::Severity;

pub(super) fn write(out: &mut dyn Write, findings: &[Findings<'_>], presentation: Presentation) -> io::Result<()> {
    let paint = presentation.paint;
    for findings in findings {
        for diagnostic in findings.diagnostics {
            if diagnostic.severity == Severity::Advice && !presentation.advice {
                continue;
            }
            let at = findings.region(&diagnostic.location).start;
            writeln!(
                out,
                "{}:{}:{}: {} {} {}",
                paint.bold(&findings.shown(&diagnostic.location.path)),
                at.line,
                at.column,
                paint.severity(diagnostic.severity, diagnostic.severity.as_str()),
                diagnostic.rule.code,
                sanitize::line(&diagnostic.message),
            )?;
        }
    }
    Ok(())
}
