//! Procfiles: `web: gunicorn app:app`.

use super::shell::{self, Command, Invocation};
use crate::diagnostic::{Span, Spanned};

/// One process type.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// `web`, `worker`, `release`, …
    pub name: Spanned<String>,
    /// The command line.
    pub command: Spanned<String>,
    /// Its commands.
    pub commands: Vec<Command>,
}

impl Process {
    /// The programs that it runs, wrappers taken off.
    #[must_use]
    pub fn invocations(&self) -> Vec<Invocation> {
        self.commands.iter().flat_map(shell::invocations).collect()
    }
}

/// Reads a Procfile. Lines that are not `name: command` are passed over, as the platforms do.
#[must_use]
pub fn parse(text: &str) -> Vec<Process> {
    let mut processes = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let Some((name, command)) = line.split_once(':') else { continue };
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        if !is_name(name.trim()) || command.trim().is_empty() {
            continue;
        }
        let name_start = at + name.len() - name.trim_start().len();
        let command_start = at + name.len() + 1 + (command.len() - command.trim_start().len());
        let command = command.trim();
        processes.push(Process {
            name: Spanned::new(name.trim().to_owned(), Span::new(name_start, name_start + name.trim().len())),
            command: Spanned::new(command.to_owned(), Span::new(command_start, command_start + command.len())),
            commands: shell::commands(command, command_start),
        });
    }
    processes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes() {
        let text = "# c\r\nweb: sh setup.sh && exec gunicorn -b 127.0.0.1:$PORT é:app  \r\n\nworker:python w.py\nnot a line\nx y: z\n";
        let found = parse(text);
        let names: Vec<_> = found.iter().map(|process| process.name.span.of(text)).collect();
        assert_eq!(names, ["web", "worker"]);
        let web = found[0].invocations();
        assert_eq!(web[1].flag(&["-b", "--bind"]).unwrap().span.of(text), "127.0.0.1:$PORT");
        assert_eq!(web[1].arguments[2].span.of(text), "é:app");
        assert_eq!(found[1].command.span.of(text), "python w.py");
    }
}
