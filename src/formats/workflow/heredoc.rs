//! Here-documents whose lines stand left of the block scalar that they belong to, so that YAML ends the text there.

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
        let open = block.iter().enumerate().find_map(|(index, (span, line))| {
            let end = terminator(line)?;
            let is_closed = block.iter().skip(index + 1).any(|(_, line)| line.trim() == end);
            let ends_later = lines.iter().skip(at).any(|(_, line)| line.trim() == end);
            (!is_closed && ends_later).then_some(*span)
        });
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

/// The word that ends the here-document which a line begins: `EOF` of `cat << 'EOF'`.
fn terminator(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("<<")?;
    let word = after.trim_start_matches(['-', '~']).trim_start().trim_start_matches(['\'', '"', '\\']);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    word.get(..end).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
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
        for text in [
            "a:\n  run: |\n    cat <<END\n    x\n    END\nb: c: d\n",
            "a:\n  run: |\n    x=$((1 << 2))\nb: c: d\n",
            "run: >-",
            "run: |\n",
            "",
        ] {
            assert_eq!(escaped_heredoc(text, text.len()), None, "{text}");
        }
    }
}
