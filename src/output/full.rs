//! The format for reading: the source, the evidence, what to do, and what the fix would do.

use std::fmt;
use std::io::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::snippet::Snippets;
use super::wrap::wrap;
use super::{Findings, Presentation, sanitize};
use crate::diagnostic::{Applicability, Diagnostic, Fix, Severity};

pub(super) fn write(out: &mut dyn Write, findings: &[Findings<'_>], presentation: Presentation) -> io::Result<()> {
    let writer = Full { presentation, handler: handler(presentation) };
    for findings in findings {
        writer.findings(out, findings)?;
    }
    Ok(())
}

/// miette's frames in our colours.
pub(super) fn handler(presentation: Presentation) -> GraphicalReportHandler {
    let theme =
        if presentation.paint.is_coloured() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme)
        .with_width(presentation.width)
        .with_links(false)
        .with_break_words(false)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .without_syntax_highlighting()
}

struct Full {
    presentation: Presentation,
    handler: GraphicalReportHandler,
}

impl Full {
    fn findings(&self, out: &mut dyn Write, findings: &Findings<'_>) -> io::Result<()> {
        let diagnostics = findings.by_severity(self.presentation.advice);
        if findings.deployments < 2 {
            return diagnostics.into_iter().try_for_each(|diagnostic| self.diagnostic(out, findings, diagnostic));
        }
        // The deployment with the worst finding first, and under each what concerns it.
        let mut deployments: Vec<Option<&str>> = Vec::new();
        for diagnostic in &diagnostics {
            let deployment = diagnostic.deployment.as_deref();
            if !deployments.contains(&deployment) {
                deployments.push(deployment);
            }
        }
        for deployment in deployments {
            self.heading(out, deployment)?;
            for diagnostic in diagnostics.iter().filter(|one| one.deployment.as_deref() == deployment) {
                self.diagnostic(out, findings, diagnostic)?;
            }
        }
        Ok(())
    }

    fn heading(&self, out: &mut dyn Write, deployment: Option<&str>) -> io::Result<()> {
        let paint = self.presentation.paint;
        let name = sanitize::line(deployment.unwrap_or("whole repository")).into_owned();
        let rest = self.presentation.width.saturating_sub(textwrap::core::display_width(&name) + 4);
        writeln!(out, "{} {} {}\n", paint.dim("──"), paint.bold(&name), paint.dim(&"─".repeat(rest)))
    }

    fn diagnostic(&self, out: &mut dyn Write, findings: &Findings<'_>, diagnostic: &Diagnostic) -> io::Result<()> {
        let paint = self.presentation.paint;
        let snippets = Snippets::new(findings, diagnostic, self.presentation.width);
        let severity = paint.severity(diagnostic.severity, diagnostic.severity.as_str());
        writeln!(out, "{severity} {} {}", paint.bold(diagnostic.rule.code), paint.bold(diagnostic.rule.name))?;

        let message = sanitize::text(&diagnostic.message).into_owned();
        let view = |with_lines| View { severity: diagnostic.severity, message: &message, snippets: with_lines };
        let head = self.render(&view(None))?;
        let whole = if snippets.has_lines() { self.render(&view(Some(&snippets)))? } else { head.clone() };
        let lines = whole.strip_prefix(&head).unwrap_or(&whole);
        out.write_all(head.as_bytes())?;
        if snippets.starts_with_whole_file {
            self.whole_files(out, &snippets)?;
            out.write_all(lines.as_bytes())?;
        } else {
            out.write_all(lines.as_bytes())?;
            self.whole_files(out, &snippets)?;
        }
        if snippets.hidden > 0 {
            writeln!(out, "   {}", paint.dim(&format!("… and {} more places", snippets.hidden)))?;
        }
        if let Some(help) = &diagnostic.help {
            self.note(out, "help", help)?;
        }
        if let Some(fix) = &diagnostic.fix {
            self.note(out, "fix", &describe(fix))?;
        }
        writeln!(out)
    }

    fn render(&self, view: &View<'_>) -> io::Result<String> {
        let mut rendered = String::new();
        self.handler.render_report(&mut rendered, view).map_err(io::Error::other)?;
        // miette pads empty lines.
        Ok(rendered.lines().flat_map(|line| [line.trim_end(), "\n"]).collect())
    }

    fn whole_files(&self, out: &mut dyn Write, snippets: &Snippets) -> io::Result<()> {
        let paint = self.presentation.paint;
        for (path, remark) in &snippets.whole_files {
            writeln!(out, "   ╭─[{}]", paint.link(path))?;
            match remark {
                Some(remark) => writeln!(out, "   ╰── {remark}")?,
                None => writeln!(out, "   ╰────")?,
            }
        }
        Ok(())
    }

    /// A remark below the source, wrapped, with its word to the left.
    fn note(&self, out: &mut dyn Write, word: &str, text: &str) -> io::Result<()> {
        let first = format!("{}: ", self.presentation.paint.accent(&format!("{word:>6}")));
        for (index, line) in sanitize::text(text).lines().enumerate() {
            let indent = if index == 0 { &first } else { "        " };
            writeln!(out, "{}", wrap(line, self.presentation.width, indent, "        "))?;
        }
        Ok(())
    }
}

/// What a fix would do, and which flag applies it.
fn describe(fix: &Fix) -> String {
    match fix.applicability {
        Applicability::Safe => format!("{} (safe: --fix)", fix.message),
        Applicability::Unsafe => format!("{} (needs a look: --unsafe-fixes)", fix.message),
        Applicability::Display => format!("{} (by hand)", fix.message),
    }
}

/// A finding as miette sees it.
pub(super) struct View<'a> {
    pub severity: Severity,
    pub message: &'a str,
    pub snippets: Option<&'a Snippets>,
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippets.map(|snippets| snippets as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.snippets.map(|snippets| Box::new(snippets.labels().iter().cloned()) as _)
    }
}
