//! Markdown for a terminal: headings, wrapped paragraphs, lists, quotes, tables and code, with or without colour.

use owo_colors::Style;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use textwrap::core::display_width;

use super::wrap::wrap;
use super::{Paint, sanitize};

/// Renders `markdown` in at most `width` columns; code is never wrapped.
#[must_use]
pub fn render(markdown: &str, width: usize, paint: Paint) -> String {
    let mut renderer = Renderer { width, paint, ..Renderer::default() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        renderer.event(event);
    }
    renderer.flush();
    renderer.out.trim_matches('\n').to_owned() + "\n"
}

struct Renderer {
    width: usize,
    paint: Paint,
    out: String,
    /// The paragraph, heading, item or cell being collected.
    inline: String,
    /// What stands before each line of the blocks around.
    indents: Vec<String>,
    /// The sign of a list item, to stand before its first line only.
    bullet: Option<String>,
    /// For each list around, the next number; `None` for a list of points.
    lists: Vec<Option<u64>>,
    /// The styles that are on.
    bold: usize,
    italic: usize,
    /// The target of the link being read, and where its text starts.
    link: Option<(String, usize)>,
    heading: Option<HeadingLevel>,
    code: Option<String>,
    table: Vec<Vec<String>>,
    /// Whether blocks follow without an empty line between: inside a tight list.
    tight: bool,
}

