//! What Docker refuses in a Dockerfile whose instructions can all be read, and what it reads otherwise than it was meant.

use super::{Base, CommandLine, Copy, Dockerfile, Form, InstructionKind};
use crate::diagnostic::{Span, Spanned};
use crate::formats::shell;

/// Flags of `COPY` and `ADD`.
const COPY_FLAGS: &[&str] = &["from", "chown", "chmod", "link", "parents", "exclude"];
const ADD_FLAGS: &[&str] = &["keep-git-dir", "checksum", "chown", "chmod", "link", "exclude", "unpack"];

/// Names that are usually given to stages, and to no image of Docker Hub's own.
const STAGE_NAMES: &[&str] = &[
    "backend",
    "base",
    "build",
    "build-stage",
    "builder",
    "compile",
    "compiler",
    "dependencies",
    "deps",
    "development",
    "final",
    "frontend",
    "frontend-build",
    "frontend-builder",
    "production",
    "prod",
    "release",
    "runner",
    "runtime",
    "stage",
    "venv",
    "wheels",
];

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerfileFault {
    /// Where.
    pub span: Span,
    /// What happens there, as a clause.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The text to write instead, where that is plain.
    pub replacement: Option<String>,
}

impl Dockerfile {
    /// Everything that Docker refuses or reads otherwise than it was meant, in the order of the file.
    #[must_use]
    pub fn faults(&self) -> Vec<DockerfileFault> {
        let mut found = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            found.extend(self.image_fault(index));
            found.extend(stage.name.as_ref().and_then(name_fault));
            for instruction in &stage.instructions {
                match &instruction.kind {
                    InstructionKind::Copy(copy) => {
                        found.extend(flag_fault(copy, "COPY", COPY_FLAGS));
                        found.extend(shell_fault(copy));
                        found.extend(copy.from.as_ref().and_then(|from| self.stage_fault(index, from)));
                    }
                    InstructionKind::Add(copy) => {
                        found.extend(flag_fault(copy, "ADD", ADD_FLAGS));
                        found.extend(shell_fault(copy));
                    }
                    InstructionKind::Cmd(line) => {
                        // Behind an ENTRYPOINT, the words of CMD are its arguments, and no shell would read them either.
                        let is_alone =
                            !stage.instructions.iter().any(|one| matches!(one.kind, InstructionKind::Entrypoint(_)));
                        let fault = form_fault(line, "CMD");
                        let unfixed = |fault: DockerfileFault| DockerfileFault { replacement: None, ..fault };
                        found.extend(if is_alone { fault } else { fault.map(unfixed) });
                    }
                    InstructionKind::Entrypoint(line) => found.extend(form_fault(line, "ENTRYPOINT")),
                    InstructionKind::Expose(ports) => {
                        found.extend(ports.iter().filter(|port| !is_port(&port.text.value)).map(|port| {
                            DockerfileFault {
                                span: port.text.span,
                                message: format!("{} is not a port: Docker refuses this EXPOSE", port.text.value),
                                help: "write a number between 1 and 65535, with `/tcp` or `/udp` where needed"
                                    .to_owned(),
                                replacement: None,
                            }
                        }));
                    }
                    _ => {}
                }
            }
        }
        found.sort_by_key(|fault| fault.span);
        found
    }

    /// Names of images are in lower case.
    fn image_fault(&self, index: usize) -> Option<DockerfileFault> {
        let stage = self.stages.get(index)?;
        let Base::External(image) = &stage.base else { return None };
        if !image.name.chars().any(|c| c.is_ascii_uppercase()) {
            return None;
        }
        let written = &stage.image.value;
        // A tag may have capitals; a name that a build's argument gives is not written here.
        let (name, rest) = match written.rsplit_once('/').map_or(written.as_str(), |(_, last)| last).find([':', '@']) {
            Some(at) => written.split_at(written.rfind('/').map_or(0, |slash| slash + 1) + at),
            None => (written.as_str(), ""),
        };
        Some(DockerfileFault {
            span: stage.image.span,
            message: format!("names of images are in lower case: Docker refuses {written}"),
            help: format!("write {}{rest}", name.to_lowercase()),
            replacement: (!name.contains('$')).then(|| format!("{}{rest}", name.to_lowercase())),
        })
    }

    /// `COPY --from` a stage that is not there, so that Docker looks for an image of that name.
    fn stage_fault(&self, index: usize, from: &Spanned<String>) -> Option<DockerfileFault> {
        let name = from.value.as_str();
        let earlier = || self.stages.iter().take(index).filter_map(|stage| stage.name.as_ref());
        let is_known = self.stages.iter().any(|stage| stage.is_named(name)) || name.parse::<usize>().is_ok();
        if is_known || name.contains(['/', ':', '.', '$', '@']) {
            return None;
        }
        let near = earlier()
            .map(|stage| stage.value.as_str())
            .filter(|stage| strsim::damerau_levenshtein(&stage.to_lowercase(), &name.to_lowercase()) <= 2)
            .min_by_key(|stage| strsim::damerau_levenshtein(stage, name));
        // A short name may be one letter away from another by accident.
        let near = near.filter(|_| name.chars().count() > 4);
        if near.is_none() && !STAGE_NAMES.contains(&name.to_lowercase().as_str()) {
            return None;
        }
        Some(DockerfileFault {
            span: from.span,
            message: format!("no stage is called {name}: Docker looks for an image of that name, and the build stops"),
            help: match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("name the stage that is meant: `FROM … AS {name}`"),
            },
            replacement: near.map(str::to_owned),
        })
    }
}

