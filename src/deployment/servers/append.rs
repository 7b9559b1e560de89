//! Adds words to a command line as it is written: in a shell's line, a JSON list or a YAML list.

use crate::formats::shell::Invocation;

/// `words` as one command in the form in which `invocation` is written; `None` for a list with an item a line.
pub(super) fn joined(text: &str, invocation: &Invocation, words: &[String]) -> Option<String> {
    let program = invocation.program.span;
    let separator =
        invocation.arguments.first().map_or("", |next| text.get(program.end..next.span.start).unwrap_or(""));
    if separator.contains(',') {
        let quote = program.of(text).chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.map(String::from).unwrap_or_default();
        return Some(words.iter().map(|word| format!("{quote}{word}{quote}")).collect::<Vec<_>>().join(", "));
    }
    (!separator.contains('\n')).then(|| words.join(" "))
}

/// What to insert behind the last word of `invocation`, which stands in `text`, so that `words` become its last arguments.
pub(super) fn words(text: &str, invocation: &Invocation, words: &[&str]) -> String {
    let program = invocation.program.span;
    let separator =
        invocation.arguments.first().map_or("", |next| text.get(program.end..next.span.start).unwrap_or(""));
    let after = text.get(invocation.span.end..).unwrap_or("").trim_start_matches([' ', '\t']);
    let quote = program.of(text).chars().next().filter(|c| matches!(c, '"' | '\''));
    let quote = quote.map(String::from).unwrap_or_default();
    let quoted = |separator: &str| words.iter().map(|word| format!("{separator}{quote}{word}{quote}")).collect();
    if separator.contains(',') || (separator.is_empty() && after.starts_with([']', ','])) {
        return quoted(", ");
    }
    // A YAML list with an item a line: the next items stand under the last.
    let line = text.get(..program.start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    if separator.contains('\n') && separator.trim() == "-" && line.trim() == "-" {
        return quoted(&format!("\n{line}"));
    }
    words.iter().map(|word| format!(" {word}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::RepoPath;
    use crate::formats::dockerfile::Dockerfile;
    use crate::repo::Source;

    #[test]
    fn words_are_added_in_the_form_of_the_command() {
        for (cmd, expected) in [
            ("CMD uvicorn main:app", "CMD uvicorn main:app --host 0.0.0.0"),
            ("CMD uvicorn main:app > log 2>&1", "CMD uvicorn main:app --host 0.0.0.0 > log 2>&1"),
            ("CMD [\"uvicorn\", \"main:app\"]", "CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]"),
            ("CMD [\"daphne\"]", "CMD [\"daphne\", \"--host\", \"0.0.0.0\"]"),
            ("CMD [\"sh\", \"-c\", \"uvicorn main:app\"]", "CMD [\"sh\", \"-c\", \"uvicorn main:app --host 0.0.0.0\"]"),
        ] {
            let text = format!("FROM python\n{cmd}\n");
            let dockerfile = Dockerfile::parse(&Source::new(RepoPath::new("Dockerfile"), text.as_str())).unwrap();
            let invocations = dockerfile.command(&dockerfile.stages[0]).unwrap().invocations();
            let mut changed = text.clone();
            changed.insert_str(invocations[0].span.end, &words(&text, &invocations[0], &["--host", "0.0.0.0"]));
            assert_eq!(changed, format!("FROM python\n{expected}\n"));
        }
    }
}
