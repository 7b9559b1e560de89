//! Here-documents whose lines stand left of the block scalar that they belong to, so that YAML ends the text there.

use std::collections::VecDeque;

use crate::diagnostic::Span;

/// A here-document that a block scalar does not hold to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscapedHeredoc {
    /// The line that begins it: `cat > README.md << 'EOF'`.
    pub begin: Span,
    /// The first of its lines that is indented less than the text of the block, where YAML ends that text.
    pub escaped: Span,
}

/// The here-document that leaves its block scalar before the end of `text`, where one does and the line at `offset` is in
/// it or behind it. For texts that are no YAML.
#[must_use]
pub fn escaped_heredoc(text: &str, offset: usize) -> Option<EscapedHeredoc> {
    let lines: Vec<(Span, &str)> = lines(text).collect();
    let mut found = None;
    let mut at = 0;
    while let Some((_, line)) = lines.get(at) {
        let key = indentation(line);
        at += 1;
        if !begins_block(line) {
            continue;
        }
        // The block is what follows up to the first line that is indented no more than its key.
        let body =
            lines.iter().skip(at).take_while(|(_, line)| line.trim().is_empty() || indentation(line) > key).count();
        let block = lines.get(at..at + body).unwrap_or_default();
        at += body;
        let Some((escaped, _)) = lines.get(at).filter(|(span, _)| span.start <= offset) else { continue };
        let open = unclosed(block).and_then(|(begin, end)| ends_outside(&lines, at, end).then_some(begin));
        found = open.map(|begin| EscapedHeredoc { begin, escaped: *escaped }).or(found);
    }
    found
}

/// The lines with their places, without the white space around them.
fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start + (line.len() - line.trim_start().len()).min(line.trim_end().len());
        let span = Span::new(at, (start + line.trim_end().len()).max(at));
        start += line.len();
        (span, line)
    })
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line is a key whose text follows: `run: |`.
fn begins_block(line: &str) -> bool {
    let header = line.trim_end().rsplit(": ").next().unwrap_or_default();
    line.contains(": ")
        && header.starts_with(['|', '>'])
        && header.chars().skip(1).all(|c| c.is_ascii_digit() || matches!(c, '-' | '+'))
}

/// Whether a line behind `at` that is no part of another block scalar is the word `end` alone.
fn ends_outside(lines: &[(Span, &str)], mut at: usize, end: &str) -> bool {
    while let Some((_, line)) = lines.get(at) {
        if line.trim() == end {
            return true;
        }
        at += 1;
        if begins_block(line) {
            let key = indentation(line);
            let inner = |(_, line): &&(Span, &str)| line.trim().is_empty() || indentation(line) > key;
            at += lines.iter().skip(at).take_while(inner).count();
        }
    }
    false
}

/// What a script is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Substitution,
}

/// The first line of a script that begins a here-document which does not end in it, with the word that would end it.
fn unclosed<'t>(script: &[(Span, &'t str)]) -> Option<(Span, &'t str)> {
    let mut open: Vec<Open> = Vec::new();
    let mut waiting: VecDeque<(Span, &str)> = VecDeque::new();
    for (span, line) in script {
        if let Some((_, end)) = waiting.front() {
            if line.trim() == *end {
                waiting.pop_front();
            }
            continue;
        }
        begun(line, &mut open, |end| waiting.push_back((*span, end)));
    }
    waiting.pop_front()
}

/// Hands on the words that end the here-documents which a line of a script begins: `EOF` of `cat << 'EOF'`, and nothing of
/// `echo "TEXT<<EOF"`. `open` is what the line begins in; quotes may go over the ends of lines.
fn begun<'t>(line: &'t str, open: &mut Vec<Open>, mut found: impl FnMut(&'t str)) {
    let mut before = ' ';
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        let rest = line.get(at..).unwrap_or_default();
        let last = open.last().copied();
        match character {
            '\'' if last == Some(Open::Single) => drop(open.pop()),
            _ if last == Some(Open::Single) => {}
            '\\' => drop(characters.next()),
            '"' if last == Some(Open::Double) => drop(open.pop()),
            '"' => open.push(Open::Double),
            '$' if rest.starts_with("$(") => {
                characters.next();
                open.push(Open::Substitution);
            }
            _ if last == Some(Open::Double) => {}
            '\'' => open.push(Open::Single),
            '(' if last == Some(Open::Substitution) => open.push(Open::Substitution),
            ')' if last == Some(Open::Substitution) => drop(open.pop()),
            '#' if before.is_whitespace() || before == ';' => return,
            '<' if rest.starts_with("<<<") => {
                characters.nth(1);
            }
            '<' if rest.starts_with("<<") => {
                let word = rest.trim_start_matches(['<', '-', '~']).trim_start().trim_start_matches(['\'', '"', '\\']);
                let length = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
                let end = word.get(..length).unwrap_or_default();
                if end.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    found(end);
                }
                characters.next();
            }
            _ => {}
        }
        before = character;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heredoc_that_leaves_its_block_is_found() {
        let text = "jobs:\n  a:\n    steps:\n      - run: |\n          cat > x <<'END'\n---\ntitle: 🧬 a: b\n---\nEND\n          ls\n";
        let found = escaped_heredoc(text, text.find("title").unwrap()).unwrap();
        assert_eq!(found.begin.of(text), "cat > x <<'END'");
        assert_eq!(found.escaped, Span::new(text.find("---").unwrap(), text.find("---").unwrap() + 3));
        let text = "a:\n  run: |\n    git commit -m \"$(cat <<'END' # it's\na: b: c\nEND\n    )\"\n";
        assert_eq!(escaped_heredoc(text, text.len()).unwrap().escaped.of(text), "a: b: c");
        for text in [
            "a:\n  run: |\n    cat <<END\n    x\n    END\nb: c: d\n",
            "a:\n  run: |\n    x=$((1 << 2))\nb: c: d\n",
            "a:\n  run: |\n    echo \"A<<END\" >> x\nb: c: d\nEND\n",
            "a:\n  run: |\n    echo 'a\n    b <<END c' # <<END\n    # it's <<END\nb: c: d\nEND\n",
            "a:\n  run: |\n    cat <<< END\nb: c: d\nEND\n",
            "a:\n  run: |\n    cat <<END\nb:\n  run: |\n    cat <<END\n    END\n",
            "run: >-",
            "run: |\n",
            "",
        ] {
            assert_eq!(escaped_heredoc(text, text.len()), None, "{text}");
        }
    }
}