/// Names of stages, as Docker takes them.
fn name_fault(name: &Spanned<String>) -> Option<DockerfileFault> {
    let starts = name.value.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = name.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if (starts && rest) || name.value.contains('$') {
        return None;
    }
    Some(DockerfileFault {
        span: name.span,
        message: format!("Docker refuses {} as the name of a stage", name.value),
        help: "begin with a letter, and go on with letters, digits, `-`, `_` and `.`".to_owned(),
        replacement: None,
    })
}

fn flag_fault(copy: &Copy, instruction: &str, known: &[&str]) -> Option<DockerfileFault> {
    let (name, _) = copy.flags.iter().find(|(name, _)| !known.contains(&name.value.as_str()))?;
    let near = known.iter().find(|known| strsim::damerau_levenshtein(known, &name.value) <= 2);
    Some(DockerfileFault {
        span: name.span,
        message: format!("{instruction} has no flag --{}: Docker refuses it", name.value),
        help: match near {
            Some(near) => format!("did you mean `--{near}`?"),
            None => format!("the flags of {instruction} are {}", known.join(", ")),
        },
        replacement: near.map(|near| (*near).to_owned()),
    })
}

/// `COPY a b 2>/dev/null || true`: no shell reads it, so that each word is a path.
fn shell_fault(copy: &Copy) -> Option<DockerfileFault> {
    let word = copy.sources.iter().chain([&copy.destination]).find(|word| {
        matches!(word.value.as_str(), "||" | "&&" | "|" | ";" | ">" | "2>/dev/null" | ">/dev/null" | "2>&1")
    })?;
    Some(DockerfileFault {
        span: word.span,
        message: format!("no shell reads COPY and ADD: {} is taken for a path that is not there", word.value),
        help:
            "a source that may be missing can be written as a pattern beside one that is there: `COPY a.txt b.tx[t] ./`"
                .to_owned(),
        replacement: None,
    })
}

/// A list that is not JSON is read by a shell, and a variable in one that is JSON by nobody.
fn form_fault(line: &CommandLine, instruction: &str) -> Option<DockerfileFault> {
    let text = line.text.trim();
    if line.form == Form::Shell {
        let inside = text.strip_prefix('[')?.trim_start();
        if !inside.starts_with(['"', '\'', '“', '‘']) {
            return None;
        }
        let straight: String =
            text.chars().map(|c| if matches!(c, '\'' | '“' | '”' | '‘' | '’') { '"' } else { c }).collect();
        let list = straight.trim_end_matches([',', ';']).replace(",]", "]");
        let is_list = serde_json::from_str::<Vec<String>>(&list).is_ok();
        return Some(DockerfileFault {
            span: line.span,
            message: format!(
                "this {instruction} is not valid JSON, so that a shell reads it, and finds no program of that name"
            ),
            help: "write the list with double quotes, commas between its words, and both brackets".to_owned(),
            replacement: is_list.then_some(list),
        });
    }
    let words = &line.commands.first()?.words;
    let program = words.first()?.text.as_str();
    let name = program.rsplit('/').next().unwrap_or(program);
    // A shell or a script of the image's own may expand what it is given.
    if instruction != "CMD" || !EXPANDS_NOTHING.contains(&name) {
        return None;
    }
    let word = words.iter().skip(1).find(|word| is_variable(&word.text))?;
    let shell_form: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let plain =
        shell_form.iter().all(|word| !word.contains([' ', '"', '\'', '*', '(', ')', ';', '&', '|', '<', '>', '`']));
    Some(DockerfileFault {
        span: word.span,
        message: format!("no shell reads a list, so that {name} gets the text `{}` and not its value", word.text),
        help: format!("write `{instruction} exec {}` without brackets, which a shell reads", shell_form.join(" ")),
        replacement: plain.then(|| format!("exec {}", shell_form.join(" "))),
    })
    .map(|fault| match &fault.replacement {
        // The fix replaces the whole list.
        Some(_) => DockerfileFault { span: line.span, ..fault },
        None => fault,
    })
}

