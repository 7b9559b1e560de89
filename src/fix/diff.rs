//! Changes as a unified diff that `git apply` and `patch` understand, moves and new files included.

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};
use similar::{ChangeTag, TextDiff};

use super::{ChangeSet, FileChange};
use crate::diagnostic::RepoPath;

/// Writes `changes` as a unified diff; `base` stands before every path (empty, or `apps/api/`). `clean` makes a line of
/// the repository harmless for where it is shown.
///
/// # Errors
/// What `out` reports.
pub fn write_diff(
    out: &mut dyn Write,
    changes: &ChangeSet,
    base: &str,
    coloured: bool,
    clean: &dyn Fn(&str) -> String,
) -> io::Result<()> {
    let paint = Paint { coloured };
    for (path, change) in changes.iter() {
        let new = clean(&format!("{base}{path}"));
        let old = change.origin.as_ref().map(|origin| clean(&format!("{base}{origin}")));
        header(out, &paint, path, change, old.as_deref(), &new)?;
        let Some(after) = &change.after else { continue };
        let before = change.before.as_ref().map_or("", |content| content.text.as_str());
        let diff = TextDiff::from_lines(before, &after.text);
        for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
            writeln!(out, "{}", paint.hunk(hunk.header().to_string().trim_end()))?;
            for line in hunk.iter_changes() {
                let sign = match line.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                let text = line.value();
                let ending = if text.ends_with("\r\n") { "\r\n" } else { "\n" };
                let text = text.strip_suffix(ending).unwrap_or(text);
                write!(out, "{}", paint.line(line.tag(), &format!("{sign}{}", clean(text))))?;
                out.write_all(ending.as_bytes())?;
                if line.missing_newline() {
                    writeln!(out, "\\ No newline at end of file")?;
                }
            }
        }
    }
    Ok(())
}

fn header(
    out: &mut dyn Write,
    paint: &Paint,
    path: &RepoPath,
    change: &FileChange,
    old: Option<&str>,
    new: &str,
) -> io::Result<()> {
    writeln!(out, "{}", paint.bold(&format!("diff --git a/{} b/{new}", old.unwrap_or(new))))?;
    if let (Some(old), true) = (old, change.origin.as_ref() != Some(path)) {
        if change.after.is_none() {
            writeln!(out, "{}", paint.bold("similarity index 100%"))?;
        }
        writeln!(out, "{}", paint.bold(&format!("rename from {old}")))?;
        writeln!(out, "{}", paint.bold(&format!("rename to {new}")))?;
    }
    if change.after.is_none() {
        return Ok(());
    }
    match old {
        Some(old) => writeln!(out, "{}", paint.bold(&format!("--- a/{old}")))?,
        None => {
            writeln!(out, "{}", paint.bold("new file mode 100644"))?;
            writeln!(out, "{}", paint.bold("--- /dev/null"))?;
        }
    }
    writeln!(out, "{}", paint.bold(&format!("+++ b/{new}")))
}

struct Paint {
    coloured: bool,
}

impl Paint {
    fn style(&self, text: &str, style: Style) -> String {
        if self.coloured { text.style(style).to_string() } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.style(text, Style::new().bold())
    }

    fn hunk(&self, text: &str) -> String {
        self.style(text, Style::new().cyan())
    }

    fn line(&self, tag: ChangeTag, text: &str) -> String {
        match tag {
            ChangeTag::Equal => text.to_owned(),
            ChangeTag::Delete => self.style(text, Style::new().red()),
            ChangeTag::Insert => self.style(text, Style::new().green()),
        }
    }
}