impl Default for Renderer {
    fn default() -> Self {
        Self {
            width: 80,
            paint: Paint::new(false),
            out: String::new(),
            inline: String::new(),
            indents: Vec::new(),
            bullet: None,
            lists: Vec::new(),
            bold: 0,
            italic: 0,
            link: None,
            heading: None,
            code: None,
            table: Vec::new(),
            tight: false,
        }
    }
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text(&text),
            },
            Event::Code(code) => {
                let code = sanitize::line(&code);
                let shown = if self.paint.is_coloured() { self.paint.accent(&code) } else { format!("`{code}`") };
                self.inline.push_str(&shown);
            }
            Event::SoftBreak => self.inline.push(' '),
            Event::HardBreak => self.inline.push('\n'),
            Event::Html(html) | Event::InlineHtml(html) => self.text(&html),
            Event::Rule => {
                self.gap();
                let rule = "─".repeat(self.width.min(40));
                self.push_line(&self.paint.dim(&rule));
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.heading = Some(level);
            }
            Tag::Paragraph => self.flush(),
            Tag::BlockQuote(_) => {
                self.flush();
                self.gap();
                self.indents.push("│ ".to_owned());
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                self.gap();
                if let CodeBlockKind::Fenced(info) = kind {
                    self.code_title(&info);
                }
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                let sign = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let sign = format!("{number}. ");
                        *number += 1;
                        sign
                    }
                    _ => "• ".to_owned(),
                };
                self.indents.push(" ".repeat(display_width(&sign)));
                self.bullet = Some(sign);
                self.tight = true;
            }
            Tag::Strong => self.bold += 1,
            Tag::Emphasis => self.italic += 1,
            Tag::Link { dest_url, .. } => self.link = Some((dest_url.to_string(), self.inline.len())),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph => {
                self.flush();
                if self.lists.is_empty() {
                    self.tight = false;
                }
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                for line in code.lines() {
                    let line = mark(&sanitize::line(line));
                    self.push_line(&format!("    {line}"));
                }
                self.tight = false;
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.tight = !self.lists.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Emphasis => self.italic = self.italic.saturating_sub(1),
            TagEnd::Link => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                match self.table.last_mut() {
                    Some(row) => row.push(cell),
                    None => self.table.push(vec![cell]),
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.table.push(Vec::new()),
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let text = sanitize::line(text);
        let mut style = Style::new();
        if self.bold > 0 {
            style = style.bold();
        }
        if self.italic > 0 {
            style = style.italic();
        }
        if self.link.is_some() {
            style = style.cyan().underline();
        }
        let plain = self.bold == 0 && self.italic == 0 && self.link.is_none();
        let shown = if plain { text.into_owned() } else { self.paint.style(&text, style) };
        self.inline.push_str(&shown);
    }

    /// A link's target follows its text, unless the text says it already or it leads nowhere from a terminal.
    fn end_link(&mut self) {
        let Some((url, start)) = self.link.take() else { return };
        let text = self.inline.get(start..).unwrap_or("");
        if url.contains("://") && !text.contains(&url) {
            let url = sanitize::line(&url).into_owned();
            self.inline.push_str(&format!(" <{}>", self.paint.dim(&url)));
        }
    }

    fn end_table(&mut self) {
        let rows: Vec<Vec<String>> =
            std::mem::take(&mut self.table).into_iter().filter(|row| !row.is_empty()).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.gap();
        for (index, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let shown = if index == 0 { self.paint.bold(cell) } else { cell.clone() };
                line.push_str(&shown);
                line.push_str(&" ".repeat(width.saturating_sub(display_width(cell)) + 2));
            }
            self.push_line(line.trim_end());
            if index == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                self.push_line(&self.paint.dim(&rule.join("  ")));
            }
        }
    }

    /// Where an example's file goes, and whether it is the broken or the mended one.
    fn code_title(&mut self, info: &str) {
        let mut words = info.split_whitespace().skip(1);
        let Some(path) = words.next() else { return };
        let side = words.next().map(|side| format!(" ({side})")).unwrap_or_default();
        let title = sanitize::line(&format!("{path}{side}")).into_owned();
        self.push_line(&self.paint.dim(&title));
    }

    /// Writes the collected text as a block.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        if !self.tight || self.heading.is_some() {
            self.gap();
        }
        if let Some(level) = self.heading.take() {
            self.write_heading(level, text.trim());
            return;
        }
        let rest = self.indents.concat();
        let first = self.first_indent();
        self.out.push_str(&wrap(text.trim(), self.width, &first, &rest));
        self.out.push('\n');
    }

    fn write_heading(&mut self, level: HeadingLevel, text: &str) {
        if self.paint.is_coloured() {
            let style = match level {
                HeadingLevel::H1 => Style::new().bold().underline(),
                HeadingLevel::H2 => Style::new().bold().cyan(),
                _ => Style::new().bold(),
            };
            let heading = self.paint.style(text, style);
            self.push_line(&heading);
            return;
        }
        self.push_line(text);
        let underline = match level {
            HeadingLevel::H1 => "=",
            HeadingLevel::H2 => "-",
            _ => return,
        };
        self.push_line(&underline.repeat(display_width(text)));
    }

    /// An empty line before the next block.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && self.bullet.is_none() {
            self.out.push('\n');
        }
    }

    fn first_indent(&mut self) -> String {
        let Some(bullet) = self.bullet.take() else { return self.indents.concat() };
        let outer = self.indents.len().saturating_sub(1);
        self.indents.iter().take(outer).map(String::as_str).chain([bullet.as_str()]).collect()
    }

    fn push_line(&mut self, line: &str) {
        let indent = self.first_indent();
        self.out.push_str(format!("{indent}{line}").trim_end());
        self.out.push('\n');
    }
}

/// Turns the mark that a page's examples carry for tests into one for readers.
fn mark(line: &str) -> String {
    match line.strip_suffix("#!").or_else(|| line.strip_suffix("//!")) {
        Some(rest) if !rest.trim().is_empty() => format!("{}   ◂ here", rest.trim_end()),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Loopback *bind*\n\nA server that `listens` on **loopback** where only the outside can reach it, [as told](https://example.org/a) and <https://example.org/b>.\n\n## How\n\n1. First, with a line that is long enough to be wrapped somewhere here\n2. Second\n   - inner `code`\n   - more\n\n> quoted\n> text\n\n| key | value |\n|---|---|\n| `a` | one |\n| longer | 日本 |\n\n### Examples\n\n```python app.py bad\ndemo.launch() #!\n\nprint('\u{1b}[31m')\n```\n";

    #[test]
    fn a_page_reads_well_without_colour() {
        insta::assert_snapshot!(render(PAGE, 50, Paint::new(false)));
    }

    #[test]
    fn colour_adds_only_colour() {
        let coloured = render(PAGE, 50, Paint::new(true));
        assert!(coloured.contains("\u{1b}[") && !coloured.contains("\u{1b}[31m'"));
        assert!(coloured.lines().all(|line| display_width(line) <= 50), "{coloured}");
    }
}