/// Programs that take their arguments as they are.
const EXPANDS_NOTHING: &[&str] = &[
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "granian",
    "waitress-serve",
    "flask",
    "fastapi",
    "streamlit",
    "python",
    "python3",
    "gradio",
    "chainlit",
    "celery",
    "node",
];

/// `$PORT`, `${PORT}`, `${PORT:-8000}`, `0.0.0.0:$PORT` and `--port=$PORT`: text that only a shell makes sense of.
fn is_variable(word: &str) -> bool {
    let commands = shell::commands_in(word, &crate::formats::text_map::TextMap::shift(0));
    let mut words = commands.iter().flat_map(|command| &command.words);
    let variable = words.next().and_then(|word| word.variables().next().map(|(name, _)| name.to_owned()));
    variable.is_some_and(|name| {
        name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    }) && !word.contains([' ', '(', ';'])
}

/// A port, a range of ports or a variable, with a protocol or without.
fn is_port(text: &str) -> bool {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let number = |part: &str| part.parse::<u16>().is_ok();
    text.contains('$')
        || (matches!(protocol.to_ascii_lowercase().as_str(), "tcp" | "udp" | "sctp")
            && ports.split('-').count() <= 2
            && ports.split('-').all(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::RepoPath;
    use crate::repo::Source;

    fn faults(text: &str) -> Vec<(String, Option<String>)> {
        let file = Dockerfile::parse(&Source::new(RepoPath::new("Dockerfile"), text)).unwrap();
        file.faults().into_iter().map(|fault| (fault.span.of(text).to_owned(), fault.replacement)).collect()
    }

    #[test]
    fn what_docker_refuses_or_misreads() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("FROM Python:3.12-Slim\n", ("Python:3.12-Slim", some("python:3.12-Slim"))),
            ("FROM a:1 AS 1st\n", ("1st", None)),
            ("FROM a:1\nEXPOSE 80 abc\n", ("abc", None)),
            ("FROM a:1\nEXPOSE 99999/tcp\n", ("99999/tcp", None)),
            ("FROM a:1\nCOPY --chwon=1 a b\n", ("chwon", some("chown"))),
            ("FROM a:1\nCOPY a b/ 2>/dev/null || true\n", ("2>/dev/null", None)),
            ("FROM a:1 AS builder\nFROM a:1\nCOPY --from=bulder a b\n", ("bulder", some("builder"))),
            ("FROM a:1\nCOPY --from=build a b\n", ("build", None)),
            ("FROM a:1\nCMD ['python', 'app.py']\n", ("['python', 'app.py']", some("[\"python\", \"app.py\"]"))),
            ("FROM a:1\nCMD [\"python\", \"app.py\"\n", ("[\"python\", \"app.py\"", None)),
            (
                "FROM a:1\nCMD [\"uvicorn\", \"a:b\", \"--port\", \"$PORT\"]\n",
                ("[\"uvicorn\", \"a:b\", \"--port\", \"$PORT\"]", some("exec uvicorn a:b --port $PORT")),
            ),
        ] {
            assert_eq!(faults(text), [(expected.0.to_owned(), expected.1)], "{text}");
        }
        for text in [
            "FROM scratch\nEXPOSE 80 443/tcp 8000-8010/udp $PORT ${A:-1}/tcp\n",
            "ARG V\nFROM $V AS Base_1.x\nFROM base_1.X\nCOPY --from=Base_1.x --chmod=755 a b\n",
            "FROM a:1\nCOPY --from=nginx a b\nCOPY --from=ghcr.io/a/B:1 a b\nCOPY --from=composer a b\n",
            "FROM a:1\nCMD [ -f x ] && python app.py\n",
            "FROM a:1\nCMD [\"sh\", \"-c\", \"uvicorn a:b --port $PORT\"]\n",
            "FROM a:1\nCMD [\"python\", \"-c\", \"import os; print('$HOME')\"]\n",
            "FROM a:1\nENTRYPOINT [\"./run.sh\"]\nCMD [\"serve\", \"$PORT\"]\n",
        ] {
            assert_eq!(faults(text), [], "{text}");
        }
    }
}
