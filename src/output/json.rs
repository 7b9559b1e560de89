//! One JSON document. Its shape is stable: keys may be added, and `version` rises when one changes or goes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::{Counts, Findings, Region, path_text, sanitize};
use crate::diagnostic::{Applicability, Diagnostic, Fix, Location, RepoPath, Severity};

/// The version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    diagnostics: Vec<Finding<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    name: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Place,
    remark: Option<&'a str>,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fix: Option<Mending<'a>>,
    deployment: Option<&'a str>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place,
    message: &'a str,
}

#[derive(Serialize)]
struct Mending<'a> {
    applicability: Applicability,
    message: &'a str,
    edits: Vec<Edit<'a>>,
    moves: Vec<Move>,
    creations: Vec<Creation<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place,
    content: &'a str,
}

#[derive(Serialize)]
struct Move {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Creation<'a> {
    path: String,
    content: &'a str,
}

pub(super) fn write(out: &mut dyn Write, findings: &[Findings<'_>]) -> io::Result<()> {
    // With one root, paths are relative to it, wherever the user stands: a document means the same on every machine. With
    // several, only what leads to the root tells them apart.
    let several = findings.len() > 1;
    let diagnostics = findings
        .iter()
        .flat_map(|findings| {
            let paths = Paths { findings, prefix: if several { findings.prefix } else { "" } };
            findings.diagnostics.iter().map(move |diagnostic| paths.finding(diagnostic))
        })
        .collect();
    write_json(out, &Document { version: VERSION, diagnostics, summary: Counts::of(findings) })
}

/// Writes a value as indented JSON with a final line feed. What a terminal would not show as it is, is escaped.
pub(super) fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let formatter = Escaping(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, formatter);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    writeln!(out)
}

#[derive(Clone, Copy)]
struct Paths<'a> {
    findings: &'a Findings<'a>,
    prefix: &'a str,
}

impl<'a> Paths<'a> {
    fn path(&self, path: &RepoPath) -> String {
        format!("{}{}", self.prefix, path_text(path))
    }

    fn place(&self, location: &Location) -> Place {
        let Region { start, end } = self.findings.region(location);
        Place {
            path: self.path(&location.path),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    fn finding(&self, diagnostic: &'a Diagnostic) -> Finding<'a> {
        let label =
            |label: &'a crate::diagnostic::Label| Label { place: self.place(&label.location), message: &label.message };
        Finding {
            code: diagnostic.rule.code,
            name: diagnostic.rule.name,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            place: self.place(&diagnostic.location),
            remark: diagnostic.remark.as_deref(),
            labels: diagnostic.labels.iter().map(label).collect(),
            help: diagnostic.help.as_deref(),
            fix: diagnostic.fix.as_ref().map(|fix| self.fix(fix)),
            deployment: diagnostic.deployment.as_deref(),
        }
    }

    fn fix(&self, fix: &'a Fix) -> Mending<'a> {
        let edit = |edit: &'a crate::diagnostic::Edit| Edit {
            place: self.place(&Location::new(&edit.path, edit.span)),
            content: &edit.content,
        };
        Mending {
            applicability: fix.applicability,
            message: &fix.message,
            edits: fix.edits.iter().map(edit).collect(),
            moves: fix.moves.iter().map(|step| Move { from: self.path(&step.from), to: self.path(&step.to) }).collect(),
            creations: fix
                .creations
                .iter()
                .map(|new| Creation { path: self.path(&new.path), content: &new.content })
                .collect(),
        }
    }
}

/// Indents, and escapes the characters beyond ASCII that steer a terminal or turn the direction of text.
struct Escaping<'a>(PrettyFormatter<'a>);

impl Formatter for Escaping<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| *c == '\u{7f}' || sanitize::is_invisible(*c)) {
            writer.write_all(fragment.get(written..at).unwrap_or("").as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        writer.write_all(fragment.get(written..).unwrap_or("").as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
